//! The sending side of a peer.

use std::time::{Duration, Instant};

use motet_control::TransportId;
use motet_sdp::PublishSession;
use str0m::bwe::BweKind;
use str0m::{Event, media::Mid};

use crate::connection::Connection;
use crate::media::Source;
use crate::peer::{Mode, TrackId};

/// What a sender knows of a track from the worker's reports, where [`crate::PeerSetup::has_stats`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Report {
    /// Which track.
    pub track: TrackId,
    /// From the receiver report heard last.
    pub round_trip: Option<Duration>,
    /// Share of packets lost, 0 to 1, from the reports since the last time.
    pub loss: Option<f32>,
    /// Packets sent, retransmissions included.
    pub packets: u64,
    /// Packets that the worker says were lost.
    pub packets_lost: Option<u64>,
}

/// A connection that publishes, with the signaling session on the worker's side of it.
pub(crate) struct Publishing {
    pub(crate) connection: Connection,
    pub(crate) transport_id: TransportId,
    pub(crate) session: PublishSession,
    /// Whether the transport was told the peer's side.
    pub(crate) is_told: bool,
    pub(crate) sources: Vec<Source>,
    pub(crate) connected_at: Option<Instant>,
    /// Round trip and share of loss of each track, as the worker's reports tell.
    pub(crate) reports: Vec<(Instant, Report)>,
    /// What transport-wide feedback came to.
    pub(crate) estimates_bps: Vec<(Instant, u64)>,
    /// What the worker said in REMB.
    pub(crate) rembs_bps: Vec<(Instant, u64)>,
}

impl Publishing {
    pub(crate) fn new(connection: Connection, transport_id: TransportId, session: PublishSession) -> Self {
        Self {
            connection,
            transport_id,
            session,
            is_told: false,
            sources: Vec::new(),
            connected_at: None,
            reports: Vec::new(),
            estimates_bps: Vec::new(),
            rembs_bps: Vec::new(),
        }
    }

    /// When a frame is due next.
    pub(crate) fn poll_frame(&self) -> Option<Instant> {
        self.sources.iter().map(Source::poll_timeout).min()
    }

    /// Sends the frames that are due.
    pub(crate) fn send_frames(&mut self, now: Instant, mode: Mode) {
        let mut is_written = false;
        for source in self.sources.iter_mut().filter(|source| source.poll_timeout() <= now) {
            source.handle_timeout(now, &mut self.connection.rtc, mode);
            is_written = true;
        }
        if is_written {
            self.connection.handle_timeout(now);
        }
    }

    pub(crate) fn handle_event(&mut self, now: Instant, event: Event) {
        match event {
            Event::Connected => self.connected_at = Some(now),
            Event::KeyframeRequest(request) => {
                if let Some(source) = self.source_at(request.mid) {
                    source.wants_key_frame = true;
                    source.key_frame_requests.push(now);
                }
            }
            Event::MediaEgressStats(stats) => {
                let report = self.source_at(stats.mid).map(|source| Report {
                    track: TrackId(source.track),
                    round_trip: stats.rtt,
                    loss: stats.loss,
                    packets: stats.packets,
                    packets_lost: stats.remote.map(|remote| remote.packets_lost),
                });
                self.reports.extend(report.map(|report| (now, report)));
            }
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                self.estimates_bps.push((now, estimate.as_u64()));
            }
            Event::EgressBitrateEstimate(BweKind::Remb { estimate, .. }) => {
                self.rembs_bps.push((now, estimate.as_u64()));
            }
            _ => {}
        }
    }

    pub(crate) fn source(&mut self, track: u32) -> Option<&mut Source> {
        self.sources.iter_mut().find(|source| source.track == track)
    }

    fn source_at(&mut self, mid: Mid) -> Option<&mut Source> {
        self.sources.iter_mut().find(|source| source.mid == mid)
    }
}
