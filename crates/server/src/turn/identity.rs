//! The certificate that the TURN server shows in TLS and DTLS.

use std::path::Path;
use std::sync::Arc;

use motet::turn::TunnelServer;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::tls::install_provider;

/// A PEM certificate chain and its private key.
pub(crate) struct Identity {
    chain: String,
    key: String,
}

impl Identity {
    pub(crate) fn from_files(cert: &Path, key: &Path) -> Result<Self, String> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        Ok(Self { chain: read(cert)?, key: read(key)? })
    }

    /// Self-signed, for these names and addresses.
    pub(crate) fn generate(names: &[String]) -> Result<Self, String> {
        let made = rcgen::generate_simple_self_signed(names)
            .map_err(|error| format!("cannot make a certificate: {error}"))?;
        Ok(Self { chain: made.cert.pem(), key: made.signing_key.serialize_pem() })
    }

    /// For TLS. Clients that name an application protocol name `stun.turn` (RFC 7443).
    pub(crate) fn tls(&self) -> Result<Arc<ServerConfig>, String> {
        install_provider();
        let bad = |error: &dyn std::fmt::Display| format!("cannot use the certificate for TURN: {error}");
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(self.chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| bad(&error))?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(|error| bad(&error))?;
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(|error| bad(&error))?;
        config.alpn_protocols = vec![super::ALPN_TURN.to_vec()];
        Ok(Arc::new(config))
    }

    /// For DTLS.
    pub(crate) fn dtls(&self) -> Result<TunnelServer, String> {
        let mut cookie_key = [0; 32];
        aws_lc_rs::rand::fill(&mut cookie_key).map_err(|_| "the system gives no randomness".to_owned())?;
        TunnelServer::from_pem(&self.chain, &self.key, cookie_key)
            .map_err(|error| format!("cannot use the certificate for TURN: {error}"))
    }
}
