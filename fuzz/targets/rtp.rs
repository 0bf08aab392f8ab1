//! Feeds `motet_fuzz::rtp`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(rtp);
