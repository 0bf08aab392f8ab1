//! The door to OpenSSL: peers that offer DTLS 1.2 only, and each peer that awaits this side's hello.
//!
//! What dimpl cannot do and this can is RSA, for this side's certificate and for the peer's. OpenSSL's own cookie
//! exchange is off: ICE has proved already that the peer receives at its address.

use std::io::{self, Read, Write};
use std::time::Instant;

use motet_control::DtlsRole;
use openssl::error::ErrorStack;
use openssl::pkey::{PKeyRef, Private};
use openssl::srtp::SrtpProfileId;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslStream,
    SslVerifyMode, SslVersion,
};
use openssl::x509::{X509, X509Ref};
use zeroize::Zeroizing;

use crate::association::APPLICATION_DATA_BYTES_MAX;
use crate::door::{DATAGRAM_BYTES_MAX, DATAGRAMS_MAX, Outbox, Told};
use crate::error::DtlsError;
use crate::flight::Flight;
use crate::keying::SrtpProfile;

/// Forward secret and authenticated, the cheapest first.
const CIPHERS: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
                       ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:\
                       ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
const GROUPS: &str = "X25519:P-256:P-384";
/// AES-128 in GCM is the cheapest to fan out; with AES-256 a packet costs a twentieth more where AES is widest, and up
/// to a third more elsewhere.
const SRTP_PROFILES: &str = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";
/// RFC 5764 section 4.2.
const EXPORTER_LABEL: &str = "EXTRACTOR-dtls_srtp";

/// What is shared by all associations of one certificate.
pub(crate) fn context(certificate: &X509Ref, key: &PKeyRef<Private>) -> Result<SslContext, ErrorStack> {
    let mut builder = builder()?;
    builder.set_tlsext_use_srtp(SRTP_PROFILES)?;
    builder.set_certificate(certificate)?;
    builder.set_private_key(key)?;
    builder.check_private_key()?;
    // Certificates sign themselves here. The one that counts is known by its fingerprint, which the association checks.
    let required = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
    builder.set_verify_callback(required, |_, _| true);
    Ok(builder.build())
}

/// What is shared by all tunnels of one certificate chain. Clients are asked for no certificate, but for a cookie, which was
/// verified before OpenSSL sees it.
pub(crate) fn tunnel_context(chain: &[X509], key: &PKeyRef<Private>) -> Result<SslContext, ErrorStack> {
    let mut builder = builder()?;
    builder.set_options(SslOptions::COOKIE_EXCHANGE);
    builder.set_cookie_generate_cb(|_, cookie| {
        cookie[..1].fill(0);
        Ok(1)
    });
    builder.set_cookie_verify_cb(|_, _| true);
    let mut chain = chain.iter();
    if let Some(own) = chain.next() {
        builder.set_certificate(own)?;
    }
    for issuer in chain {
        builder.add_extra_chain_cert(issuer.clone())?;
    }
    builder.set_private_key(key)?;
    builder.check_private_key()?;
    Ok(builder.build())
}

fn builder() -> Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContextBuilder::new(SslMethod::dtls())?;
    builder.set_min_proto_version(Some(SslVersion::DTLS1_2))?;
    builder.set_max_proto_version(Some(SslVersion::DTLS1_2))?;
    builder.set_options(
        SslOptions::NO_QUERY_MTU
            | SslOptions::NO_RENEGOTIATION
            | SslOptions::NO_TICKET
            | SslOptions::NO_COMPRESSION
            | SslOptions::CIPHER_SERVER_PREFERENCE,
    );
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    // 112 bits and more, whatever the system's own configuration says.
    builder.set_security_level(2);
    builder.set_cipher_list(CIPHERS)?;
    builder.set_groups_list(GROUPS)?;
    Ok(builder)
}

/// One association.
pub(crate) struct OpensslDoor {
    purpose: Purpose,
    stream: SslStream<Datagrams>,
    flight: Flight,
    is_connected: bool,
    is_closed: bool,
    plain: Vec<u8>,
}

/// What an association is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Keys for media, between peers who know each other's certificate.
    Media,
    /// Messages of a client who is nobody.
    Tunnel,
}

