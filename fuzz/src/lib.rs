//! One fuzz target per wire parser: a function that takes any bytes and must not panic. `README.md` tells how to run one.
//!
//! A target is `src/targets/NAME.rs`, a line in the table below, `targets/NAME.rs` with its entry in `Cargo.toml`, and at
//! least one seed under `corpus/NAME`; `tests/replay.rs` says what is missing.

mod main_fn;
pub mod mutate;

pub use main_fn::run_files;

/// A parser under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its function, its binary and its corpus.
    pub name: &'static str,
    /// Takes any bytes. A panic is a finding.
    pub run: fn(&[u8]),
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        mod targets {
            $(pub(super) mod $name;)*
        }
        $(pub use targets::$name::$name;)*

        /// Every target, by name.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), run: $name }),*];
    };
}

targets! {
    announcement,
    audio_mixer,
    av1,
    compositor,
    dcep,
    dtls_door,
    h264,
    header_extensions,
    jwt,
    opus,
    rtcp,
    rtp,
    sctp_door,
    sdp,
    signaling_json,
    srtp,
    stun,
    turn,
    vp8,
    vp9,
}
