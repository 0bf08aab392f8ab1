//! One room: its people, what they publish, what they receive. Changes here lay their outputs on the desk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use motet_control::{
    ConsumerId, DtlsState, IceCredentials, IceState, MediaKind, ObserverId, ProducerId, Quality, Request,
    RouterId, RtpParameters, TransportId,
};
use motet_rtp::Ssrc;

use super::desk::Desk;
use super::placement::Load;
use crate::command::Peer;
use crate::event::{Event, Grants, MediaState, ParticipantInfo, RoomInfo, Source, Topology, TrackInfo};
use crate::ids::{ParticipantId, ResumeToken, SessionId, TrackId, WorkerIndex};
use crate::names::{Identity, ParticipantName, RoomName};

pub(super) struct Room {
    /// The room's router is also its key.
    pub(super) router_id: RouterId,
    pub(super) name: RoomName,
    pub(super) worker: WorkerIndex,
    pub(super) topology: Topology,
    pub(super) created_at_unix_ms: u64,
    pub(super) participants_max: usize,
    pub(super) empty_grace: Duration,
    /// When it ends, while nobody is in it.
    pub(super) ends_at: Option<Instant>,
    pub(super) levels: ObserverId,
    pub(super) speakers: ObserverId,
    pub(super) active_speaker: Option<ParticipantId>,
    pub(super) people: BTreeMap<ParticipantId, Participant>,
}

pub(super) struct Participant {
    pub(super) id: ParticipantId,
    pub(super) session_id: SessionId,
    pub(super) name: ParticipantName,
    pub(super) identity: Option<Identity>,
    pub(super) grants: Grants,
    pub(super) auto_subscribe: bool,
    pub(super) joined_at_unix_ms: u64,
    pub(super) token: ResumeToken,
    /// When it is taken out, while its socket is gone.
    pub(super) gone_at: Option<Instant>,
    pub(super) publish: Option<Transport>,
    pub(super) subscribe: Option<Transport>,
    /// In the order published.
    pub(super) tracks: Vec<Track>,
    pub(super) subscriptions: BTreeMap<TrackId, Received>,
    pub(super) quality: Option<Quality>,
}

pub(super) struct Transport {
    pub(super) id: TransportId,
    pub(super) ice: IceCredentials,
    pub(super) ice_state: IceState,
    pub(super) dtls_state: DtlsState,
    pub(super) quality: Option<Quality>,
}

pub(super) struct Track {
    pub(super) id: TrackId,
    pub(super) producer_id: ProducerId,
    pub(super) source: Source,
    pub(super) name: Option<String>,
    pub(super) muted: bool,
    pub(super) kind: MediaKind,
    pub(super) rtp_parameters: RtpParameters,
}

/// A track as one subscriber receives it.
pub(super) struct Received {
    pub(super) consumer_id: ConsumerId,
    pub(super) ssrc: Ssrc,
    pub(super) rtx_ssrc: Ssrc,
    pub(super) paused: bool,
    /// Whether the client took the offer, and the worker was asked to consume.
    pub(super) live: bool,
}

impl Room {
    pub(super) fn tell_all(&self, desk: &mut Desk, event: &Event) {
        self.people.keys().for_each(|id| desk.tell(*id, event.clone()));
    }

    pub(super) fn tell_others(&self, desk: &mut Desk, except: ParticipantId, event: &Event) {
        self.people.keys().filter(|id| **id != except).for_each(|id| desk.tell(*id, event.clone()));
    }

    /// Takes tracks away from everyone who receives them, or was offered them. The worker ends the consumers by itself
    /// when their producers end.
    pub(super) fn end_subscriptions_of(&mut self, desk: &mut Desk, track_ids: &[TrackId]) {
        for participant in self.people.values_mut() {
            let mut ended = Vec::new();
            for track_id in track_ids {
                if let Some(received) = participant.subscriptions.remove(track_id) {
                    desk.consumers.remove(&received.consumer_id);
                    ended.push(*track_id);
                }
            }
            if !ended.is_empty() {
                desk.tell(participant.id, Event::Unsubscribed { track_ids: ended });
            }
        }
    }