impl OpensslDoor {
    /// A tunnel's end at the server, which waits for a hello.
    pub(crate) fn tunnel(context: &SslContext, outbox: &mut Outbox) -> Result<Self, DtlsError> {
        // The role of a server says nothing first, so that it needs no time.
        let mut door = Self::open(context, DtlsRole::Server)?;
        door.purpose = Purpose::Tunnel;
        door.plain = vec![0; TUNNEL_BYTES_MAX];
        door.send_outbound(outbox);
        Ok(door)
    }

    /// A DTLS 1.2 association. A client's first flight goes to `outbox` at once.
    pub(crate) fn new(
        context: &SslContext,
        role: DtlsRole,
        now: Instant,
        outbox: &mut Outbox,
    ) -> Result<Self, DtlsError> {
        let mut door = Self::open(context, role)?;
        if role == DtlsRole::Client {
            door.go_on(now, outbox)?;
        }
        Ok(door)
    }

    fn open(context: &SslContext, role: DtlsRole) -> Result<Self, DtlsError> {
        let mut ssl = Ssl::new(context).map_err(setup)?;
        match role {
            DtlsRole::Client => ssl.set_connect_state(),
            DtlsRole::Server => ssl.set_accept_state(),
        }
        ssl.set_mtu(DATAGRAM_BYTES_MAX as u32).map_err(setup)?;
        let stream = SslStream::new(ssl, Datagrams::default()).map_err(setup)?;
        let plain = vec![0; PLAIN_BYTES_MAX];
        let (purpose, flight) = (Purpose::Media, Flight::default());
        Ok(Self { purpose, stream, flight, is_connected: false, is_closed: false, plain })
    }

    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        datagram: &[u8],
        outbox: &mut Outbox,
    ) -> Result<(), DtlsError> {
        let pending = &mut self.stream.get_mut().inbound;
        pending.clear();
        pending.extend(datagram);
        self.go_on(now, outbox)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, outbox: &mut Outbox) -> Result<(), DtlsError> {
        if self.flight.resend_at().is_none_or(|at| now < at) {
            return Ok(());
        }
        let result = self.shake_hands(outbox);
        let afresh = self.stream.get_mut().take_outbound();
        self.flight.resend(now, afresh, outbox);
        result
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.flight.resend_at()
    }

    pub(crate) fn send(&mut self, _now: Instant, data: &[u8], outbox: &mut Outbox) -> Result<(), DtlsError> {
        forget_errors();
        let result = self.stream.ssl_write(data).map(|_| ()).map_err(failed);
        self.send_outbound(outbox);
        result
    }

    pub(crate) fn close(&mut self, outbox: &mut Outbox) {
        if self.is_connected && !self.is_closed {
            forget_errors();
            // An error means that there is no association to close.
            let _ = self.stream.shutdown();
            self.send_outbound(outbox);
        }
        self.flight.end();
    }

    /// Has OpenSSL read what is pending and say what it has to say.
    fn go_on(&mut self, now: Instant, outbox: &mut Outbox) -> Result<(), DtlsError> {
        if !self.is_connected {
            let result = self.shake_hands(outbox);
            let datagrams = self.stream.get_mut().take_outbound();
            if result.is_err() || self.is_connected {
                self.flight.send_once(datagrams, outbox);
                self.flight.end();
            } else if !datagrams.is_empty() {
                self.flight.begin(now, datagrams, outbox);
            }
            result?;
        }
        if self.is_connected { self.read(outbox) } else { Ok(()) }
    }

    fn shake_hands(&mut self, outbox: &mut Outbox) -> Result<(), DtlsError> {
        forget_errors();
        match self.stream.do_handshake() {
            Ok(()) => {
                self.is_connected = true;
                self.tell_connected(outbox)
            }
            Err(error) if wants_more(&error) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    fn tell_connected(&mut self, outbox: &mut Outbox) -> Result<(), DtlsError> {
        if self.purpose == Purpose::Tunnel {
            outbox.tell(Told::Connected);
            return Ok(());
        }
        let ssl = self.stream.ssl();
        let certificate = ssl.peer_certificate().ok_or(DtlsError::NoCertificate)?;
        outbox.tell(Told::PeerCertificate(certificate.to_der().map_err(setup)?));
        let selected = ssl.selected_srtp_profile().and_then(|profile| known_profile(profile.id()));
        let profile = selected.ok_or(DtlsError::NoSrtpProfile)?;
        let (key_len, salt_len) = profile.key_and_salt_len();
        let mut material = Zeroizing::new(vec![0; 2 * (key_len + salt_len)]);
        ssl.export_keying_material(&mut material, EXPORTER_LABEL, None).map_err(setup)?;
        outbox.tell(Told::Keying(profile, material));
        Ok(())
    }

    /// Reads messages until OpenSSL wants another datagram. A repeated Finished of the peer has it repeat its own.
    fn read(&mut self, outbox: &mut Outbox) -> Result<(), DtlsError> {
        let result = loop {
            forget_errors();
            match self.stream.ssl_read(&mut self.plain) {
                Ok(len) => outbox.tell(Told::ApplicationData(self.plain[..len].to_vec())),
                Err(error) if wants_more(&error) => break Ok(()),
                Err(error) if error.code() == ErrorCode::ZERO_RETURN => {
                    if !std::mem::replace(&mut self.is_closed, true) {
                        outbox.tell(Told::Closed);
                    }
                    break Ok(());
                }
                Err(error) => break Err(failed(error)),
            }
        };
        self.send_outbound(outbox);
        result
    }

    fn send_outbound(&mut self, outbox: &mut Outbox) {
        let datagrams = self.stream.get_mut().take_outbound();
        self.flight.send_once(datagrams, outbox);
    }
}

/// The largest message read whole; what is longer comes in pieces. A peer's datagrams are of the size of this side's.
const PLAIN_BYTES_MAX: usize = 2048;
/// The largest message read whole from a tunnel: what one record may hold (RFC 6347 section 4.1).
const TUNNEL_BYTES_MAX: usize = 1 << 14;
const _: () = assert!(PLAIN_BYTES_MAX > APPLICATION_DATA_BYTES_MAX);

/// What OpenSSL takes for a socket: each read takes one whole datagram, each write makes one.
#[derive(Default)]
struct Datagrams {
    /// Empty when there is none.
    inbound: Vec<u8>,
    outbound: Vec<Vec<u8>>,
}

impl Datagrams {
    fn take_outbound(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.outbound)
    }
}

