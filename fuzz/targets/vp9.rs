//! Feeds `motet_fuzz::vp9`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(vp9);
