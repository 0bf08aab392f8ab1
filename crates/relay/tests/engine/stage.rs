//! A server of the test's own, on free loopback ports.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use motet_relay::protocol::{AllowedPeer, Network, RelayIp, Settings, StaticUser};
use motet_relay::{TunnelServer, TurnCounters, TurnServer, TurnSettings};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::client::{PASSWORD, REALM, USER};
use crate::pipes::PATIENCE;

/// A certificate for loopback.
pub(crate) struct Certificate {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) pem: String,
    key_pem: String,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        Self {
            der: made.cert.der().clone(),
            pem: made.cert.pem(),
            key_pem: made.signing_key.serialize_pem(),
            key: made.signing_key.serialize_der().into(),
        }
    }

    pub(crate) fn tls(&self) -> Arc<rustls::ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], self.key.clone_key().into());
        Arc::new(config.unwrap())
    }

    pub(crate) fn dtls(&self) -> TunnelServer {
        TunnelServer::from_pem(&self.pem, &self.key_pem, [7; 32]).unwrap()
    }
}

/// One listener, one user, relays and peers on loopback.
pub(crate) fn settings() -> TurnSettings {
    let mut protocol = Settings::new(REALM);
    protocol.users = vec![StaticUser { name: USER.to_owned(), password: PASSWORD.to_owned().into() }];
    protocol.relays = vec![RelayIp { bind: [127, 0, 0, 1].into(), announce: None }];
    protocol.peers.allowed = ["127.0.0.0/8", "::1"]
        .map(|network| AllowedPeer { network: network.parse::<Network>().unwrap(), ports: None })
        .to_vec();
    TurnSettings::new(protocol, vec![SocketAddr::from(([127, 0, 0, 1], 0))])
}

pub(crate) struct Stage {
    pub(crate) server: TurnServer,
    pub(crate) certificate: Certificate,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// With TLS and DTLS, and whatever is changed.
    pub(crate) fn with(change: impl FnOnce(&mut TurnSettings)) -> Self {
        let certificate = Certificate::new();
        let mut settings = settings();
        settings.tls = Some(certificate.tls());
        settings.dtls = Some(certificate.dtls());
        change(&mut settings);
        Self { server: TurnServer::start(settings).expect("a server"), certificate }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.listen_addrs()[0]
    }

    /// Waits until what the threads have told fulfils a condition.
    pub(crate) fn wait_for(&self, what: &str, condition: impl Fn(&TurnCounters) -> bool) {
        let begun = Instant::now();
        loop {
            let counters = self.server.counters();
            if condition(&counters) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{what}: {counters:?}");
            std::thread::yield_now();
        }
    }
}

/// How often something was dropped for a reason.
pub(crate) fn dropped(counters: &TurnCounters, reason: &str) -> u64 {
    let known = counters.drops.iter().find(|(name, _)| *name == reason);
    known.map(|(_, count)| *count).unwrap_or_default()
}
