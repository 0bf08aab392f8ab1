//! What a client is told unasked.

use motet_control::{MediaKind, Quality};
use motet_room::{LeaveReason, MediaState, ParticipantId, Peer, RoomEnd, Source, Topology, TrackId};
use motet_rtp::Mid;
use serde::Serialize;

use super::people::{ParticipantView, TrackView};
use super::result::Nothing;
use super::text::Text;

/// One notification with its params.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "method", content = "params", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the fields' types and docs/signaling.md say what each means")]
pub enum Notification {
    /// The subscribe PeerConnection's next offer; `tracks` is everything that it carries.
    Offer {
        sdp: String,
        offer_id: u64,
        tracks: Vec<OfferedTrack>,
    },
    ParticipantJoined {
        participant: ParticipantView,
    },
    ParticipantLeft {
        participant_id: Text<ParticipantId>,
        reason: Text<LeaveReason>,
    },
    TrackPublished {
        participant_id: Text<ParticipantId>,
        track: TrackView,
    },
    TrackUnpublished {
        participant_id: Text<ParticipantId>,
        track_id: Text<TrackId>,
    },
    TrackMuted {
        participant_id: Text<ParticipantId>,
        track_id: Text<TrackId>,
        muted: bool,
    },
    ActiveSpeaker {
        participant_id: Option<Text<ParticipantId>>,
    },
    AudioLevels {
        levels: Vec<AudioLevel>,
    },
    Quality {
        participant_id: Text<ParticipantId>,
        quality: Text<Quality>,
    },
    Chat {
        from: Text<ParticipantId>,
        text: String,
        at: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<Text<ParticipantId>>,
    },
    MediaState {
        peer: Text<Peer>,
        state: Text<MediaState>,
    },
    SubscriptionRefused {
        track_id: Text<TrackId>,
        reason: String,
    },
    Topology {
        topology: Text<Topology>,
    },
    Removed {
        reason: Text<LeaveReason>,
    },
    RoomClosed {
        reason: Text<RoomEnd>,
    },
    ServerStopping(Nothing),
}

/// A track in an offer.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferedTrack {
    /// Its media section.
    pub mid: Text<Mid>,
    /// Which track.
    pub track_id: Text<TrackId>,
    /// Whose.
    pub participant_id: Text<ParticipantId>,
    /// Audio or video.
    pub kind: Text<MediaKind>,
    /// Where it comes from.
    pub source: Text<Source>,
}

/// How loud somebody is.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioLevel {
    /// Who.
    pub participant_id: Text<ParticipantId>,
    /// How loud, in dBov, -127 to 0.
    pub dbov: i8,
}
