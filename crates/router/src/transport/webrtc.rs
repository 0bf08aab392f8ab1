//! The WebRTC link: ICE finds the path, DTLS the keys, SRTP protects what passes.

use std::time::{Duration, Instant};

use motet_control::{DtlsParameters, DtlsRole, DtlsState, IceCredentials, IceState};
use motet_dtls::{Certificate, Dtls, SrtpKeying, SrtpProfile};
use motet_ice::{IceLite, Tuple};
use motet_rtp::{PacketClass, is_rtcp, packet_class};
use motet_srtp::{KeyingMaterial, MasterKey, Profile, Protector, SrtpError, Unprotected, Unprotector};

use super::Link;
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::router::Router;
use crate::table::TransportKey;

/// How often authenticated packets are told to ICE as a sign of life.
const HEARD_SPACING: Duration = Duration::from_secs(1);

impl Router {
    /// Sorts a datagram by its first byte (RFC 7983).
    pub(crate) fn take_datagram(
        &mut self,
        now: Instant,
        key: TransportKey,
        tuple: Tuple,
        datagram: &mut [u8],
        egress: &mut impl Egress,
    ) -> Result<(), DropReason> {
        let class = datagram.first().map_or(PacketClass::Unknown, |first| packet_class(*first));
        if class == PacketClass::Stun {
            return self.take_stun(now, key, tuple, datagram, egress);
        }
        let Link::WebRtc(webrtc) = &mut self.transports[key].link else {
            return Err(DropReason::UnvalidatedTuple);
        };
        if !webrtc.is_validated(&tuple) {
            return Err(DropReason::UnvalidatedTuple);
        }
        match class {
            PacketClass::Dtls => self.take_dtls(now, key, datagram, egress),
            PacketClass::Rtp if is_rtcp(datagram) => {
                let len = webrtc.open_rtcp(now, tuple, datagram)?;
                self.take_rtcp(now, key, &datagram[..len], egress)
            }
            PacketClass::Rtp => {
                let Unprotected { len, index } = webrtc.open_rtp(now, tuple, datagram)?;
                self.take_rtp(now, key, (index, &datagram[..len]), egress)
            }
            PacketClass::Stun | PacketClass::TurnChannel | PacketClass::Unknown => {
                Err(DropReason::UnknownProtocol)
            }
        }
    }
}

/// One peer's ICE, DTLS and SRTP.
pub(crate) struct WebRtc {
    pub(crate) ice: IceLite,
    /// The tuples that ICE has validated, as told to the demultiplexer.
    pub(crate) tuples: Vec<Tuple>,
    /// As last told.
    pub(crate) told: (IceState, Option<Tuple>),
    pub(crate) dtls_state: DtlsState,
    /// What signaling told of the peer.
    pub(crate) peer: Option<DtlsParameters>,
    /// Whether ICE restarted since the peer's side was told last.
    pub(crate) is_restarted: bool,
    certificate: Certificate,
    dtls: Option<Dtls>,
    keys: Option<Keys>,
    heard: Option<(Instant, Tuple)>,
}

struct Keys {
    protector: Protector,
    unprotector: Unprotector,
}

impl WebRtc {
    pub(crate) fn new(credentials: IceCredentials, certificate: Certificate) -> Self {
        Self {
            ice: IceLite::new(credentials, None),
            tuples: Vec::new(),
            told: (IceState::New, None),
            dtls_state: DtlsState::New,
            peer: None,
            is_restarted: false,
            certificate,
            dtls: None,
            keys: None,
            heard: None,
        }
    }

    /// Whether media can be sent.
    pub(crate) fn is_ready(&self) -> bool {
        self.keys.is_some() && self.told.1.is_some()
    }

    /// The path to send over, and what protects what is sent.
    pub(crate) fn outlet(&mut self) -> Option<(Tuple, &mut Protector)> {
        let tuple = self.told.1?;
        Some((tuple, &mut self.keys.as_mut()?.protector))
    }

    /// The DTLS association, once the peer's side is known and there is a path; opened by the first call.
    pub(crate) fn dtls(&mut self, now: Instant) -> Option<&mut Dtls> {
        if self.dtls.is_none() && self.dtls_state == DtlsState::Connecting {
            let peer = self.peer.as_ref()?;
            let role = match peer.role {
                DtlsRole::Client => DtlsRole::Server,
                DtlsRole::Server => DtlsRole::Client,
            };
            match Dtls::new(&self.certificate, role, peer.fingerprints.clone(), now) {
                Ok(dtls) => self.dtls = Some(dtls),
                Err(_) => self.dtls_state = DtlsState::Failed,
            }
        }
        self.dtls.as_mut()
    }

