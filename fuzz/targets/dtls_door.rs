//! Feeds `motet_fuzz::dtls_door`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(dtls_door);
