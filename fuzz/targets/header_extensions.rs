//! Feeds `motet_fuzz::header_extensions`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(header_extensions);
