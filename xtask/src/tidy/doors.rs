//! One door per foreign library, and no operating system on the floors that are told everything.

use super::Finding;
use super::packages::{Floor, Package};

/// A foreign library and the crates that may open it. Tests of any crate may use it as a peer or an oracle.
const DOORS: &[(&str, &[&str])] = &[
    ("ab_glyph", &["motet-mixer"]),
    ("aws-lc-rs", &["motet-srtp", "motet-dtls", "motet-turn", "motet-server"]),
    ("axum", &["motet-signal", "motet-server"]),
    ("clap", &["motet-server"]),
    ("dcsctp", &["motet-sctp"]),
    ("dejavu", &["motet-mixer"]),
    ("dimpl", &["motet-dtls"]),
    ("fastrand", &["motet-sctp"]),
    ("if-addrs", &["motet-server"]),
    ("jsonwebtoken", &["motet-server"]),
    ("libc", &["motet-net"]),
    ("md-5", &["motet-turn"]),
    ("mio", &["motet-net"]),
    ("openh264", &["motet-codec"]),
    ("openh264-sys2", &["motet-codec"]),
    ("openssl", &["motet-dtls"]),
    ("opusic-sys", &["motet-codec"]),
    ("prometheus-client", &["motet-server"]),
    ("rcgen", &["motet-dtls", "motet-server"]),
    ("rustls", &["motet-relay", "motet-server"]),
    ("sctp-proto", &[]),
    ("sdp-types", &["motet-sdp"]),
    ("serde", &["motet-signal", "motet-server", "motet-room"]),
    ("socket2", &["motet-net"]),
    ("str0m", &[]),
    ("stun-types", &["motet-ice"]),
    ("tokio", &["motet", "motet-signal", "motet-server"]),
    ("utoipa", &["motet-server"]),
];

/// Libraries that bring a clock, sockets, threads or chance: none below the engine.
const NOT_BELOW_THE_ENGINE: &[&str] = &[
    "axum",
    "chrono",
    "crossbeam-channel",
    "getrandom",
    "libc",
    "mio",
    "quinn-udp",
    "rand",
    "socket2",
    "time",
    "tokio",
    "uuid",
];

pub(crate) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().filter(|package| package.name != "xtask").flat_map(check_one).collect()
}

fn check_one(package: &Package) -> Vec<Finding> {
    let mut findings = Vec::new();
    if package.floor == Some(Floor::Tool) {
        return findings;
    }
    let is_told_everything = matches!(package.floor, Some(Floor::Numbered(0..=2)));
    for dependency in
        package.dependencies.iter().filter(|dependency| !dependency.is_own && !dependency.is_dev)
    {
        let name = dependency.name.as_str();
        if is_told_everything && NOT_BELOW_THE_ENGINE.contains(&name) {
            findings.push(Finding::new(
                &package.name,
                format!("depends on {name}: floors 0 to 2 are told everything"),
            ));
        }
        let door = DOORS.iter().find(|(library, _)| *library == name);
        if let Some((_, rooms)) = door
            && !rooms.contains(&package.name.as_str())
        {
            let owners = rooms.join(", ");
            findings
                .push(Finding::new(&package.name, format!("depends on {name}, whose door is in: {owners}")));
        }
    }
    let is_on_the_packet_path = matches!(package.floor, Some(Floor::Numbered(0..=3)));
    if is_on_the_packet_path && package.has_features {
        findings.push(Finding::new(&package.name, "has feature flags: none on the packet path"));
    }
    findings
}
