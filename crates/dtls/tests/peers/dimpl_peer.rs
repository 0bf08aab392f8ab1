//! dimpl set up as str0m does, not through the door.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, Dtls, DtlsCertificate, Output};
use motet_control::DtlsRole;
use motet_dtls::SrtpProfile;

use super::{Identity, Keys, Peer};

/// Which hello a client sends, or which a server takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    V1_2,
    V1_3,
    Both,
}

pub struct DimplPeer {
    dtls: Dtls,
    outbound: VecDeque<Vec<u8>>,
    next_tick: Option<Instant>,
    profile_and_keys: Option<Keys>,
    messages: Vec<Vec<u8>>,
    pub error: Option<String>,
    pub is_closed: bool,
}

impl DimplPeer {
    pub fn new(identity: &Identity, role: DtlsRole, offer: Offer, now: Instant) -> Self {
        Self::with_mtu(identity, role, offer, 1200, now)
    }

    pub fn with_mtu(identity: &Identity, role: DtlsRole, offer: Offer, mtu: usize, now: Instant) -> Self {
        let config = Config::builder()
            .mtu(mtu)
            .flight_start_rto(Duration::from_millis(300))
            .flight_retries(8)
            .build()
            .unwrap();
        let certificate = DtlsCertificate {
            certificate: identity.x509.to_der().unwrap(),
            private_key: identity.key.private_key_to_pkcs8().unwrap(),
        };
        let new = match offer {
            Offer::V1_2 => Dtls::new_12,
            Offer::V1_3 => Dtls::new_13,
            Offer::Both => Dtls::new_auto,
        };
        let mut dtls = new(Arc::new(config), certificate, now);
        dtls.set_active(role == DtlsRole::Client);
        let mut peer = Self {
            dtls,
            outbound: VecDeque::new(),
            next_tick: None,
            profile_and_keys: None,
            messages: Vec::new(),
            error: None,
            is_closed: false,
        };
        peer.tick(now);
        peer
    }

    pub fn close(&mut self) {
        self.dtls.close().unwrap();
        self.drain();
    }

    fn note(&mut self, result: Result<(), dimpl::Error>) {
        if let Err(error) = result {
            self.error = Some(error.to_string());
            self.next_tick = None;
        } else {
            self.drain();
        }
    }

    fn drain(&mut self) {
        let mut buffer = vec![0; 4000];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(datagram) => self.outbound.push_back(datagram.to_vec()),
                Output::Timeout(at) => {
                    self.next_tick = Some(at);
                    return;
                }
                Output::KeyingMaterial(material, profile) => {
                    let profile = match profile {
                        dimpl::SrtpProfile::AEAD_AES_128_GCM => SrtpProfile::AeadAes128Gcm,
                        dimpl::SrtpProfile::AEAD_AES_256_GCM => SrtpProfile::AeadAes256Gcm,
                        _ => SrtpProfile::Aes128CmSha1_80,
                    };
                    self.profile_and_keys = Some(Keys(profile, material.to_vec()));
                }
                Output::ApplicationData(message) => self.messages.push(message.to_vec()),
                Output::CloseNotify => self.is_closed = true,
                _ => {}
            }
        }
    }
}

impl Peer for DimplPeer {
    fn receive(&mut self, now: Instant, datagram: &[u8]) {
        if self.error.is_none() {
            let result = self.dtls.handle_timeout(now).and_then(|()| self.dtls.handle_packet(datagram));
            self.note(result);
        }
    }

    fn tick(&mut self, now: Instant) {
        if self.error.is_none() {
            let result = self.dtls.handle_timeout(now);
            self.note(result);
        }
    }

    fn next_tick(&self) -> Option<Instant> {
        self.next_tick
    }

    fn send(&mut self, out: &mut Vec<u8>) -> bool {
        self.outbound.pop_front().map(|datagram| *out = datagram).is_some()
    }

    fn keys(&self) -> Option<Keys> {
        self.profile_and_keys.clone()
    }

    fn messages(&self) -> Vec<Vec<u8>> {
        self.messages.clone()
    }

    fn say(&mut self, now: Instant, message: &[u8]) {
        self.dtls.handle_timeout(now).unwrap();
        self.dtls.send_application_data(message).unwrap();
        self.drain();
    }
}
