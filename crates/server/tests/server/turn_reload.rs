//! SIGHUP: secrets and certificates change, and calls go on.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use rustls::pki_types::CertificateDer;

use crate::pipes::{Datagrams, PATIENCE, Sealed, Streamed, socket, tls};
use crate::stage::SECRET;
use crate::turn_client::{Client, Peer, REALM, relay_both_ways};

/// The binary with a configuration of its own; ends with this value.
struct Running {
    child: Child,
    folder: PathBuf,
    web: SocketAddr,
    turn: SocketAddr,
    complaints: Receiver<String>,
}

impl Running {
    fn start(folder: &Path, secrets: &str) -> Self {
        configure(folder, secrets);
        let mut command = Command::new(env!("CARGO_BIN_EXE_motet"));
        command.env_remove("MOTET_CONFIG").env_remove("MOTET_DEV").arg("--config");
        command.arg(folder.join("motet.yaml")).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let lines = told(child.stdout.take().expect("piped"));
        let complaints = told(child.stderr.take().expect("piped"));
        let find = |before: &str| {
            let addr = loop {
                let line = lines.recv_timeout(PATIENCE).expect("it says where it is");
                if let Some((_, rest)) = line.split_once(before) {
                    break rest.trim_matches('/').parse().expect("an address");
                }
            };
            addr
        };
        let (web, turn) = (find("  app    https://"), find("  turn   "));
        Self { child, folder: folder.to_owned(), web, turn, complaints }
    }

    /// Has it read its configuration again.
    fn reload(&self, secrets: &str) {
        configure(&self.folder, secrets);
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, read on so that the server's words find a reader.
fn told(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Whoever listens may have heard enough.
            let _ = sender.send(line);
        }
    });
    receiver
}

fn configure(folder: &Path, secrets: &str) {
    let shown = folder.display();
    let text = format!(
        "listen: 127.0.0.1:0\nrtc_port: 0\nrtc_ip: [127.0.0.1]\nworkers: 1\nlog: 'off'\nturn_port: 0\n\
         keys: [{{id: k, algorithm: HS256, secret: {SECRET}}}]\n\
         tls: files\ntls_cert: {shown}/c.pem\ntls_key: {shown}/k.pem\n\
         turn_realm: {REALM}\nturn_allow_peer: [127.0.0.0/8]\nturn_secrets: [{secrets}]\n"
    );
    std::fs::write(folder.join("motet.yaml"), text).unwrap();
}

/// Writes a certificate for loopback to where the server reads it.
fn certify(folder: &Path) -> (CertificateDer<'static>, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(folder.join("c.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("k.pem"), made.signing_key.serialize_pem()).unwrap();
    (made.cert.der().clone(), made.cert.pem())
}

/// Waits until what is true at some moment after a signal is true.
fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "it never comes about");
    }
}

#[test]
fn secrets_and_certificates_are_read_again_and_calls_go_on() {
    let folder = std::env::temp_dir().join(format!("motet-reload-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (old, old_pem) = certify(&folder);
    let server = Running::start(&folder, "old-secret");
    let code = |secret: &[u8]| {
        let mut client = Client::of_secret(Datagrams::to(server.turn), secret);
        client.try_allocate(|request| request).expect("an answer").code()
    };
    let peer = Peer::new();
    let sealed = Sealed::handshake(socket(server.turn), &old_pem).expect("a handshake");
    let mut calls = [
        Client::of_secret(Datagrams::to(server.turn), b"old-secret"),
        Client::of_secret(sealed, b"old-secret"),
        Client::of_secret(Streamed::over(tls(server.turn, &old).unwrap()), b"old-secret"),
        Client::of_secret(Streamed::over(tls(server.web, &old).unwrap()), b"old-secret"),
    ];
    let relayed = calls.each_mut().map(|client| {
        let relayed = client.allocate();
        assert_eq!(client.bind(peer.addr()), 0);
        relayed
    });
    let mut go_on = || {
        for (client, relayed) in calls.iter_mut().zip(relayed) {
            relay_both_ways(client, &peer, relayed);
            assert_eq!(client.refresh(600), 0);
        }
    };
    assert_eq!(code(b"new-secret"), 401);

    let (new, new_pem) = certify(&folder);
    server.reload("new-secret, old-secret");
    until(|| code(b"new-secret") == 0);
    assert_eq!(code(b"old-secret"), 0, "it is still among them");
    for door in [server.turn, server.web] {
        assert!(tls(door, &new).is_ok() && tls(door, &old).is_err(), "{door} shows the new certificate");
    }
    assert!(Sealed::handshake(socket(server.turn), &new_pem).is_some());
    assert!(Sealed::handshake(socket(server.turn), &old_pem).is_none());
    go_on();

    std::fs::write(folder.join("k.pem"), "no key").unwrap();
    server.reload("new-secret");
    until(|| code(b"old-secret") == 401);
    let complaint = server.complaints.recv_timeout(PATIENCE).expect("it says what is wrong");
    assert!(complaint.starts_with("cannot use tls_cert and tls_key: "), "{complaint}");
    assert!(tls(server.web, &new).is_ok() && tls(server.turn, &new).is_ok(), "the former is shown on");
    assert_eq!(code(b"new-secret"), 0);
    go_on();

    // What makes no sense changes nothing.
    server.reload("''");
    let complaint = server.complaints.recv_timeout(PATIENCE).expect("it says what is wrong");
    assert!(complaint.contains("tls_cert") || complaint.contains("secret"), "{complaint}");
    assert_eq!(code(b"new-secret"), 0);
    go_on();
}