    /// The DTLS association, if it was opened.
    pub(crate) fn opened_dtls(&mut self) -> Option<&mut Dtls> {
        self.dtls.as_mut()
    }

    /// Ends the association. Keys are gone with it: nothing is sent or taken any more.
    pub(crate) fn end_dtls(&mut self, state: DtlsState) {
        self.dtls = None;
        self.keys = None;
        self.dtls_state = state;
    }

    /// Ends the association by this side's will; answers what tells the peer so (RFC 5246 section 7.2.1).
    pub(crate) fn close(&mut self) -> Vec<(Tuple, Vec<u8>)> {
        let mut farewells = Vec::new();
        if let (Some(dtls), Some(tuple)) = (&mut self.dtls, self.told.1) {
            dtls.close();
            let mut datagram = Vec::new();
            while dtls.poll_transmit(&mut datagram) {
                farewells.push((tuple, datagram.clone()));
            }
        }
        self.end_dtls(DtlsState::Closed);
        farewells
    }

    /// Takes the keys of a handshake.
    ///
    /// # Errors
    /// When SRTP refuses them, which keys of the profile's lengths never meet.
    pub(crate) fn take_keys(&mut self, keying: &SrtpKeying) -> Result<(), SrtpError> {
        let material = material(keying)?;
        self.keys = Some(Keys {
            protector: Protector::new(material.profile, &material.local)?,
            unprotector: Unprotector::new(material.profile, &material.remote)?,
        });
        Ok(())
    }

    /// Whether `tuple` may bring anything but connectivity checks.
    pub(crate) fn is_validated(&self, tuple: &Tuple) -> bool {
        self.told.1.as_ref() == Some(tuple) || self.ice.is_validated(tuple)
    }

    /// Unprotects an RTP packet in place.
    pub(crate) fn open_rtp(
        &mut self,
        now: Instant,
        tuple: Tuple,
        packet: &mut [u8],
    ) -> Result<Unprotected, DropReason> {
        let keys = self.keys.as_mut().ok_or(DropReason::NoKeys)?;
        let opened = keys.unprotector.unprotect_rtp(packet).map_err(|error| match error {
            SrtpError::Replayed | SrtpError::TooOld => DropReason::SrtpReplay,
            _ => DropReason::SrtpAuth,
        })?;
        self.hear(now, tuple);
        Ok(opened)
    }

    /// Unprotects a compound RTCP packet in place; answers its length.
    pub(crate) fn open_rtcp(
        &mut self,
        now: Instant,
        tuple: Tuple,
        packet: &mut [u8],
    ) -> Result<usize, DropReason> {
        let keys = self.keys.as_mut().ok_or(DropReason::NoKeys)?;
        let len = keys.unprotector.unprotect_rtcp(packet).map_err(|_| DropReason::Srtcp)?;
        self.hear(now, tuple);
        Ok(len)
    }

    /// When ICE or DTLS is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        [self.ice.poll_timeout(), self.dtls.as_ref().and_then(Dtls::poll_timeout)].into_iter().flatten().min()
    }

    /// Authenticated media came: a sign of life for ICE, told now and then.
    fn hear(&mut self, now: Instant, tuple: Tuple) {
        let is_told = self
            .heard
            .is_some_and(|(at, heard)| heard == tuple && now.saturating_duration_since(at) < HEARD_SPACING);
        if !is_told {
            self.heard = Some((now, tuple));
            self.ice.heard(now, &tuple);
        }
    }
}

fn material(keying: &SrtpKeying) -> Result<KeyingMaterial, SrtpError> {
    let profile = match keying.profile {
        SrtpProfile::AeadAes256Gcm => Profile::AeadAes256Gcm,
        SrtpProfile::AeadAes128Gcm => Profile::AeadAes128Gcm,
        SrtpProfile::Aes128CmSha1_80 => Profile::Aes128CmSha1_80,
    };
    Ok(KeyingMaterial {
        profile,
        local: MasterKey::new(profile, &keying.local.key, &keying.local.salt)?,
        remote: MasterKey::new(profile, &keying.remote.key, &keying.remote.salt)?,
    })
}
