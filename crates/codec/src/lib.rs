//! Doors to codecs: samples and pictures to payloads and back. No packets, no clock, no threads: one object is one stream.

pub mod audio;
pub mod video;
