//! Feeds `motet_fuzz::announcement`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(announcement);
