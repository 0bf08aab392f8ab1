//! Counters of a mixer. All count from its opening.

use crate::codec::Codec;
use crate::ids::{MixMember, ProducerId};

/// What a mixer has done.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MixStats {
    /// Frames of 20 ms that were mixed.
    pub audio_frames: u64,
    /// Frames of 20 ms left out because the machine was too busy.
    pub skipped_audio_frames: u64,
    /// Audio encodes, over all mixes: as many as frames, and more only while somebody speaks.
    pub encoded_audio_frames: u64,
    /// What each sound has been through.
    pub heard: Vec<HeardStats>,
    /// Pictures that were composed.
    pub composed_pictures: u64,
    /// Pictures left out because the machine was too busy.
    pub skipped_pictures: u64,
    /// Video encodes, over all sizes and codecs.
    pub encoded_pictures: u64,
    /// What each picture has been through.
    pub seen: Vec<SeenStats>,
    /// Each size of the composed picture that is encoded.
    pub outputs: Vec<MixOutputStats>,
}

/// A sound on its way into the mix.
#[derive(Clone, PartialEq, Debug)]
pub struct HeardStats {
    /// The source.
    pub producer_id: ProducerId,
    /// Whose.
    pub member: MixMember,
    /// Packets taken.
    pub packets: u64,
    /// Packets that never came in time.
    pub lost_packets: u64,
    /// Lost packets whose content came with the next (Opus's in-band FEC).
    pub fec_packets: u64,
    /// Packets that came too late.
    pub late_packets: u64,
    /// Sound that was made up for what never came, in milliseconds.
    pub concealed_ms: u64,
    /// Packets that were none, or could not be decoded.
    pub bad_packets: u64,
    /// What a packet waits for its turn.
    pub delay_ms: u32,
}

/// A picture on its way into the mix.
#[derive(Clone, PartialEq, Debug)]
pub struct SeenStats {
    /// The source.
    pub producer_id: ProducerId,
    /// Whose.
    pub member: MixMember,
    /// Packets taken.
    pub packets: u64,
    /// Frames decoded.
    pub frames: u64,
    /// Times that frames were given up because packets never came.
    pub losses: u64,
    /// Frames that could not be decoded.
    pub refused_frames: u64,
    /// Packets that were none, or of an unknown codec.
    pub bad_packets: u64,
    /// Width and height of the newest frame.
    pub size: (u32, u32),
}

/// One encode of the composed picture.
#[derive(Clone, PartialEq, Debug)]
pub struct MixOutputStats {
    /// The producer.
    pub producer_id: ProducerId,
    /// Into what.
    pub codec: Codec,
    /// Pixels in a row.
    pub width: u16,
    /// Rows.
    pub height: u16,
    /// Consumers that share it.
    pub consumers: usize,
}
