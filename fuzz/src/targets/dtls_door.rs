//! DTLS: whoever has no keys gets no connection, ends none that others have, and makes nothing grow.

use std::sync::OnceLock;
use std::time::Instant;

use motet_control::{DtlsRole, FingerprintHash};
use motet_dtls::{Certificate, DATAGRAM_BYTES_MAX, DATAGRAMS_MAX, Dtls, Event};

/// Takes the first byte as the state to begin from and the rest as datagrams, each after its length in two bytes; a length
/// of 0 lets time pass instead.
pub fn dtls_door(data: &[u8]) {
    let Some((state, mut datagrams)) = data.split_first() else { return };
    let now = Instant::now();
    let mut begun = begin(state % 4, now);
    while let Some((length, rest)) = datagrams.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (datagram, rest) = rest.split_at(length);
        datagrams = rest;
        begun.give(datagram);
    }
}

/// An association somewhere in its life.
struct Begun {
    dtls: Dtls,
    is_connected: bool,
    has_failed: bool,
    now: Instant,
}

impl Begun {
    fn give(&mut self, datagram: &[u8]) {
        let result = if datagram.is_empty() {
            self.now = self.dtls.poll_timeout().unwrap_or(self.now);
            self.dtls.handle_timeout(self.now)
        } else {
            self.dtls.handle_datagram(self.now, datagram)
        };
        if let Err(error) = result {
            assert!(!self.is_connected, "ended from outside: {error}");
            assert!(!self.has_failed, "it ends once");
            assert!(error.reason().starts_with("dtls_"));
            self.has_failed = true;
        }
        let mut out = Vec::new();
        for count in 0.. {
            if !self.dtls.poll_transmit(&mut out) {
                break;
            }
            assert!(count < DATAGRAMS_MAX && out.len() <= DATAGRAM_BYTES_MAX);
        }
        assert_eq!(self.dtls.poll_event(), None, "nothing is told by who has no keys");
        assert_eq!(self.dtls.is_connected(), self.is_connected);
    }
}

/// 0: a server; 1: a client; 2: a server that has answered a hello; 3: a connected server.
fn begin(state: u8, now: Instant) -> Begun {
    let certificate = certificate();
    let fingerprints = || vec![certificate.fingerprint(FingerprintHash::Sha256)];
    let new = |role| Dtls::new(certificate, role, fingerprints(), now).expect("the certificate serves both roles");
    let role = if state == 1 { DtlsRole::Client } else { DtlsRole::Server };
    let mut dtls = new(role);
    if state >= 2 {
        let mut peer = new(DtlsRole::Client);
        pass(&mut peer, &mut dtls, now);
        while state == 3 && !dtls.is_connected() {
            pass(&mut dtls, &mut peer, now);
            pass(&mut peer, &mut dtls, now);
        }
    }
    while dtls.poll_transmit(&mut Vec::new()) {}
    let is_connected = matches!(dtls.poll_event(), Some(Event::Connected(_)));
    assert_eq!(is_connected, state == 3);
    Begun { dtls, is_connected, has_failed: false, now }
}

fn pass(from: &mut Dtls, to: &mut Dtls, now: Instant) {
    let mut datagram = Vec::new();
    while from.poll_transmit(&mut datagram) {
        to.handle_datagram(now, &datagram).expect("these two understand each other");
    }
}

fn certificate() -> &'static Certificate {
    static CERTIFICATE: OnceLock<Certificate> = OnceLock::new();
    CERTIFICATE.get_or_init(|| Certificate::generate().expect("a certificate can be generated"))
}
