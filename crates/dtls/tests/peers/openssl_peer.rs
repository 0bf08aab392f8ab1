//! OpenSSL set up as GStreamer and aiortc do, not through the door.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::time::Instant;

use motet_control::DtlsRole;
use motet_dtls::SrtpProfile;
use openssl::ssl::{Ssl, SslContextBuilder, SslMethod, SslOptions, SslStream, SslVerifyMode};

use super::{Identity, Keys, Peer};

pub struct OpensslPeer {
    stream: SslStream<Pipe>,
    keys: Option<Keys>,
    messages: Vec<Vec<u8>>,
    pub error: Option<String>,
}

#[derive(Default)]
struct Pipe {
    inbound: VecDeque<Vec<u8>>,
    outbound: VecDeque<Vec<u8>>,
}

impl OpensslPeer {
    pub fn new(identity: Option<&Identity>, role: DtlsRole) -> Self {
        let profiles = "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM";
        Self::with_profiles(identity, role, Some(profiles))
    }

    pub fn with_profiles(identity: Option<&Identity>, role: DtlsRole, profiles: Option<&str>) -> Self {
        Self::build(identity, role, profiles, &[])
    }

    /// With so many application protocols offered, each after its length.
    pub fn with_protocols(identity: &Identity, role: DtlsRole, protocols: &[u8]) -> Self {
        Self::build(Some(identity), role, Some("SRTP_AEAD_AES_128_GCM"), protocols)
    }

    fn build(identity: Option<&Identity>, role: DtlsRole, profiles: Option<&str>, protocols: &[u8]) -> Self {
        let mut builder = SslContextBuilder::new(SslMethod::dtls()).unwrap();
        builder.set_verify_callback(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT, |_, _| true);
        if let Some(profiles) = profiles {
            builder.set_tlsext_use_srtp(profiles).unwrap();
        }
        builder.set_options(SslOptions::NO_QUERY_MTU);
        if !protocols.is_empty() {
            builder.set_alpn_protos(protocols).unwrap();
        }
        if let Some(identity) = identity {
            builder.set_certificate(&identity.x509).unwrap();
            builder.set_private_key(&identity.key).unwrap();
        }
        let mut ssl = Ssl::new(&builder.build()).unwrap();
        match role {
            DtlsRole::Client => ssl.set_connect_state(),
            DtlsRole::Server => ssl.set_accept_state(),
        }
        ssl.set_mtu(1200).unwrap();
        let stream = SslStream::new(ssl, Pipe::default()).unwrap();
        let mut peer = Self { stream, keys: None, messages: Vec::new(), error: None };
        peer.go_on();
        peer
    }

    fn go_on(&mut self) {
        if self.keys.is_none() && self.error.is_none() {
            match self.stream.do_handshake() {
                Ok(()) => self.keys = self.export(),
                Err(error) if error.io_error().is_some() => return,
                Err(error) => self.error = Some(error.to_string()),
            }
        }
        let mut buffer = [0; 2000];
        while let Ok(len) = self.stream.ssl_read(&mut buffer) {
            self.messages.push(buffer[..len].to_vec());
        }
    }

    fn export(&self) -> Option<Keys> {
        let ssl = self.stream.ssl();
        let profile = match ssl.selected_srtp_profile()?.name() {
            "SRTP_AEAD_AES_128_GCM" => SrtpProfile::AeadAes128Gcm,
            "SRTP_AEAD_AES_256_GCM" => SrtpProfile::AeadAes256Gcm,
            "SRTP_AES128_CM_SHA1_80" => SrtpProfile::Aes128CmSha1_80,
            name => panic!("{name}"),
        };
        let (key, salt) = profile.key_and_salt_len();
        let mut exported = vec![0; 2 * (key + salt)];
        ssl.export_keying_material(&mut exported, "EXTRACTOR-dtls_srtp", None).unwrap();
        Some(Keys(profile, exported))
    }

    pub fn shut_down(&mut self) {
        self.stream.shutdown().unwrap();
    }
}

impl Peer for OpensslPeer {
    fn receive(&mut self, _now: Instant, datagram: &[u8]) {
        self.stream.get_mut().inbound.push_back(datagram.to_vec());
        self.go_on();
    }

    fn tick(&mut self, _now: Instant) {
        self.go_on();
    }

    fn next_tick(&self) -> Option<Instant> {
        None
    }

    fn send(&mut self, out: &mut Vec<u8>) -> bool {
        self.stream.get_mut().outbound.pop_front().map(|datagram| *out = datagram).is_some()
    }

    fn keys(&self) -> Option<Keys> {
        self.keys.clone()
    }

    fn messages(&self) -> Vec<Vec<u8>> {
        self.messages.clone()
    }

    fn say(&mut self, _now: Instant, message: &[u8]) {
        self.stream.ssl_write(message).unwrap();
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let datagram = self.inbound.pop_front().ok_or(io::ErrorKind::WouldBlock)?;
        buffer[..datagram.len()].copy_from_slice(&datagram);
        Ok(datagram.len())
    }
}

impl Write for Pipe {
    fn write(&mut self, datagram: &[u8]) -> io::Result<usize> {
        self.outbound.push_back(datagram.to_vec());
        Ok(datagram.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
