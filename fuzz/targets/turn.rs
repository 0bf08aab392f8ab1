//! Feeds `motet_fuzz::turn`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(turn);
