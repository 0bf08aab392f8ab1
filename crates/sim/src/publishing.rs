//! The sending side of a peer.

use std::time::Instant;

use motet_control::TransportId;
use motet_sdp::PublishSession;
use str0m::bwe::BweKind;
use str0m::{Event, media::Mid};

use crate::connection::Connection;
use crate::media::Source;
use crate::peer::Mode;

/// A connection that publishes, with the signaling session on the worker's side of it.
pub(crate) struct Publishing {
    pub(crate) connection: Connection,
    pub(crate) transport_id: TransportId,
    pub(crate) session: PublishSession,
    /// Whether the transport was told the peer's side.
    pub(crate) is_told: bool,
    pub(crate) sources: Vec<Source>,
    pub(crate) connected_at: Option<Instant>,
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
