//! Feeds `motet_fuzz::vp8`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(vp8);
