//! One DTLS association: choosing a library, verifying the peer, handing out keys.
#![expect(clippy::todo, reason = "signatures first")]
#![expect(unused_variables, reason = "signatures first")]

use std::time::{Duration, Instant};

use motet_control::{DtlsRole, Fingerprint};

use crate::certificate::Certificate;
use crate::error::DtlsError;
use crate::keying::SrtpKeying;

/// A handshake that has not completed after this is given up.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest datagram that an association sends, in bytes: what every path of the Internet that carries media carries.
pub const DATAGRAM_BYTES_MAX: usize = 1200;
/// The most that one [`Dtls::send_application_data`] takes, in bytes, so that it fits one datagram.
pub const APPLICATION_DATA_BYTES_MAX: usize = 1100;

/// What an association tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The handshake completed, and the peer's certificate has an announced fingerprint.
    Connected(Box<SrtpKeying>),
    /// The peer sent this: one message of SCTP over DTLS (RFC 8261).
    ApplicationData(Vec<u8>),
    /// The peer closed the association.
    Closed,
}

/// One DTLS association.
///
/// After every `handle_*`, [`Self::send_application_data`] and [`Self::close`]: drain [`Self::poll_transmit`], then
/// [`Self::poll_event`], then ask [`Self::poll_timeout`]. An error is fatal: drain `poll_transmit` (an alert may wait
/// there) and drop the association.
pub struct Dtls {}

impl Dtls {
    /// A new association. `role` is this side's; as a client its first flight waits in [`Self::poll_transmit`] at once.
    /// `peer_fingerprints` are those that signaling announced: the peer's certificate must match one of them.
    pub fn new(
        certificate: &Certificate,
        role: DtlsRole,
        peer_fingerprints: Vec<Fingerprint>,
        now: Instant,
    ) -> Result<Self, DtlsError> {
        todo!()
    }

    /// Takes one datagram of the peer. Garbage is ignored (RFC 6347 section 4.1.2.7).
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<(), DtlsError> {
        todo!()
    }

    /// To be called at or after [`Self::poll_timeout`]; more often does no harm.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsError> {
        todo!()
    }

    /// Clears `out` and puts the next datagram to send there. `false` when there is none.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        todo!()
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }

    /// When to call [`Self::handle_timeout`] at the latest; `None` when only a datagram can bring news.
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    /// True between [`Event::Connected`] and the end.
    pub fn is_connected(&self) -> bool {
        todo!()
    }

    /// Sends one message of at most [`APPLICATION_DATA_BYTES_MAX`] bytes; only while connected.
    pub fn send_application_data(&mut self, now: Instant, data: &[u8]) -> Result<(), DtlsError> {
        todo!()
    }

    /// Tells the peer the end (`close_notify`), where there is an association to end; to be followed by draining
    /// [`Self::poll_transmit`].
    pub fn close(&mut self) {
        todo!()
    }
}

impl std::fmt::Debug for Dtls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dtls").finish_non_exhaustive()
    }
}
