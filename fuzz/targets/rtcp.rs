//! Feeds `motet_fuzz::rtcp`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(rtcp);
