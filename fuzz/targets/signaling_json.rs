//! Feeds `motet_fuzz::signaling_json`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(signaling_json);
