//! The values of all known header extensions of one packet.

use super::{
    AbsCaptureTime, AudioLevel, DependencyDescriptor, ExtensionKind, ExtensionMap, PlayoutDelay,
    VideoOrientation,
};
use crate::wire::{Reader, Sink};
use crate::{Mid, Rid, RtpView, ShortId};

/// What a packet's header extensions say, or shall say. Absent is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ExtensionValues {
    /// Client-to-mixer audio level.
    pub audio_level: Option<AudioLevel>,
    /// Coordination of video orientation.
    pub video_orientation: Option<VideoOrientation>,
    /// Transport-wide sequence number.
    pub transport_seq: Option<u16>,
    /// Absolute send time: 24 bits of 6.18 fixed point seconds.
    pub abs_send_time: Option<u32>,
    /// Media section identification.
    pub mid: Option<Mid>,
    /// Encoding identification.
    pub rid: Option<Rid>,
    /// Encoding identification on a repair stream.
    pub repaired_rid: Option<Rid>,
    /// Playout delay limits.
    pub playout_delay: Option<PlayoutDelay>,
    /// Absolute capture time.
    pub abs_capture_time: Option<AbsCaptureTime>,
    /// AV1 dependency descriptor.
    pub dependency_descriptor: Option<DependencyDescriptor>,
}

const TRANSPORT_SEQ_LEN: usize = 2;
const ABS_SEND_TIME_LEN: usize = 3;

impl ExtensionValues {
    /// The most bytes that all elements take together, in two-byte form.
    pub(crate) const ELEMENTS_LEN_MAX: usize = 2 * ExtensionKind::ALL.len()
        + 3 * ShortId::LEN_MAX
        + ABS_SEND_TIME_LEN
        + TRANSPORT_SEQ_LEN
        + AudioLevel::LEN
        + VideoOrientation::LEN
        + PlayoutDelay::LEN
        + AbsCaptureTime::LEN_MAX
        + DependencyDescriptor::LEN_MAX;

    /// The values in a packet, by the ids of its sender. Unknown ids and malformed values are skipped; where a kind
    /// comes twice, the last well-formed one counts.
    pub fn read(view: &RtpView<'_>, map: &ExtensionMap) -> Self {
        let mut values = Self::default();
        for (id, data) in view.extensions() {
            if let Some(kind) = map.kind(id) {
                values.decode(kind, data);
            }
        }
        values
    }

    fn decode(&mut self, kind: ExtensionKind, data: &[u8]) {
        match kind {
            ExtensionKind::Mid => keep(&mut self.mid, decode_id(data)),
            ExtensionKind::Rid => keep(&mut self.rid, decode_id(data)),
            ExtensionKind::RepairedRid => keep(&mut self.repaired_rid, decode_id(data)),
            ExtensionKind::AbsSendTime => keep(&mut self.abs_send_time, decode_abs_send_time(data)),
            ExtensionKind::TransportSeq => keep(&mut self.transport_seq, decode_transport_seq(data)),
            ExtensionKind::AudioLevel => keep(&mut self.audio_level, AudioLevel::decode(data)),
            ExtensionKind::VideoOrientation => {
                keep(&mut self.video_orientation, VideoOrientation::decode(data));
            }
            ExtensionKind::PlayoutDelay => keep(&mut self.playout_delay, PlayoutDelay::decode(data)),
            ExtensionKind::AbsCaptureTime => keep(&mut self.abs_capture_time, AbsCaptureTime::decode(data)),
            ExtensionKind::DependencyDescriptor => {
                keep(&mut self.dependency_descriptor, DependencyDescriptor::new(data));
            }
        }
    }

    /// Bytes that the value of `kind` takes; 0 when absent, for no kind's value is empty.
    pub(crate) fn len_of(&self, kind: ExtensionKind) -> usize {
        match kind {
            ExtensionKind::Mid => id_len(&self.mid),
            ExtensionKind::Rid => id_len(&self.rid),
            ExtensionKind::RepairedRid => id_len(&self.repaired_rid),
            ExtensionKind::AbsSendTime => self.abs_send_time.map_or(0, |_| ABS_SEND_TIME_LEN),
            ExtensionKind::TransportSeq => self.transport_seq.map_or(0, |_| TRANSPORT_SEQ_LEN),
            ExtensionKind::AudioLevel => self.audio_level.map_or(0, |_| AudioLevel::LEN),
            ExtensionKind::VideoOrientation => self.video_orientation.map_or(0, |_| VideoOrientation::LEN),
            ExtensionKind::PlayoutDelay => self.playout_delay.map_or(0, |_| PlayoutDelay::LEN),
            ExtensionKind::AbsCaptureTime => self.abs_capture_time.map_or(0, AbsCaptureTime::len),
            ExtensionKind::DependencyDescriptor => {
                self.dependency_descriptor.as_ref().map_or(0, |descriptor| descriptor.as_bytes().len())
            }
        }
    }

    /// Writes the value of `kind`, nothing when absent. `None` when it does not fit.
    pub(crate) fn put(&self, kind: ExtensionKind, sink: &mut Sink<'_>) -> Option<()> {
        match kind {
            ExtensionKind::Mid => put_id(&self.mid, sink),
            ExtensionKind::Rid => put_id(&self.rid, sink),
            ExtensionKind::RepairedRid => put_id(&self.repaired_rid, sink),
            ExtensionKind::AbsSendTime => self.abs_send_time.map_or(Some(()), |time| sink.u24(time)),
            ExtensionKind::TransportSeq => self.transport_seq.map_or(Some(()), |seq| sink.u16(seq)),
            ExtensionKind::AudioLevel => self.audio_level.map_or(Some(()), |level| level.put(sink)),
            ExtensionKind::VideoOrientation => self.video_orientation.map_or(Some(()), |turn| turn.put(sink)),
            ExtensionKind::PlayoutDelay => self.playout_delay.map_or(Some(()), |delay| delay.put(sink)),
            ExtensionKind::AbsCaptureTime => self.abs_capture_time.map_or(Some(()), |time| time.put(sink)),
            ExtensionKind::DependencyDescriptor => self
                .dependency_descriptor
                .as_ref()
                .map_or(Some(()), |descriptor| sink.put(descriptor.as_bytes())),
        }
    }
}

fn keep<T>(slot: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *slot = value;
    }
}

fn decode_id(data: &[u8]) -> Option<ShortId> {
    // Some senders fill the element up with zeroes.
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    ShortId::new(&data[..end])
}

fn decode_abs_send_time(data: &[u8]) -> Option<u32> {
    let bytes: &[u8; ABS_SEND_TIME_LEN] = data.as_array()?;
    Reader::new(bytes).u24()
}

fn decode_transport_seq(data: &[u8]) -> Option<u16> {
    let bytes: &[u8; TRANSPORT_SEQ_LEN] = data.as_array()?;
    Some(u16::from_be_bytes(*bytes))
}

fn id_len(id: &Option<ShortId>) -> usize {
    id.as_ref().map_or(0, |id| id.as_bytes().len())
}

fn put_id(id: &Option<ShortId>, sink: &mut Sink<'_>) -> Option<()> {
    id.as_ref().map_or(Some(()), |id| sink.put(id.as_bytes()))
}