    /// Ends a track for all. The worker is asked to close the producer where it knows of it still.
    pub(super) fn end_track(&mut self, desk: &mut Desk, owner: ParticipantId, track: &Track, end: TrackEnd) {
        desk.tracks.remove(&track.id);
        desk.producers.remove(&track.producer_id);
        if end != TrackEnd::Refused {
            desk.request(self.worker, Request::CloseProducer { producer_id: track.producer_id });
        }
        self.end_subscriptions_of(desk, &[track.id]);
        let unpublished = Event::TrackUnpublished { participant_id: owner, track_id: track.id };
        match end {
            TrackEnd::Asked => self.tell_others(desk, owner, &unpublished),
            TrackEnd::Refused => self.tell_all(desk, &unpublished),
        }
        self.forget_silenced_speaker(desk, owner);
    }

    /// Nobody speaks who has no open microphone.
    pub(super) fn forget_silenced_speaker(&mut self, desk: &mut Desk, suspect: ParticipantId) {
        let can_speak = self.people.get(&suspect).is_some_and(Participant::is_audible);
        if self.active_speaker == Some(suspect) && !can_speak {
            self.active_speaker = None;
            self.tell_all(desk, &Event::ActiveSpeaker { participant_id: None });
        }
    }

    pub(super) fn track(&self, track_id: TrackId) -> Option<(ParticipantId, &Track)> {
        self.people.values().find_map(|participant| {
            participant.tracks.iter().find(|track| track.id == track_id).map(|track| (participant.id, track))
        })
    }

    pub(super) fn load(&self) -> Load {
        let consumers = self
            .people
            .values()
            .map(|participant| participant.subscriptions.values().filter(|received| received.live).count())
            .sum();
        Load { consumers, participants: self.people.len(), rooms: 1 }
    }

    pub(super) fn info(&self) -> RoomInfo {
        RoomInfo {
            name: self.name.clone(),
            topology: self.topology,
            created_at_unix_ms: self.created_at_unix_ms,
            participants: self.people.len(),
            participants_max: self.participants_max,
            tracks: self.people.values().map(|participant| participant.tracks.len()).sum(),
        }
    }
}

/// How a single track ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TrackEnd {
    /// Its publisher asked for it.
    Asked,
    /// The worker refused to open it.
    Refused,
}

impl Participant {
    pub(super) fn transport(&self, peer: Peer) -> Option<&Transport> {
        match peer {
            Peer::Publish => self.publish.as_ref(),
            Peer::Subscribe => self.subscribe.as_ref(),
        }
    }

    pub(super) fn transport_slot(&mut self, peer: Peer) -> &mut Option<Transport> {
        match peer {
            Peer::Publish => &mut self.publish,
            Peer::Subscribe => &mut self.subscribe,
        }
    }

    pub(super) fn is_audible(&self) -> bool {
        self.tracks.iter().any(|track| track.kind == MediaKind::Audio && !track.muted)
    }

    /// No better than the worse of the two transports.
    pub(super) fn worst_quality(&self) -> Option<Quality> {
        [&self.publish, &self.subscribe].into_iter().flatten().filter_map(|transport| transport.quality).min()
    }

    pub(super) fn info(&self) -> ParticipantInfo {
        ParticipantInfo {
            id: self.id,
            name: self.name.clone(),
            joined_at_unix_ms: self.joined_at_unix_ms,
            tracks: self.tracks.iter().map(Track::info).collect(),
        }
    }
}

impl Transport {
    pub(super) fn new(id: TransportId, ice: IceCredentials) -> Self {
        Self { id, ice, ice_state: IceState::New, dtls_state: DtlsState::New, quality: None }
    }

    /// Both layers in one word.
    pub(super) fn state(&self) -> MediaState {
        match (self.dtls_state, self.ice_state) {
            (DtlsState::Failed, _) => MediaState::Failed,
            (DtlsState::Closed, _) => MediaState::Closed,
            (_, IceState::Disconnected) => MediaState::Disconnected,
            (DtlsState::Connected, _) => MediaState::Connected,
            (DtlsState::New, IceState::New) => MediaState::New,
            (DtlsState::New | DtlsState::Connecting, _) => MediaState::Connecting,
        }
    }
}

impl Track {
    pub(super) fn info(&self) -> TrackInfo {
        TrackInfo {
            id: self.id,
            kind: self.kind,
            source: self.source,
            name: self.name.clone(),
            muted: self.muted,
            // `publish` lets no track in without a codec.
            codec: self.rtp_parameters.codecs[0].codec,
        }
    }
}
