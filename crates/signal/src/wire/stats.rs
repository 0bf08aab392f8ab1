//! What the server measures of a participant's media.

use motet_control::{DtlsState, IceState, MediaKind, StreamStats, TransportStats};
use motet_room::{Location, Peer, TrackId};
use serde::Serialize;

use super::text::Text;

/// Of `stats`.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StatsResult {
    /// The open transports.
    pub transports: Vec<TransportView>,
}

/// One transport.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransportView {
    /// Which PeerConnection it belongs to.
    pub peer: Text<Peer>,
    /// `new`, `connected`, `completed` or `disconnected`.
    pub ice_state: &'static str,
    /// `new`, `connecting`, `connected`, `failed` or `closed`.
    pub dtls_state: &'static str,
    /// The path in use: `udp` or `tcp`.
    pub protocol: Option<&'static str>,
    /// The client's address on it.
    pub remote: Option<String>,
    /// Round trip in milliseconds.
    pub round_trip_ms: Option<f32>,
    /// All bytes that came.
    pub received_bytes: u64,
    /// All bytes that went.
    pub sent_bytes: u64,
    /// Datagrams and frames refused.
    pub dropped_packets: u64,
    /// The tracks on it.
    pub tracks: Vec<TrackStatsView>,
}

/// One track on a transport.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackStatsView {
    /// Which.
    pub track_id: Text<TrackId>,
    /// Audio or video; left out for what is received, whose kind its offer told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text<MediaKind>>,
    /// Whether it is stopped.
    pub paused: bool,
    /// Its streams.
    pub streams: Vec<StreamView>,
}

/// One stream.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamView {
    /// Packets, repairs excluded.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bits a second over the last second.
    pub bitrate_bps: u64,
    /// Packets that never came.
    pub packets_lost: i64,
    /// Share lost lately, 0 to 1.
    pub fraction_lost: f32,
    /// Jitter in milliseconds.
    pub jitter_ms: f32,
    /// Round trip in milliseconds.
    pub round_trip_ms: Option<f32>,
    /// Packets asked for again.
    pub nacked_packets: u64,
    /// Packets that came or went again.
    pub retransmitted_packets: u64,
    /// Keyframes asked for, in either way of asking.
    pub keyframe_requests: u64,
    /// Keyframes seen.
    pub keyframes: u64,
}

impl StatsResult {
    /// A participant's figures under its tracks' names. What `location` does not know is gone by now and left out.
    pub(crate) fn new(location: &Location, transports: &[(Peer, TransportStats)]) -> Self {
        let view = |(peer, stats): &(Peer, TransportStats)| TransportView::new(location, *peer, stats);
        Self { transports: transports.iter().map(view).collect() }
    }
}

impl TransportView {
    fn new(location: &Location, peer: Peer, stats: &TransportStats) -> Self {
        let tuple = stats.tuple.as_ref();
        let published = stats.producers.iter().filter_map(|producer| {
            let (track_id, _) = location.producers.iter().find(|(_, id)| *id == producer.producer_id)?;
            Some(TrackStatsView {
                track_id: Text(*track_id),
                kind: Some(Text(producer.kind)),
                paused: producer.paused,
                streams: producer.streams.iter().map(StreamView::from).collect(),
            })
        });
        let received = stats.consumers.iter().filter_map(|consumer| {
            let (track_id, _) = location.consumers.iter().find(|(_, id)| *id == consumer.consumer_id)?;
            Some(TrackStatsView {
                track_id: Text(*track_id),
                kind: None,
                paused: consumer.paused,
                streams: vec![StreamView::from(&consumer.stream)],
            })
        });
        Self {
            peer: Text(peer),
            ice_state: ice_word(stats.ice_state),
            dtls_state: dtls_word(stats.dtls_state),
            protocol: tuple.map(|tuple| match tuple.protocol {
                motet_control::CandidateProtocol::Udp => "udp",
                motet_control::CandidateProtocol::Tcp => "tcp",
            }),
            remote: tuple.map(|tuple| tuple.remote.to_string()),
            round_trip_ms: stats.round_trip_ms.and_then(finite),
            received_bytes: stats.received_bytes,
            sent_bytes: stats.sent_bytes,
            dropped_packets: stats.drops.iter().map(|(_, count)| count).sum(),
            tracks: published.chain(received).collect(),
        }
    }
}

impl From<&StreamStats> for StreamView {
    fn from(stats: &StreamStats) -> Self {
        Self {
            packets: stats.packets,
            bytes: stats.bytes,
            bitrate_bps: stats.bitrate_bps,
            packets_lost: stats.packets_lost,
            fraction_lost: finite(stats.fraction_lost).unwrap_or(0.0),
            jitter_ms: finite(stats.jitter_ms).unwrap_or(0.0),
            round_trip_ms: stats.round_trip_ms.and_then(finite),
            nacked_packets: stats.nacked_packets,
            retransmitted_packets: stats.retransmitted_packets,
            keyframe_requests: stats.pli_count + stats.fir_count,
            keyframes: stats.key_frames,
        }
    }
}

/// JSON has no word for anything else.
fn finite(value: f32) -> Option<f32> {
    value.is_finite().then_some(value)
}

fn ice_word(state: IceState) -> &'static str {
    match state {
        IceState::New => "new",
        IceState::Connected => "connected",
        IceState::Completed => "completed",
        IceState::Disconnected => "disconnected",
    }
}

fn dtls_word(state: DtlsState) -> &'static str {
    match state {
        DtlsState::New => "new",
        DtlsState::Connecting => "connecting",
        DtlsState::Connected => "connected",
        DtlsState::Failed => "failed",
        DtlsState::Closed => "closed",
    }
}
