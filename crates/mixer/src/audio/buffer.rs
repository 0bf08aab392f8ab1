//! Packets of one stream in their order, until their turn.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet_rtp::SeqNo;

use super::AudioCodec;

/// The most packets that wait: a second of the shortest that anyone sends, and 5 s of the usual. Full means that the sender is
/// far ahead of its own clock; what comes then is dropped.
pub(super) const PACKETS_MAX: usize = 250;
/// The longest payload, which no codec here comes near; more is no audio.
pub(super) const PAYLOAD_LEN_MAX: usize = 1500;

/// One packet.
#[derive(Debug)]
pub(super) struct Packet {
    pub(super) codec: AudioCodec,
    /// Its first sample, at 48 kHz.
    pub(super) time: i64,
    /// Samples at 48 kHz.
    pub(super) len: usize,
    pub(super) arrived: Instant,
    /// How much slower it was than the fastest.
    pub(super) late: Duration,
    pub(super) payload: Vec<u8>,
}

/// Where a packet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Kept,
    Duplicate,
    Full,
}

#[derive(Debug, Default)]
pub(super) struct Buffer {
    packets: BTreeMap<SeqNo, Packet>,
}

impl Buffer {
    pub(super) fn insert(&mut self, seq: SeqNo, packet: Packet) -> Taken {
        if self.packets.contains_key(&seq) {
            return Taken::Duplicate;
        }
        if self.packets.len() >= PACKETS_MAX {
            return Taken::Full;
        }
        self.packets.insert(seq, packet);
        Taken::Kept
    }

    pub(super) fn first(&self) -> Option<(SeqNo, &Packet)> {
        self.packets.first_key_value().map(|(seq, packet)| (*seq, packet))
    }

    pub(super) fn take_first(&mut self) -> Option<(SeqNo, Packet)> {
        self.packets.pop_first()
    }
}
