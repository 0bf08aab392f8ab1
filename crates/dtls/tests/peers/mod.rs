//! Peers to shake hands with, and a network between two of them under simulated time.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test binary uses its part")]

mod dimpl_peer;
mod openssl_peer;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use motet_control::{DtlsRole, Fingerprint, FingerprintHash};
use motet_dtls::{Certificate, Dtls, DtlsError, Event, SrtpKeying, SrtpProfile};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Builder, X509NameBuilder};

pub use dimpl_peer::{DimplPeer, Offer};
pub use openssl_peer::OpensslPeer;

/// One end of a handshake.
pub trait Peer {
    fn receive(&mut self, now: Instant, datagram: &[u8]);
    fn tick(&mut self, now: Instant);
    fn next_tick(&self) -> Option<Instant>;
    fn send(&mut self, out: &mut Vec<u8>) -> bool;
    /// What the handshake yielded.
    fn keys(&self) -> Option<Keys>;
    /// Messages that came.
    fn messages(&self) -> Vec<Vec<u8>>;
    fn say(&mut self, now: Instant, message: &[u8]);
}

/// The profile and, in the exporter's order, client key, server key, client salt, server salt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys(pub SrtpProfile, pub Vec<u8>);

/// The door under test.
pub struct Ours {
    pub dtls: Dtls,
    pub role: DtlsRole,
    pub events: Vec<Event>,
    pub error: Option<DtlsError>,
}

impl Ours {
    pub fn new(certificate: &Certificate, role: DtlsRole, peer: &Fingerprint, now: Instant) -> Self {
        let dtls = Dtls::new(certificate, role, vec![peer.clone()], now).unwrap();
        Self { dtls, role, events: Vec::new(), error: None }
    }

    pub fn keying(&self) -> Option<&SrtpKeying> {
        self.events.iter().find_map(|event| match event {
            Event::Connected(keying) => Some(&**keying),
            _ => None,
        })
    }

    fn note(&mut self, result: Result<(), DtlsError>) {
        self.error = self.error.take().or(result.err());
        while let Some(event) = self.dtls.poll_event() {
            self.events.push(event);
        }
    }
}

impl Peer for Ours {
    fn receive(&mut self, now: Instant, datagram: &[u8]) {
        let result = self.dtls.handle_datagram(now, datagram);
        self.note(result);
    }

    fn tick(&mut self, now: Instant) {
        let result = self.dtls.handle_timeout(now);
        self.note(result);
    }

    fn next_tick(&self) -> Option<Instant> {
        self.dtls.poll_timeout()
    }

    fn send(&mut self, out: &mut Vec<u8>) -> bool {
        self.dtls.poll_transmit(out)
    }

    fn keys(&self) -> Option<Keys> {
        let keying = self.keying()?;
        let (client, server) = match self.role {
            DtlsRole::Client => (&keying.local, &keying.remote),
            DtlsRole::Server => (&keying.remote, &keying.local),
        };
        let parts = [&client.key, &server.key, &client.salt, &server.salt];
        Some(Keys(keying.profile, parts.into_iter().flat_map(|part| part.to_vec()).collect()))
    }

    fn messages(&self) -> Vec<Vec<u8>> {
        let messages = self.events.iter().filter_map(|event| match event {
            Event::ApplicationData(message) => Some(message.clone()),
            _ => None,
        });
        messages.collect()
    }

    fn say(&mut self, now: Instant, message: &[u8]) {
        self.dtls.send_application_data(now, message).unwrap();
    }
}

/// A certificate with its key, known to peers and to the door.
pub struct Identity {
    pub x509: X509,
    pub key: PKey<Private>,
}

impl Identity {
    pub fn ecdsa() -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        Self::of(PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    }

    /// As GStreamer's.
    pub fn rsa() -> Self {
        Self::of(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
    }

    pub fn of(key: PKey<Private>) -> Self {
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("CN", "peer").unwrap();
        let name = name.build();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(&name).unwrap();
        builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { x509: builder.build(), key }
    }

    pub fn certificate(&self) -> Certificate {
        let pem = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let key = pem(self.key.private_key_to_pem_pkcs8().unwrap());
        Certificate::from_pem(&pem(self.x509.to_pem().unwrap()), &key).unwrap()
    }

    pub fn fingerprint(&self) -> Fingerprint {
        let digest = self.x509.digest(MessageDigest::sha256()).unwrap().to_vec();
        Fingerprint { hash: FingerprintHash::Sha256, digest }
    }
}

/// Which datagrams get lost: called with whether the first peer sent it, and its number among that peer's.
pub type Loss<'a> = &'a mut dyn FnMut(bool, usize) -> bool;

/// Passes datagrams and time until both have keys and nothing is under way, or `for_at_most` is over. Returns the time.
pub fn run(
    first: &mut dyn Peer,
    second: &mut dyn Peer,
    start: Instant,
    for_at_most: Duration,
    loss: Loss<'_>,
) -> Instant {
    let mut now = start;
    let mut sent = [0, 0];
    loop {
        pass_all(first, second, now, &mut sent, loss);
        let ticks = [first.next_tick(), second.next_tick()];
        let both_done = first.keys().is_some() && second.keys().is_some();
        let Some(next) =
            ticks.into_iter().flatten().min().filter(|at| !both_done && *at <= start + for_at_most)
        else {
            return now;
        };
        now = now.max(next);
        first.tick(now);
        second.tick(now);
    }
}

fn pass_all(
    first: &mut dyn Peer,
    second: &mut dyn Peer,
    now: Instant,
    sent: &mut [usize; 2],
    loss: Loss<'_>,
) {
    let mut on_the_way = VecDeque::new();
    loop {
        let mut survivors = |is_first: bool, peer: &mut dyn Peer, count: &mut usize| {
            let mut datagram = Vec::new();
            while peer.send(&mut datagram) {
                assert!(datagram.len() <= motet_dtls::DATAGRAM_BYTES_MAX, "{} bytes", datagram.len());
                if !loss(is_first, *count) {
                    on_the_way.push_back((is_first, std::mem::take(&mut datagram)));
                }
                *count += 1;
            }
        };
        survivors(true, first, &mut sent[0]);
        survivors(false, second, &mut sent[1]);
        match on_the_way.pop_front() {
            Some((true, datagram)) => second.receive(now, &datagram),
            Some((false, datagram)) => first.receive(now, &datagram),
            None => return,
        }
    }
}

/// As [`run`], for half a minute without loss, and both must agree on keys and hear each other.
pub fn connect(first: &mut dyn Peer, second: &mut dyn Peer) -> Keys {
    let now = run(first, second, Instant::now(), Duration::from_secs(30), &mut |_, _| false);
    let keys = first.keys().expect("the first peer has keys");
    assert_eq!(Some(&keys), second.keys().as_ref());
    assert_eq!(keys.1.len(), 2 * (keys.0.key_and_salt_len().0 + keys.0.key_and_salt_len().1));

    first.say(now, b"hello");
    second.say(now, &[7; motet_dtls::APPLICATION_DATA_BYTES_MAX]);
    run(first, second, now, Duration::ZERO, &mut |_, _| false);
    assert_eq!(second.messages(), [b"hello"]);
    assert_eq!(first.messages(), [[7; motet_dtls::APPLICATION_DATA_BYTES_MAX]]);
    keys
}
