//! Mistakes about TURN stop the start, with a line that names them.

use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Output};

use crate::stage::SECRET;

fn motet(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_motet"));
    command.env_remove("MOTET_CONFIG").env_remove("MOTET_DEV");
    command.args(arguments).output().expect("the binary runs")
}

/// What is said of a start that fails; one line.
fn said(arguments: &[&str]) -> String {
    let output = motet(arguments);
    assert!(!output.status.success(), "{arguments:?} starts");
    let text = String::from_utf8(output.stderr).expect("text");
    let lines: Vec<&str> = text.trim().lines().collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0].to_owned()
}

fn alone(more: &[&str]) -> String {
    said(&[&["turn", "--listen", "127.0.0.1:0"], more].concat())
}

#[test]
fn a_turn_server_alone_says_what_is_wrong() {
    let user = ["--user", "a:b"];
    for (more, expected) in [
        (&[][..], "neither a secret nor a user is given: nobody could use the server"),
        (&["--secret="], "a secret is empty"),
        (&["--user", "a:"], "user \"a\" has no name or no password"),
        (&["--user", "a:b", "--realm="], "the realm must have 1 to 128 bytes"),
    ] {
        assert_eq!(alone(more), expected);
    }
    let elsewhere = alone(&[&user[..], &["--relay-ip", "192.0.2.1"]].concat());
    assert!(elsewhere.starts_with("cannot relay from 192.0.2.1: "), "{elsewhere}");
    let wildcard = alone(&[&user[..], &["--relay-ip", "0.0.0.0"]].concat());
    assert_eq!(wildcard, "0.0.0.0 is no relay address: name one of this machine's own");
    let certificate =
        alone(&[&user[..], &["--tls-cert", "/does/not/exist", "--tls-key", "/nor/does/this"]].concat());
    assert!(certificate.starts_with("cannot read /does/not/exist: "), "{certificate}");
}

#[test]
fn a_port_that_somebody_has_is_named() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    for (protocol, port) in
        [("UDP", udp.local_addr().unwrap().port()), ("TCP", tcp.local_addr().unwrap().port())]
    {
        let taken = format!("127.0.0.1:{port}");
        let alone = said(&["turn", "--listen", &taken, "--user", "a:b"]);
        assert!(alone.starts_with(&format!("cannot listen on {protocol} {taken}: ")), "{alone}");
        let keys = format!("k:HS256:{SECRET}");
        let inside = said(&[
            "--listen=127.0.0.1:0",
            "--rtc-port=0",
            "--rtc-ip=127.0.0.1",
            "--workers=1",
            "--log=off",
            "--keys",
            &keys,
            "--turn-port",
            &port.to_string(),
        ]);
        assert!(inside.starts_with(&format!("TURN: cannot listen on {protocol} {taken}: ")), "{inside}");
        assert!(inside.ends_with("; turn: false does without it"), "{inside}");
    }
}

#[test]
fn an_empty_secret_in_the_configuration_is_named() {
    let keys = format!("k:HS256:{SECRET}");
    let told = said(&[
        "--listen=127.0.0.1:0",
        "--rtc-port=0",
        "--rtc-ip=127.0.0.1",
        "--workers=1",
        "--log=off",
        "--turn-port=0",
        "--keys",
        &keys,
        "--turn-secrets=@/dev/null",
    ]);
    assert_eq!(told, "TURN: a secret is empty; turn: false does without it");
}
