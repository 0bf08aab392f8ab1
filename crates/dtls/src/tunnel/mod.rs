//! DTLS as a tunnel for datagrams, not for media's keys: what a TURN server offers to clients (RFC 7350, RFC 8656 section
//! 3.1). Clients show no certificate and are strangers until they have proved that they receive at their address.

mod verify;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_control::DtlsRole;
use openssl::pkey::PKey;
use openssl::ssl::SslContext;
use openssl::x509::X509;

use crate::door::{Outbox, Told};
use crate::error::{CertificateError, DtlsError};
use crate::gate::{Gate, Version};
use crate::openssl_door::{self, OpensslDoor};

/// A handshake that has not completed after this is given up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// What all tunnels of a server have in common. Cheap to clone.
#[derive(Clone)]
pub struct TunnelServer {
    context: SslContext,
    cookie_key: Arc<verify::CookieKey>,
}

/// What comes of a datagram from an address that has no tunnel.
pub enum FirstDatagram {
    /// Nothing: it is no hello, or none that is understood.
    Nothing,
    /// Send this back, shorter than what came: who repeats it receives at its address. Nothing is remembered.
    Verify(Vec<u8>),
    /// The client receives at its address: a handshake has begun.
    Begin(Box<Tunnel>),
    /// The client receives at its address, and cannot be served: it offers nothing newer than DTLS 1.0, which RFC 8996 forbids,
    /// or no cipher that is good enough. Send this back, so that it knows.
    Refuse(Vec<u8>),
}

impl TunnelServer {
    /// From a PEM certificate chain and its private key. `cookie_key` is a secret that all who may hear the same client
    /// share.
    ///
    /// # Errors
    /// Where either cannot be read, or they do not belong together.
    pub fn from_pem(chain: &str, private_key: &str, cookie_key: [u8; 32]) -> Result<Self, CertificateError> {
        let bad = |error: openssl::error::ErrorStack| CertificateError::BadPem(error.to_string());
        let chain = X509::stack_from_pem(chain.as_bytes()).map_err(bad)?;
        let no_password = |_: &mut [u8]| Err(openssl::error::ErrorStack::get());
        let key = PKey::private_key_from_pem_callback(private_key.as_bytes(), no_password).map_err(bad)?;
        let context = openssl_door::tunnel_context(&chain, &key).map_err(bad)?;
        Ok(Self { context, cookie_key: Arc::new(verify::CookieKey::new(cookie_key)) })
    }

    /// Takes a datagram from an address that has no tunnel. `unix_s`: the time in seconds, by which cookies expire.
    pub fn handle_first(
        &self,
        now: Instant,
        unix_s: u64,
        from: SocketAddr,
        datagram: &[u8],
    ) -> FirstDatagram {
        let Some(hello) = verify::ClientHello::read(datagram) else { return FirstDatagram::Nothing };
        if !self.cookie_key.verifies(unix_s, from, &hello) {
            return match hello.is_first() {
                true => FirstDatagram::Verify(self.cookie_key.ask(unix_s, from, &hello)),
                false => FirstDatagram::Nothing,
            };
        }
        match Tunnel::begin(&self.context, now, &hello.without_cookie(), datagram) {
            Ok(tunnel) => FirstDatagram::Begin(Box::new(tunnel)),
            Err(alert) if alert.is_empty() => FirstDatagram::Nothing,
            Err(alert) => FirstDatagram::Refuse(alert),
        }
    }
}

/// One client's tunnel.
///
/// After [`TunnelServer::handle_first`] and every `handle_*` and `send`: drain [`Self::poll_transmit`]; after every
/// [`Self::handle_datagram`] drain [`Self::poll_data`] too. An error is fatal: drain `poll_transmit` and drop it.
pub struct Tunnel {
    door: OpensslDoor,
    gate: Gate,
    outbox: Outbox,
    deadline: Option<Instant>,
    is_closed: bool,
}

impl Tunnel {
    /// OpenSSL answers the hello without a cookie as if it were the first to ask for one, and the one with it as the client's
    /// answer to that.
    ///
    /// # Errors
    /// Where OpenSSL does not go on: the alert that says why, or nothing.
    fn begin(context: &SslContext, now: Instant, first: &[u8], second: &[u8]) -> Result<Self, Vec<u8>> {
        let mut outbox = Outbox::default();
        let mut said = Vec::new();
        let mut door = OpensslDoor::tunnel(context, &mut outbox).map_err(|_| Vec::new())?;
        let mut begun = door.handle_datagram(now, first, &mut outbox);
        if begun.is_ok() {
            // The client has been asked already.
            while outbox.poll_transmit(&mut said) {}
            begun = door.handle_datagram(now, second, &mut outbox);
        }
        if begun.is_err() {
            said.clear();
            outbox.poll_transmit(&mut said);
            return Err(said);
        }
        let gate = Gate::new(Version::V1_2, DtlsRole::Server);
        Ok(Self { door, gate, outbox, deadline: Some(now + HANDSHAKE_TIMEOUT), is_closed: false })
    }

    /// Takes one datagram of the client. Garbage is ignored (RFC 6347 section 4.1.2.7).
    ///
    /// # Errors
    /// Where the handshake failed or the association cannot go on.
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<(), DtlsError> {
        match self.gate.admit(datagram, self.deadline.is_none()) {
            [] => Ok(()),
            admitted => self.door.handle_datagram(now, admitted, &mut self.outbox),
        }
    }

    /// To be called at or after [`Self::poll_timeout`].
    ///
    /// # Errors
    /// Where the handshake takes too long.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsError> {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Err(DtlsError::Timeout);
        }
        self.door.handle_timeout(now, &mut self.outbox)
    }

    /// When to call [`Self::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.deadline, self.door.poll_timeout()].into_iter().flatten().min()
    }

    /// Clears `out` and puts the next datagram to send there. `false` when there is none.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        self.outbox.poll_transmit(out)
    }

    /// The next message that the client sent.
    pub fn poll_data(&mut self) -> Option<Vec<u8>> {
        loop {
            match self.outbox.told.pop_front()? {
                Told::ApplicationData(data) => return Some(data),
                Told::Connected => self.deadline = None,
                Told::Closed => self.is_closed = true,
                Told::PeerCertificate(_) | Told::Keying(..) => {}
            }
        }
    }

    /// Whether the client has ended it.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Seals one message into one datagram.
    ///
    /// # Errors
    /// Before the handshake has completed, and where the message is too long.
    pub fn send(&mut self, now: Instant, message: &[u8]) -> Result<(), DtlsError> {
        if self.deadline.is_some() {
            return Err(DtlsError::BadState("nothing can be sent before the handshake has completed"));
        }
        self.door.send(now, message, &mut self.outbox)
    }

    /// Tells the client the end; to be followed by draining [`Self::poll_transmit`].
    pub fn close(&mut self) {
        self.door.close(&mut self.outbox);
    }
}
