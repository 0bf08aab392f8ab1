//! Feeds `motet_fuzz::av1`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(av1);
