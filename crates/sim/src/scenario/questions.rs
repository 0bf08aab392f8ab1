//! What tests ask a scenario, and the small things that they have peers do.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use motet_control::{
    ConsumerId, ConsumerStats, Notification, ProducerId, ProducerStats, Request, Response, TransportId,
    TransportStats, WorkerStats,
};
use str0m::Rtc;

use super::Scenario;
use crate::media::Source;
use crate::peer::{Half, Peer, PeerId, TrackId};
use crate::publishing::Report;
use crate::subscribing::{Received, Subscribing, Taken};

impl Scenario {
    /// What a peer got of a track, in the newest of its subscriptions to it.
    pub fn received(&self, id: PeerId, track: TrackId) -> &Received {
        let taken = self.taken(id).filter(|(_, taken)| taken.track == track).last();
        &taken.expect("the peer never subscribed to the track").1.received
    }

    /// Whether both sides of all connections that a peer has are up, as far as the peer can tell.
    pub fn is_connected(&self, id: PeerId) -> bool {
        let Some(peer) = &self.peers[id.0] else { return false };
        let publish = peer.publish.as_ref().map(|publishing| publishing.connected_at);
        let subscribe = peer.subscribe.as_ref().map(|subscribing| subscribing.connected_at);
        [publish, subscribe].into_iter().flatten().all(|at| at.is_some())
    }

    /// Why a connection of a peer failed, if it did.
    pub fn failure(&self, id: PeerId, half: Half) -> Option<&str> {
        self.peers[id.0].as_ref()?.connection(half)?.failure.as_deref()
    }

    /// Frames that were sent of a track.
    pub fn sent(&self, track: TrackId) -> u32 {
        self.source(track).sent
    }

    /// The numbers of the keyframes that were sent of a track.
    pub fn key_frames(&self, track: TrackId) -> &[u32] {
        &self.source(track).key_frames
    }

    /// When the sender of a track was asked for a keyframe.
    pub fn key_frame_requests(&self, track: TrackId) -> &[Instant] {
        &self.source(track).key_frame_requests
    }

    /// What transport-wide feedback came to at a publishing peer, in bits per second.
    pub fn estimates_bps(&self, id: PeerId) -> &[(Instant, u64)] {
        let publishing = self.peers[id.0].as_ref().and_then(|peer| peer.publish.as_ref());
        publishing.map_or(&[], |publishing| &publishing.estimates_bps)
    }

    /// What a publishing peer knows of a track from the worker's reports, once a second.
    pub fn reports(&self, id: PeerId, track: TrackId) -> impl Iterator<Item = &Report> {
        let publishing = self.peers[id.0].as_ref().and_then(|peer| peer.publish.as_ref());
        let reports = publishing.into_iter().flat_map(|publishing| &publishing.reports);
        reports.map(|(_, report)| report).filter(move |report| report.track == track)
    }

    /// What a publishing peer was told by REMB, in bits per second.
    pub fn rembs_bps(&self, id: PeerId) -> &[(Instant, u64)] {
        let publishing = self.peers[id.0].as_ref().and_then(|peer| peer.publish.as_ref());
        publishing.map_or(&[], |publishing| &publishing.rembs_bps)
    }

    /// Stops or starts a track at its sender, which the worker is not told.
    pub fn mute(&mut self, track: TrackId, is_muted: bool) {
        self.source_mut(track).is_muted = is_muted;
    }

    /// Sets the loudness that a track's packets tell from here on.
    pub fn set_level(&mut self, track: TrackId, level_dbov: i8) {
        self.source_mut(track).media.level_dbov = Some(level_dbov);
    }

    /// Sets the rate that a track is encoded at from here on.
    pub fn set_bitrate(&mut self, track: TrackId, bitrate_bps: u64) {
        let media = &mut self.source_mut(track).media;
        *media = media.at_bps(bitrate_bps);
    }

    /// Has a peer ask for a keyframe of a track that it gets.
    pub fn request_key_frame(&mut self, id: PeerId, track: TrackId) {
        let consumer_id = self.consumer(id, track);
        let (now, mode) = (self.now, self.peer(id).setup.mode);
        self.subscribing(id).request_key_frame(now, consumer_id, mode);
        self.take_output(id, Half::Subscribe);
    }

    /// A peer changes its network for one of its connections.
    pub fn move_to(&mut self, id: PeerId, half: Half, address: SocketAddr) {
        let now = self.now;
        self.peer(id).connection_mut(half).expect("the peer has the connection").move_to(now, address);
        self.take_output(id, half);
    }

    /// The str0m machine of one of a peer's connections.
    pub fn rtc(&mut self, id: PeerId, half: Half) -> &mut Rtc {
        &mut self.peer(id).connection_mut(half).expect("the peer has the connection").rtc
    }

