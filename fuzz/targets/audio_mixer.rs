//! Feeds `motet_fuzz::audio_mixer`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(audio_mixer);
