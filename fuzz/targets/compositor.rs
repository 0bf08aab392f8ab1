//! Feeds `motet_fuzz::compositor`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(compositor);
