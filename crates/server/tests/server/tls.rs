//! HTTP over TLS.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::client::{Answer, exchange};
use crate::stage::Stage;

async fn get(stage: &Stage, name: &str, roots: Vec<CertificateDer<'static>>) -> std::io::Result<Answer> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add_parsable_certificates(roots);
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let stream = TcpStream::connect(stage.address()).await?;
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    Ok(exchange(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await)
}

#[tokio::test]
async fn a_given_certificate_is_shown() {
    let folder = std::env::temp_dir().join(format!("motet-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let made = rcgen::generate_simple_self_signed(["meet.example".to_owned()]).unwrap();
    std::fs::write(folder.join("c.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("k.pem"), made.signing_key.serialize_pem()).unwrap();
    let folder = folder.display();
    let stage =
        Stage::start(&format!("tls: files\ntls_cert: {folder}/c.pem\ntls_key: {folder}/k.pem\n")).await;
    assert!(stage.server.urls()[0].starts_with("https://"));
    let answer =
        get(&stage, "meet.example", vec![made.cert.der().clone()]).await.expect("a trusted certificate");
    assert_eq!(answer.status, 200);
    assert!(get(&stage, "other.example", vec![made.cert.der().clone()]).await.is_err());
    stage.server.stop().await;
}

#[tokio::test]
async fn a_made_certificate_is_trusted_by_nobody_and_plain_http_is_refused() {
    let stage = Stage::start("tls: self-signed\n").await;
    assert!(get(&stage, "localhost", Vec::new()).await.is_err());
    let plain = TcpStream::connect(stage.address()).await.unwrap();
    let mut plain = plain.into_std().unwrap();
    plain.set_nonblocking(false).unwrap();
    use std::io::{Read, Write};
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = tokio::task::spawn_blocking(move || {
        let _ = plain.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    })
    .await;
    stage.server.stop().await;
}