    /// A peer's host.
    pub fn ip(&self, id: PeerId) -> IpAddr {
        self.peers[id.0].as_ref().expect("the peer has left").ip
    }

    /// The address that one of a peer's connections sends from.
    pub fn address(&self, id: PeerId, half: Half) -> SocketAddr {
        let peer = self.peers[id.0].as_ref().expect("the peer has left");
        peer.connection(half).map_or_else(|| peer.address(half), crate::connection::Connection::address)
    }

    /// The media section that a track is published in.
    pub fn mid(&self, track: TrackId) -> String {
        self.source(track).mid.to_string()
    }

    /// A track's producer.
    pub fn producer(&self, track: TrackId) -> ProducerId {
        self.tracks[track.0 as usize].producer_id
    }

    /// A peer's newest consumer of a track.
    pub fn consumer(&self, id: PeerId, track: TrackId) -> ConsumerId {
        let taken = self.taken(id).filter(|(_, taken)| taken.track == track).last();
        taken.expect("the peer never subscribed to the track").0
    }

    /// The transport of one of a peer's connections.
    pub fn transport(&self, id: PeerId, half: Half) -> TransportId {
        let peer = self.peers[id.0].as_ref().expect("the peer has left");
        let transport = match half {
            Half::Publish => peer.publish.as_ref().map(|publishing| publishing.transport_id),
            Half::Subscribe => peer.subscribe.as_ref().map(|subscribing| subscribing.transport_id),
        };
        transport.expect("the peer has the connection")
    }

    /// See [`Request::GetProducerStats`].
    pub fn producer_stats(&mut self, track: TrackId) -> ProducerStats {
        match self.expect(Request::GetProducerStats { producer_id: self.producer(track) }) {
            Response::ProducerStats(stats) => *stats,
            other => panic!("not statistics: {other:?}"),
        }
    }

    /// See [`Request::GetConsumerStats`].
    pub fn consumer_stats(&mut self, id: PeerId, track: TrackId) -> ConsumerStats {
        match self.expect(Request::GetConsumerStats { consumer_id: self.consumer(id, track) }) {
            Response::ConsumerStats(stats) => *stats,
            other => panic!("not statistics: {other:?}"),
        }
    }

    /// See [`Request::GetTransportStats`].
    pub fn transport_stats(&mut self, id: PeerId, half: Half) -> TransportStats {
        match self.expect(Request::GetTransportStats { transport_id: self.transport(id, half) }) {
            Response::TransportStats(stats) => *stats,
            other => panic!("not statistics: {other:?}"),
        }
    }

    /// See [`Request::GetWorkerStats`].
    pub fn worker_stats(&mut self) -> WorkerStats {
        match self.expect(Request::GetWorkerStats) {
            Response::WorkerStats(stats) => *stats,
            other => panic!("not statistics: {other:?}"),
        }
    }

    /// How much the worker dropped for a reason.
    pub fn drops(&mut self, reason: &str) -> u64 {
        let drops = self.worker_stats().drops;
        drops.iter().find(|(name, _)| *name == reason).map_or(0, |(_, count)| *count)
    }

    /// What the worker told, with the time.
    pub fn notifications(&self) -> &[(Instant, Notification)] {
        &self.notifications
    }

    /// Turns a camera.
    pub fn turn(&mut self, track: TrackId, degrees: u16) {
        self.source_mut(track).media.turned_degrees = Some(degrees);
    }

    /// Forgets what peers got so far.
    pub fn forget_received(&mut self) {
        let peers = self.peers.iter_mut().flatten();
        peers.filter_map(|peer| peer.subscribe.as_mut()).for_each(Subscribing::forget_received);
    }

    /// Forgets what the worker told.
    pub fn clear_notifications(&mut self) {
        self.notifications = Vec::new();
    }

    /// The subscriptions of a peer, oldest first.
    fn taken(&self, id: PeerId) -> impl Iterator<Item = (ConsumerId, &Taken)> {
        let subscribing = self.peers[id.0].as_ref().and_then(|peer| peer.subscribe.as_ref());
        subscribing.into_iter().flat_map(|subscribing| &subscribing.taken).map(|(id, taken)| (*id, taken))
    }

    fn source(&self, track: TrackId) -> &Source {
        let peer = self.peers[self.tracks[track.0 as usize].peer.0].as_ref();
        let sources =
            peer.and_then(|peer: &Peer| peer.publish.as_ref()).map(|publishing| &publishing.sources);
        let source = sources.into_iter().flatten().find(|source| source.track == track.0);
        source.expect("the track has ended")
    }

    fn source_mut(&mut self, track: TrackId) -> &mut Source {
        let peer = self.tracks[track.0 as usize].peer;
        self.publishing(peer).source(track.0).expect("the track has ended")
    }
}
