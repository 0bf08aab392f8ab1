//! One person in a room: its transports, tracks and subscriptions, and the way that media takes to and from it.

use std::collections::BTreeMap;
use std::time::Instant;

use motet_control::{
    Codec, ConsumerId, DtlsState, IceCredentials, IceState, MediaKind, MixMember, Placeholder, ProducerId,
    Quality, RtpParameters, TransportId,
};
use motet_rtp::Ssrc;

use super::mesh::Allowance;
use crate::command::{Peer, SentFlow};
use crate::event::{Grants, MediaState, ParticipantInfo, Source, TrackInfo};
use crate::ids::{ParticipantId, ResumeToken, SessionId, TrackId};
use crate::mixing::Voice;
use crate::names::{Identity, ParticipantName};
use crate::topology::{Heading, MoveState, Topologies, Topology, View, ViewIntent};

pub(super) struct Participant {
    pub(super) id: ParticipantId,
    pub(super) session_id: SessionId,
    pub(super) name: ParticipantName,
    pub(super) identity: Option<Identity>,
    pub(super) grants: Grants,
    pub(super) auto_subscribe: bool,
    pub(super) can: Topologies,
    pub(super) joined_at_unix_ms: u64,
    pub(super) token: ResumeToken,
    /// When it is taken out, while its socket is gone.
    pub(super) gone_at: Option<Instant>,
    pub(super) publish: Option<Transport>,
    pub(super) subscribe: Option<Transport>,
    /// In the order published.
    pub(super) tracks: Vec<Track>,
    pub(super) subscriptions: BTreeMap<TrackId, Received>,
    /// What it said about single tracks, kept while another way is taken. One a track of the room at most.
    pub(super) wishes: BTreeMap<TrackId, Wish>,
    pub(super) quality: Option<Quality>,
    pub(super) view_intent: ViewIntent,
    pub(super) heading: Heading,
    /// `None`: it just came.
    pub(super) way: Option<Way>,
    /// Ways that still serve until the move is over; each once.
    pub(super) old_ways: Vec<Way>,
    pub(super) moving: Option<Moving>,
    pub(super) path: Path,
    /// When time alone may change its view.
    pub(super) view_at: Option<Instant>,
    pub(super) voice: Voice,
    /// The codec of the composed picture that it takes.
    pub(super) picture: Codec,
    /// Whether the mixer knows its ears and eyes.
    pub(super) listens: bool,
    /// How many messages were relayed to it.
    pub(super) relayed: u64,
    pub(super) allowance: Allowance,
    pub(super) watches_flows: bool,
    /// What it sends to others of a mesh, and when it told.
    pub(super) sends: Option<(Instant, Vec<SentFlow>)>,
}

/// The way that media takes to and from a participant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// Straight to and from the others.
    Mesh,
    /// Through the server, the others' tracks.
    Tracks,
    /// Through the server, the mix.
    Mix,
}

impl Way {
    pub(super) fn of(topology: Topology, view: View) -> Self {
        match (topology, view) {
            (Topology::Mesh, _) => Self::Mesh,
            (_, View::Tracks) => Self::Tracks,
            (_, View::Mix) => Self::Mix,
        }
    }
}

/// A move that is not over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moving {
    /// Until when its client is waited for; `None`: it has settled, and others are waited for.
    pub(super) due: Option<Instant>,
}

/// How what it receives passes, and since when.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Path {
    pub(super) poor_since: Option<Instant>,
    pub(super) fine_since: Option<Instant>,
    /// How often it was given the mix for it.
    pub(super) mixes: u32,
}

impl Path {
    pub(super) fn changed(&mut self, now: Instant, quality: Quality) {
        let is_poor = quality == Quality::Poor;
        let is_fine = quality >= Quality::Good;
        self.poor_since = is_poor.then(|| self.poor_since.unwrap_or(now));
        self.fine_since = is_fine.then(|| self.fine_since.unwrap_or(now));
    }
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
    pub(super) source: Source,
    pub(super) name: Option<String>,
    pub(super) muted: bool,
    pub(super) kind: MediaKind,
    /// `None`: it is announced, and does not pass the server.
    pub(super) media: Option<Media>,
    /// Why the mix does not show it.
    pub(super) placeholder: Option<Placeholder>,
}

/// What of a track passes the server.
pub(super) struct Media {
    pub(super) producer_id: ProducerId,
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

/// What a subscriber said about a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) wanted: bool,
    pub(super) paused: bool,
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

    /// How many pictures it sends.
    pub(super) fn open_pictures(&self) -> usize {
        self.tracks.iter().filter(|track| track.kind == MediaKind::Video && !track.muted).count()
    }

    /// No better than the worse of the two transports.
    pub(super) fn worst_quality(&self) -> Option<Quality> {
        [&self.publish, &self.subscribe].into_iter().flatten().filter_map(|transport| transport.quality).min()
    }

    /// Whether it takes a track of others where it takes tracks.
    pub(super) fn wants(&self, track_id: TrackId) -> bool {
        let wanted = self.wishes.get(&track_id).map_or(self.auto_subscribe, |wish| wish.wanted);
        wanted && self.grants.subscribe
    }

    pub(super) fn wish(&mut self, track_id: TrackId) -> &mut Wish {
        let wanted = self.auto_subscribe;
        self.wishes.entry(track_id).or_insert(Wish { wanted, paused: false })
    }

    pub(super) fn is_on(&self, way: Way) -> bool {
        self.way == Some(way) || self.old_ways.contains(&way)
    }

    /// Whether its client is waited for.
    pub(super) fn is_awaited(&self) -> bool {
        self.moving.is_some_and(|moving| moving.due.is_some())
    }

    /// As a mixer knows it.
    pub(super) fn member(&self) -> MixMember {
        MixMember(self.id.0)
    }

    pub(super) fn info(&self) -> ParticipantInfo {
        ParticipantInfo {
            id: self.id,
            name: self.name.clone(),
            joined_at_unix_ms: self.joined_at_unix_ms,
            view: self.heading.view,
            tracks: self.tracks.iter().map(Track::info).collect(),
        }
    }

    /// Begins a move to `way`, unless that is where it is.
    pub(super) fn turn_to(&mut self, way: Way, due: Instant) {
        let Some(was) = self.way.replace(way) else { return };
        if was == way {
            return;
        }
        if !self.old_ways.contains(&was) {
            self.old_ways.push(was);
        }
        self.old_ways.retain(|old| *old != way);
        self.moving = Some(Moving { due: Some(due) });
    }

    pub(super) fn move_state(&self) -> MoveState {
        if self.moving.is_some() { MoveState::Moving } else { MoveState::Settled }
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
            codec: self.codec(),
            placeholder: self.placeholder.clone(),
        }
    }

    pub(super) fn codec(&self) -> Option<Codec> {
        self.media.as_ref()?.rtp_parameters.codecs.first().map(|codec| codec.codec)
    }

    pub(super) fn producer_id(&self) -> Option<ProducerId> {
        self.media.as_ref().map(|media| media.producer_id)
    }
}
