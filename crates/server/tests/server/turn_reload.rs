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

/// The binary; ends with this value.
struct Running {
    child: Child,
    lines: Receiver<String>,
    complaints: Receiver<String>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_motet"));
        command.env_remove("MOTET_CONFIG").env_remove("MOTET_DEV").args(arguments);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let lines = told(child.stdout.take().expect("piped"));
        let complaints = told(child.stderr.take().expect("piped"));
        Self { child, lines, complaints }
    }

    /// The address between two texts of a line that comes.
    fn find(&self, before: &str, behind: &str) -> SocketAddr {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).expect("it says where it is");
            if let Some((_, rest)) = line.split_once(before) {
                return rest.split_once(behind).map_or(rest, |(addr, _)| addr).parse().expect("an address");
            }
        }
    }

    fn complaint(&self) -> String {
        self.complaints.recv_timeout(PATIENCE).expect("it says what is wrong")
    }

    /// Has it read its files again.
    fn reload(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &id]).status().expect("kill runs").success());
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

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What an Allocate request with credentials of a secret is answered.
fn code(turn: SocketAddr, secret: &[u8]) -> u16 {
    let mut client = Client::of_secret(Datagrams::to(turn), secret);
    client.try_allocate(|request| request).expect("an answer").code()
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
    let folder = folder("motet-reload");
    let (old, old_pem) = certify(&folder);
    configure(&folder, "old-secret");
    let server = Running::start(&["--config", &folder.join("motet.yaml").display().to_string()]);
    let (web, turn) = (server.find("  app    https://", "/"), server.find("  turn   ", " "));
    let reload = |secrets: &str| {
        configure(&folder, secrets);
        server.reload();
    };
    let code = |secret: &[u8]| code(turn, secret);
    let peer = Peer::new();
    let sealed = Sealed::handshake(socket(turn), &old_pem).expect("a handshake");
    let mut calls = [
        Client::of_secret(Datagrams::to(turn), b"old-secret"),
        Client::of_secret(sealed, b"old-secret"),
        Client::of_secret(Streamed::over(tls(turn, &old).unwrap()), b"old-secret"),
        Client::of_secret(Streamed::over(tls(web, &old).unwrap()), b"old-secret"),
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
    reload("new-secret, old-secret");
    until(|| code(b"new-secret") == 0);
    assert_eq!(code(b"old-secret"), 0, "it is still among them");
    for door in [turn, web] {
        assert!(tls(door, &new).is_ok() && tls(door, &old).is_err(), "{door} shows the new certificate");
    }
    assert!(Sealed::handshake(socket(turn), &new_pem).is_some());
    assert!(Sealed::handshake(socket(turn), &old_pem).is_none());
    go_on();

    std::fs::write(folder.join("k.pem"), "no key").unwrap();
    reload("new-secret");
    until(|| code(b"old-secret") == 401);
    let complaint = server.complaint();
    assert!(complaint.starts_with("cannot use tls_cert and tls_key: "), "{complaint}");
    assert!(tls(web, &new).is_ok() && tls(turn, &new).is_ok(), "the former is shown on");
    assert_eq!(code(b"new-secret"), 0);
    go_on();

    // What makes no sense changes nothing.
    reload("''");
    let complaint = server.complaint();
    assert!(complaint.contains("tls_cert") || complaint.contains("secret"), "{complaint}");
    assert_eq!(code(b"new-secret"), 0);
    go_on();
}

#[test]
fn a_turn_server_alone_reads_its_files_again_too() {
    let folder = folder("motet-turn-reload");
    let (old, _) = certify(&folder);
    let path = |name: &str| folder.join(name).display().to_string();
    std::fs::write(path("secret"), "old-secret\n").unwrap();
    let secret = format!("@{}", path("secret"));
    let server = Running::start(
        &[
            &[
                "turn",
                "--listen=127.0.0.1:0",
                "--allow-peer=127.0.0.0/8",
                "--realm",
                REALM,
                "--secret",
                &secret,
            ][..],
            &["--tls-cert", &path("c.pem"), "--tls-key", &path("k.pem")],
        ]
        .concat(),
    );
    let turn = server.find("  listens on ", ",");
    let (mut call, peer) =
        (Client::of_secret(Streamed::over(tls(turn, &old).unwrap()), b"old-secret"), Peer::new());
    let relayed = call.allocate();
    assert_eq!(call.bind(peer.addr()), 0);
    let (new, _) = certify(&folder);
    std::fs::write(path("secret"), "new-secret").unwrap();
    server.reload();
    until(|| code(turn, b"new-secret") == 0);
    assert_eq!(code(turn, b"old-secret"), 401);
    until(|| tls(turn, &new).is_ok());
    relay_both_ways(&mut call, &peer, relayed);
    assert_eq!(call.refresh(600), 0);
    std::fs::write(path("secret"), "").unwrap();
    server.reload();
    assert_eq!(server.complaint(), "a secret is empty");
    assert_eq!(code(turn, b"new-secret"), 0);
    relay_both_ways(&mut call, &peer, relayed);
}
