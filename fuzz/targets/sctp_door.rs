//! Feeds `motet_fuzz::sctp_door`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(sctp_door);
