//! Feeds `motet_fuzz::dcep`.
#![cfg_attr(fuzzing, no_main)]

motet_fuzz::main!(dcep);
