//! What both libraries look like from inside: datagrams and the time in, an [`Outbox`] filled.

use std::collections::VecDeque;
use std::time::Instant;

use zeroize::Zeroizing;

use crate::dimpl_door::DimplDoor;
use crate::error::DtlsError;
use crate::gate::Version;
use crate::keying::SrtpProfile;
use crate::openssl_door::OpensslDoor;

/// The largest datagram that an association sends, in bytes: what every path of the Internet that carries media carries.
pub const DATAGRAM_BYTES_MAX: usize = 1200;
/// The most datagrams that wait to be sent. A flight has ten at most; more wait only when the caller does not drain, and
/// then the newest are dropped, as if the network had.
pub const DATAGRAMS_MAX: usize = 64;
/// The most messages that wait to be read; one datagram holds fewer. When the caller does not drain, the newest are
/// dropped: SCTP sends them again.
pub const MESSAGES_MAX: usize = 256;

/// One library's association.
pub(crate) enum Door {
    Dimpl(Box<DimplDoor>),
    Openssl(Box<OpensslDoor>),
}

/// What a library tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// The peer proved to own the key of this certificate (DER). Comes before `Keying`.
    PeerCertificate(Vec<u8>),
    /// The handshake ended. The exporter's output as RFC 5764 section 4.2 orders it: client key, server key, client
    /// salt, server salt.
    Keying(SrtpProfile, Zeroizing<Vec<u8>>),
    /// The handshake of a tunnel ended: nobody is to be known, and nothing to be keyed.
    Connected,
    /// A message.
    ApplicationData(Vec<u8>),
    /// The peer closed the association.
    Closed,
}

/// What waits to leave an association.
#[derive(Default)]
pub(crate) struct Outbox {
    datagrams: VecDeque<Vec<u8>>,
    /// Emptied datagrams, to be filled again.
    spare: Vec<Vec<u8>>,
    pub(crate) told: VecDeque<Told>,
}

impl Outbox {
    pub(crate) fn send(&mut self, datagram: &[u8]) {
        if self.datagrams.len() == DATAGRAMS_MAX {
            return;
        }
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.clear();
        copy.extend(datagram);
        self.datagrams.push_back(copy);
    }

    pub(crate) fn tell(&mut self, told: Told) {
        if self.told.len() < MESSAGES_MAX || !matches!(told, Told::ApplicationData(_)) {
            self.told.push_back(told);
        }
    }

    /// Swaps the next datagram into `out`.
    pub(crate) fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(mut datagram) = self.datagrams.pop_front() else { return false };
        std::mem::swap(out, &mut datagram);
        self.spare.push(datagram);
        self.spare.truncate(DATAGRAMS_MAX);
        true
    }

    /// How much waits: datagrams, and what is told.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.datagrams.len(), self.told.len())
    }

    /// How many datagrams wait.
    pub(crate) fn waiting(&self) -> usize {
        self.datagrams.len()
    }
}

impl Door {
    pub(crate) fn version(&self) -> Version {
        match self {
            Self::Dimpl(_) => Version::V1_3,
            Self::Openssl(_) => Version::V1_2,
        }
    }

    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        datagram: &[u8],
        outbox: &mut Outbox,
    ) -> Result<(), DtlsError> {
        match self {
            Self::Dimpl(door) => door.handle_datagram(now, datagram, outbox),
            Self::Openssl(door) => door.handle_datagram(now, datagram, outbox),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, outbox: &mut Outbox) -> Result<(), DtlsError> {
        match self {
            Self::Dimpl(door) => door.handle_timeout(now, outbox),
            Self::Openssl(door) => door.handle_timeout(now, outbox),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Dimpl(door) => door.poll_timeout(),
            Self::Openssl(door) => door.poll_timeout(),
        }
    }

    pub(crate) fn send(&mut self, now: Instant, data: &[u8], outbox: &mut Outbox) -> Result<(), DtlsError> {
        match self {
            Self::Dimpl(door) => door.send(now, data, outbox),
            Self::Openssl(door) => door.send(now, data, outbox),
        }
    }

    pub(crate) fn close(&mut self, outbox: &mut Outbox) {
        match self {
            Self::Dimpl(door) => door.close(outbox),
            Self::Openssl(door) => door.close(outbox),
        }
    }
}
