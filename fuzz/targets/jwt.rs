//! Feeds `motet_fuzz::jwt`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(jwt);
