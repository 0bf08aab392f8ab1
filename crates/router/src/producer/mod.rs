//! Media into a router: a producer with its streams, and what depends on it.

mod formats;
mod keyframe;
mod nack;
mod reception;
mod requests;
mod sender_clock;
mod store;
mod stream;
mod window;

use std::time::{Duration, Instant};

use motet_control::{MediaKind, ProducerId, ProducerStats, RtcpFeedback, RtpParameters};
use motet_rtp::ext::{ExtensionMap, VideoOrientation};

pub(crate) use formats::{CODECS_MAX, Formats, PayloadKind, is_key_frame_start};
pub(crate) use keyframe::Ask;
pub(crate) use sender_clock::{HeardReport, SenderClock};
pub(crate) use store::PacketInfo;
pub(crate) use stream::{Arrived, Stream};
pub(crate) use window::{Arrival, SeqWindow};

use crate::drop_reason::DropCounts;
use crate::observer::Listening;
use crate::table::{ConsumerKey, TransportKey};

/// A producer that sent nothing for this long has fallen silent.
pub(crate) const SILENCE: Duration = Duration::from_secs(5);

/// How a sender is asked for a keyframe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PictureFeedback {
    /// RFC 4585 section 6.3.1.
    Pli,
    /// RFC 5104 section 4.3.1, where the sender has no PLI.
    Fir,
}

/// One producer.
pub(crate) struct Producer {
    pub(crate) id: ProducerId,
    pub(crate) kind: MediaKind,
    pub(crate) transport: TransportKey,
    pub(crate) parameters: RtpParameters,
    pub(crate) formats: Formats,
    pub(crate) extensions: ExtensionMap,
    /// `None` for audio and for senders that cannot be asked.
    pub(crate) picture_feedback: Option<PictureFeedback>,
    pub(crate) paused: bool,
    /// Its transport's sender's clock.
    pub(crate) sender_clock: SenderClock,
    /// One per encoding, in their order.
    pub(crate) streams: Vec<Stream>,
    pub(crate) consumers: Vec<ConsumerKey>,
    /// How many of the consumers may ask for retransmissions: packets are kept only if there are any.
    pub(crate) repairing_consumers: usize,
    /// The observers that hear it, each with its place there.
    pub(crate) listeners: Vec<Listening>,
    /// Whether packets come, as last told.
    pub(crate) is_active: bool,
    /// As last told.
    pub(crate) orientation: VideoOrientation,
}

impl Producer {
    pub(crate) fn new(
        id: ProducerId,
        kind: MediaKind,
        transport: TransportKey,
        parameters: RtpParameters,
        paused: bool,
    ) -> Self {
        let streams = parameters
            .encodings
            .iter()
            .map(|encoding| Stream::new(kind, encoding.rid, encoding.ssrc))
            .collect();
        let extensions = parameters.header_extensions.iter().map(|extension| (extension.kind, extension.id));
        Self {
            id,
            kind,
            transport,
            formats: Formats::new(&parameters.codecs),
            extensions: extensions.collect(),
            picture_feedback: picture_feedback(kind, &parameters),
            parameters,
            paused,
            sender_clock: SenderClock::default(),
            streams,
            consumers: Vec::new(),
            repairing_consumers: 0,
            listeners: Vec::new(),
            is_active: false,
            orientation: VideoOrientation::default(),
        }
    }

    /// Somebody needs a keyframe of an encoding. Tells when the request is due, if it is to be sent at all.
    pub(crate) fn wish_key_frame(&mut self, now: Instant, encoding: usize) -> Option<Instant> {
        if self.paused || self.picture_feedback.is_none() {
            return None;
        }
        let key_frames = &mut self.streams.get_mut(encoding)?.key_frames;
        key_frames.wish(now);
        key_frames.poll_timeout()
    }

    /// When its newest packet came.
    pub(crate) fn latest_at(&self) -> Option<Instant> {
        self.streams.iter().filter_map(Stream::latest_at).max()
    }

    /// Packets taken in, repairs excluded.
    pub(crate) fn packets(&self) -> u64 {
        self.streams.iter().map(Stream::packets).sum()
    }

    /// What its streams refused.
    pub(crate) fn drops(&self) -> DropCounts {
        let mut drops = DropCounts::default();
        self.streams.iter().for_each(|stream| drops.merge(stream.drops()));
        drops
    }

    /// As the control API tells it.
    pub(crate) fn stats(&self, now: Instant, round_trip: Option<Duration>) -> ProducerStats {
        ProducerStats {
            producer_id: self.id,
            kind: self.kind,
            paused: self.paused,
            streams: self.streams.iter().filter_map(|stream| stream.stats(now, round_trip)).collect(),
            consumers: self.consumers.len(),
            stored_packets: self.streams.iter().map(|stream| stream.store.len()).sum(),
            stored_bytes: self.streams.iter().map(|stream| stream.store.bytes()).sum(),
        }
    }
}

fn picture_feedback(kind: MediaKind, parameters: &RtpParameters) -> Option<PictureFeedback> {
    let has = |feedback| parameters.codecs.iter().any(|codec| codec.rtcp_feedback.contains(&feedback));
    match kind {
        MediaKind::Audio => None,
        MediaKind::Video if has(RtcpFeedback::Pli) => Some(PictureFeedback::Pli),
        MediaKind::Video if has(RtcpFeedback::Fir) => Some(PictureFeedback::Fir),
        MediaKind::Video => None,
    }
}