impl Read for Datagrams {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.inbound.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = self.inbound.len().min(buffer.len());
        buffer[..len].copy_from_slice(&self.inbound[..len]);
        self.inbound.clear();
        Ok(len)
    }
}

impl Write for Datagrams {
    fn write(&mut self, datagram: &[u8]) -> io::Result<usize> {
        if self.outbound.len() < DATAGRAMS_MAX {
            self.outbound.push(datagram.to_vec());
        }
        Ok(datagram.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// OpenSSL looks at its thread's queue of errors to tell how a call went: what another call left there must not count.
fn forget_errors() {
    let _ = ErrorStack::get();
}

/// Whether nothing worse happened than that a datagram is used up. OpenSSL 3.0 claims an end of the stream, with no error
/// to name, when a protected record is too short to be opened; such records are to be ignored (RFC 6347 section
/// 4.1.2.7), and after it OpenSSL goes on as if it had.
fn wants_more(error: &openssl::ssl::Error) -> bool {
    let has_no_cause = error.ssl_error().is_none() && error.io_error().is_none();
    error.code() == ErrorCode::WANT_READ || (error.code() == ErrorCode::SYSCALL && has_no_cause)
}

fn known_profile(id: SrtpProfileId) -> Option<SrtpProfile> {
    match id {
        SrtpProfileId::SRTP_AEAD_AES_256_GCM => Some(SrtpProfile::AeadAes256Gcm),
        SrtpProfileId::SRTP_AEAD_AES_128_GCM => Some(SrtpProfile::AeadAes128Gcm),
        SrtpProfileId::SRTP_AES128_CM_SHA1_80 => Some(SrtpProfile::Aes128CmSha1_80),
        _ => None,
    }
}

fn setup(error: ErrorStack) -> DtlsError {
    DtlsError::Setup(error.to_string())
}

fn failed(error: openssl::ssl::Error) -> DtlsError {
    DtlsError::Handshake(error.to_string())
}
