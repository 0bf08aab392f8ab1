//! What a client is told unasked.

use motet_control::{MediaKind, Quality};
use motet_room::{
    Flow, Heading, Intent, LeaveReason, MediaState, MoveState, ParticipantId, Peer, Reason, RoomEnd, Source,
    Topology, TrackId, View,
};
use motet_rtp::Mid;
use serde::Serialize;
use serde_json::{Map, Value};

use super::layout::LayoutView;
use super::people::{ParticipantView, TrackView};
use super::result::Nothing;
use super::shown::{MixCellView, PlaceholderView};
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
    TrackChanged {
        participant_id: Text<ParticipantId>,
        track: TrackView,
    },
    Topology(HeadingView),
    ViewChanged {
        participant_id: Text<ParticipantId>,
        view: Text<View>,
    },
    Layout {
        layout: LayoutView,
    },
    TrackPlaceholder {
        participant_id: Text<ParticipantId>,
        track_id: Text<TrackId>,
        placeholder: Option<PlaceholderView>,
    },
    MixCells {
        cells: Vec<MixCellView>,
    },
    Relayed {
        from: Text<ParticipantId>,
        epoch: u64,
        number: u64,
        message: Map<String, Value>,
    },
    Flows {
        flows: Vec<FlowView>,
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
    /// Whose; nobody's where it is of the mix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participant_id: Option<Text<ParticipantId>>,
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

/// How the room moves media, and the client's part in it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct HeadingView {
    /// How the room moves media, or will.
    pub topology: Text<Topology>,
    /// How it is wanted to.
    pub intent: Text<Intent>,
    /// What the client takes.
    pub view: Text<View>,
    /// Why.
    pub reason: Text<Reason>,
    /// Why, for people.
    pub explanation: String,
    /// Which move.
    pub epoch: u64,
    /// How far it is.
    pub state: Text<MoveState>,
}

impl From<Heading> for HeadingView {
    fn from(heading: Heading) -> Self {
        Self {
            topology: Text(heading.topology),
            intent: Text(heading.intent),
            view: Text(heading.view),
            reason: Text(heading.reason),
            explanation: heading.explanation,
            epoch: heading.epoch,
            state: Text(heading.state),
        }
    }
}

/// How much one sends to another.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowView {
    /// A participant, or `server`.
    pub from: String,
    /// A participant, or `server`.
    pub to: String,
    /// Sound, in bits per second.
    pub audio_bps: u64,
    /// Pictures, in bits per second.
    pub video_bps: u64,
    /// Whether it is the mix.
    pub mix: bool,
}

impl From<&Flow> for FlowView {
    fn from(flow: &Flow) -> Self {
        let end = |id: Option<ParticipantId>| id.map_or_else(|| "server".to_owned(), |id| id.to_string());
        Self {
            from: end(flow.from),
            to: end(flow.to),
            audio_bps: flow.audio_bps,
            video_bps: flow.video_bps,
            mix: flow.is_mix,
        }
    }
}
