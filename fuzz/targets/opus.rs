//! Feeds `motet_fuzz::opus`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(opus);
