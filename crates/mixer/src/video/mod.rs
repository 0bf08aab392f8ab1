//! The picture of a room: many streams in, one picture out, in up to three sizes.
//!
//! [`Compositor`] is the door. RTP goes in as a consumer of the router would receive it; frames are assembled, decoded as they
//! come, and stay where the decoder put them. At a steady rate, the newest picture of each stream is scaled straight into its cell of
//! the canvas, where it changed, and the canvas is encoded once for each output. Everything is told the time.

mod arrange;
mod assemble;
mod compositor;
mod event;
mod output;
mod packetize;
mod paint;
mod seats;
mod settings;
mod source;
mod text;
mod turn;

pub use compositor::Compositor;
pub use event::{CompositorStats, SeenCell, Trouble, VideoEvent, VideoSourceStats};
pub use motet_codec::video::{DecodeLimits, PictureCodec, VideoCodec};
pub use output::PACKET_BYTES_MAX;
pub use settings::{
    OUTPUTS_MAX, OutputFormat, OutputId, SOURCES_MAX, SourceLimits, VideoFormat, VideoSettings,
};
