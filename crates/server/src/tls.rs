//! How HTTP is secured: with given files, or a certificate that is made at start.

use std::net::IpAddr;
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;

use crate::config::{Config, Tls};

/// Why HTTP cannot be secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The files cannot be used.
    #[error("cannot use tls_cert and tls_key: {0}")]
    Files(std::io::Error),
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Generate(#[from] rcgen::Error),
    /// The TLS library takes no part of it.
    #[error("cannot set TLS up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// `None` where TLS is off.
pub(crate) async fn load(config: &Config) -> Result<Option<RustlsConfig>, TlsError> {
    match &config.tls {
        Tls::Off => Ok(None),
        Tls::Files { cert, key } => {
            install_provider();
            let config = RustlsConfig::from_pem_file(cert, key).await.map_err(TlsError::Files)?;
            Ok(Some(http_1_only(config.get_inner().as_ref().clone())))
        }
        Tls::SelfSigned => {
            install_provider();
            self_signed(&names(config)).map(Some)
        }
    }
}

/// One provider in the process; whoever was first has installed the same one.
pub(crate) fn install_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn self_signed(names: &[String]) -> Result<RustlsConfig, TlsError> {
    let made = rcgen::generate_simple_self_signed(names)?;
    let chain = vec![made.cert.der().clone()];
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key.into())?;
    Ok(http_1_only(config))
}

/// HTTP/2 would be refused as soon as it began (see [`crate::opening`]); TURN is for another server (see [`crate::turn`]).
fn http_1_only(mut config: rustls::ServerConfig) -> RustlsConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec(), crate::turn::ALPN_TURN.to_vec()];
    RustlsConfig::from_config(Arc::new(config))
}

/// What browsers may call this server by.
fn names(config: &Config) -> Vec<String> {
    let mut ips: Vec<IpAddr> = vec![config.listen.ip()];
    ips.extend(&config.announce);
    ips.extend(if_addrs::get_if_addrs().unwrap_or_default().iter().map(if_addrs::Interface::ip));
    ips.retain(|ip| !ip.is_unspecified());
    ips.sort();
    ips.dedup();
    let mut names: Vec<String> =
        std::iter::once("localhost".to_owned()).chain(ips.iter().map(IpAddr::to_string)).collect();
    // TURN over TLS shows the same certificate, and is called by these.
    let hosts = config.turn.iter().flat_map(|turn| &turn.hosts);
    names.extend(hosts.filter(|host| !names.contains(host)).cloned().collect::<Vec<_>>());
    names
}
