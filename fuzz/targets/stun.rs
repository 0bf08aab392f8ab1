//! Feeds `motet_fuzz::stun`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(stun);
