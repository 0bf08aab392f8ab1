//! The door to dimpl: peers that offer DTLS 1.3, this side being the server.
//!
//! dimpl's own cookie exchange is off: it proves that the peer receives at its address, which ICE has proved already,
//! and costs a round trip.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Config, DtlsCertificate, Output};
use zeroize::Zeroizing;

use crate::association::HANDSHAKE_TIMEOUT;
use crate::door::{DATAGRAM_BYTES_MAX, Outbox, Told};
use crate::error::DtlsError;
use crate::flight::RESEND_AFTER;
use crate::keying::SrtpProfile;

/// Enough doublings of [`RESEND_AFTER`] that the handshake's deadline, not this, ends the attempts: an injector can use
/// some of them up.
const RETRIES: usize = 12;
/// dimpl names a time years ahead when it waits for nothing.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// What is shared by all associations of one certificate.
#[derive(Clone)]
pub(crate) struct DimplSetup {
    config: Arc<Config>,
    certificate: DtlsCertificate,
}

impl DimplSetup {
    /// `None` when dimpl cannot serve this key.
    pub(crate) fn new(certificate_der: &[u8], key_der: &[u8]) -> Result<Option<Self>, dimpl::Error> {
        let config = Config::builder()
            .mtu(DATAGRAM_BYTES_MAX)
            .use_server_cookie(false)
            .require_client_certificate(true)
            .flight_start_rto(RESEND_AFTER)
            .flight_retries(RETRIES)
            .handshake_timeout(HANDSHAKE_TIMEOUT)
            .build()?;
        // An association with a key that cannot be loaded would panic; so it is tried once, here.
        if config.crypto_provider().key_provider.load_private_key(key_der).is_err() {
            return Ok(None);
        }
        let certificate =
            DtlsCertificate { certificate: certificate_der.to_vec(), private_key: key_der.to_vec() };
        Ok(Some(Self { config: Arc::new(config), certificate }))
    }
}

/// One association.
pub(crate) struct DimplDoor {
    dtls: dimpl::Dtls,
    timeout: Option<Instant>,
    is_connected: bool,
    has_keying: bool,
    scratch: Vec<u8>,
}

impl DimplDoor {
    /// A DTLS 1.3 server.
    pub(crate) fn server(setup: &DimplSetup, now: Instant) -> Result<Self, DtlsError> {
        let mut dtls = dimpl::Dtls::new_13(setup.config.clone(), setup.certificate.clone(), now);
        dtls.handle_timeout(now).map_err(failed)?;
        Ok(Self { dtls, timeout: None, is_connected: false, has_keying: false, scratch: vec![0; 2048] })
    }

    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        datagram: &[u8],
        outbox: &mut Outbox,
    ) -> Result<(), DtlsError> {
        self.dtls.handle_timeout(now).map_err(failed)?;
        let result = match self.dtls.handle_packet(datagram) {
            // Said before anything of the datagram is used: it is lost, nothing else.
            Err(dimpl::Error::ReceiveQueueFull) => Ok(()),
            result => result.map_err(failed),
        };
        result.and(self.drain(now, outbox))
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, outbox: &mut Outbox) -> Result<(), DtlsError> {
        let result = self.dtls.handle_timeout(now).map_err(failed);
        result.and(self.drain(now, outbox))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timeout
    }

    pub(crate) fn send(&mut self, now: Instant, data: &[u8], outbox: &mut Outbox) -> Result<(), DtlsError> {
        self.dtls.handle_timeout(now).map_err(failed)?;
        let result = match self.dtls.send_application_data(data) {
            // As with a full outbox: lost, and SCTP sends it again.
            Err(dimpl::Error::TransmitQueueFull) => Ok(()),
            result => result.map(|_| ()).map_err(failed),
        };
        result.and(self.drain(now, outbox))
    }

    pub(crate) fn close(&mut self, outbox: &mut Outbox) {
        // An error means that there is no association to close.
        let _ = self.dtls.close();
        self.poll(outbox);
        self.timeout = None;
    }

    fn drain(&mut self, now: Instant, outbox: &mut Outbox) -> Result<(), DtlsError> {
        let until = self.poll(outbox);
        self.timeout = (until < now + NEVER).then_some(until);
        // dimpl completes without SRTP, where the peer did not offer it.
        if self.is_connected && !self.has_keying { Err(DtlsError::NoSrtpProfile) } else { Ok(()) }
    }

    /// Polls until dimpl names the time at which to go on, and returns it.
    fn poll(&mut self, outbox: &mut Outbox) -> Instant {
        loop {
            match self.dtls.poll_output(&mut self.scratch) {
                Output::Packet(datagram) => outbox.send(datagram),
                Output::BufferTooSmall { needed } => self.scratch.resize(needed, 0),
                Output::Timeout(at) => return at,
                Output::Connected => self.is_connected = true,
                Output::PeerCert(der) => outbox.tell(Told::PeerCertificate(der.to_vec())),
                Output::KeyingMaterial(material, profile) => {
                    if let Some(profile) = known_profile(profile) {
                        self.has_keying = true;
                        outbox.tell(Told::Keying(profile, Zeroizing::new(material.to_vec())));
                    }
                }
                Output::ApplicationData(data) => outbox.tell(Told::ApplicationData(data.to_vec())),
                Output::CloseNotify => outbox.tell(Told::Closed),
                // The library is pinned: nothing else is there to come.
                _ => {}
            }
        }
    }
}

fn known_profile(profile: dimpl::SrtpProfile) -> Option<SrtpProfile> {
    match profile {
        dimpl::SrtpProfile::AEAD_AES_256_GCM => Some(SrtpProfile::AeadAes256Gcm),
        dimpl::SrtpProfile::AEAD_AES_128_GCM => Some(SrtpProfile::AeadAes128Gcm),
        dimpl::SrtpProfile::AES128_CM_SHA1_80 => Some(SrtpProfile::Aes128CmSha1_80),
        _ => None,
    }
}

fn failed(error: dimpl::Error) -> DtlsError {
    match error {
        dimpl::Error::Timeout(_) => DtlsError::Timeout,
        error => DtlsError::Handshake(error.to_string()),
    }
}
