//! Feeds `motet_fuzz::srtp`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(srtp);
