//! Feeds `motet_fuzz::sdp`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(sdp);
