//! TURN on the port of the web app: told from HTTP by ALPN, or by the first byte.

use std::io::{Read, Write};
use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;

use crate::pipes::{Streamed, tcp, tls_for};
use crate::stage::Stage;
use crate::turn_client::{Client, PASSWORD, Peer, REALM, USER, relay_both_ways};

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const HTTP: &[u8] = b"http/1.1";
const TURN: &[u8] = b"stun.turn";

/// What the server is told of TURN.
fn turn() -> String {
    format!("turn_realm: {REALM}\nturn_users: ['{USER}:{PASSWORD}']\nturn_allow_peer: [127.0.0.0/8]\n")
}

/// A server with a certificate for loopback.
async fn secured(name: &str) -> (Stage, CertificateDer<'static>) {
    let folder = std::env::temp_dir().join(format!("motet-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.join("c.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("k.pem"), made.signing_key.serialize_pem()).unwrap();
    let folder = folder.display();
    let files = format!("tls: files\ntls_cert: {folder}/c.pem\ntls_key: {folder}/k.pem\n");
    (Stage::start(&format!("{files}{}", turn())).await, made.cert.der().clone())
}

/// Runs what waits for sockets beside the server, and stops the server.
async fn beside(stage: Stage, run: impl FnOnce(SocketAddr) + Send + 'static) {
    let web = stage.address();
    tokio::task::spawn_blocking(move || run(web)).await.expect("it ran");
    stage.server.stop().await;
}

/// Asks for what every server has.
fn is_healthy(mut stream: impl Read + Write) -> bool {
    stream.write_all(HEALTH).unwrap();
    let mut answer = Vec::new();
    // TLS without a goodbye ends in an error; what came before counts.
    let _ = stream.read_to_end(&mut answer);
    answer.starts_with(b"HTTP/1.1 200 ")
}

/// Allocates over a stream and is relayed.
fn calls(stream: impl Read + Write + 'static) {
    let (mut client, peer) = (Client::over(Streamed::over(stream)), Peer::new());
    let relayed = client.allocate();
    assert_eq!(client.bind(peer.addr()), 0);
    relay_both_ways(&mut client, &peer, relayed);
}

/// Whether the server ends a connection on which something was said, without serving it.
fn is_ended(mut stream: impl Read) -> bool {
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    !answer.starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn inside_tls_turn_is_known_by_its_name_or_by_its_first_byte() {
    let (stage, certificate) = secured("door").await;
    beside(stage, move |web| {
        let tls = |protocols: &[&[u8]]| tls_for(web, &certificate, protocols).unwrap();
        calls(tls(&[]));
        calls(tls(&[TURN]));
        // Whoever names HTTP and speaks TURN means TURN.
        calls(tls(&[HTTP]));
        assert!(is_healthy(tls(&[])) && is_healthy(tls(&[HTTP])) && is_healthy(tls(&[HTTP, TURN])));
        // Whoever names TURN and speaks HTTP is not understood.
        let mut mistaken = tls(&[TURN]);
        mistaken.write_all(HEALTH).unwrap();
        assert!(is_ended(mistaken));
        assert!(tls_for(web, &certificate, &[b"h2"]).is_err(), "nothing else is spoken");
    })
    .await;
}

#[tokio::test]
async fn without_tls_the_first_byte_tells() {
    let stage = Stage::start(&turn()).await;
    beside(stage, |web| {
        calls(tcp(web));
        assert!(is_healthy(tcp(web)));
    })
    .await;
}

#[tokio::test]
async fn who_says_one_byte_or_nonsense_keeps_nobody_from_anything() {
    let (stage, certificate) = secured("door-silent").await;
    beside(stage, move |web| {
        let tls = || tls_for(web, &certificate, &[]).unwrap();
        let begun = [&b""[..], b"\0", b"\x01", b"G", b"\x40", b"\x16"];
        let silent: Vec<_> = begun
            .iter()
            .map(|bytes| {
                let mut secured = tls();
                secured.write_all(bytes).unwrap();
                secured.flush().unwrap();
                let mut plain = tcp(web);
                plain.write_all(bytes).unwrap();
                (secured, plain)
            })
            .collect();
        for nonsense in [&[0xff; 64][..], b"\x80\0\0\0\0\0\0\0", b"\x7f\r\n\r\n", b"POST\r\n\r\n"] {
            let mut stream = tls();
            stream.write_all(nonsense).unwrap();
            stream.flush().unwrap();
            assert!(is_ended(stream), "{nonsense:?}");
        }
        // No TLS at all, where it is asked for.
        let mut plain = tcp(web);
        plain.write_all(HEALTH).unwrap();
        assert!(is_ended(plain));
        assert!(is_healthy(tls()));
        calls(tls());
        drop(silent);
    })
    .await;
}

#[tokio::test]
async fn a_request_whose_first_byte_comes_alone_is_answered() {
    let stage = Stage::start(&turn()).await;
    beside(stage, |web| {
        /// Sends each byte by itself.
        struct Dripping(std::net::TcpStream);
        impl Read for Dripping {
            fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
                self.0.read(bytes)
            }
        }
        impl Write for Dripping {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.write(&bytes[..bytes.len().min(1)])
            }
            fn flush(&mut self) -> std::io::Result<()> {
                self.0.flush()
            }
        }
        calls(Dripping(tcp(web)));
        assert!(is_healthy(Dripping(tcp(web))));
    })
    .await;
}
