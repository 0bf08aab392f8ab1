//! Feeds `motet_fuzz::h264`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(h264);
