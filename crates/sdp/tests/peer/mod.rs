//! What the tests of both sessions share: this side of a transport, and descriptions that real peers wrote.
#![allow(dead_code, reason = "each test binary takes what it needs")]

use std::fs;
use std::path::PathBuf;

use motet_control::negotiate::{ConsumerIdentity, consumer_parameters, router_capabilities};
use motet_control::{
    CandidateProtocol, Codec, Encoding, Fingerprint, FingerprintHash, IceCandidate, IceCredentials,
    RtpParameters,
};
use motet_rtp::Ssrc;
use motet_sdp::{LocalTransport, PublishSession, SubscribeSession, SubscribedMedia};

pub(crate) fn credentials(number: u32) -> IceCredentials {
    IceCredentials { ufrag: format!("motetUfrag{number:06}"), password: format!("motetPassword{number:019}") }
}

pub(crate) fn local_transport() -> LocalTransport {
    let candidate = |protocol, ip: &str, priority| IceCandidate {
        protocol,
        ip: ip.parse().unwrap(),
        port: 40_000,
        priority,
    };
    LocalTransport {
        ice: credentials(1),
        candidates: vec![
            candidate(CandidateProtocol::Udp, "192.0.2.1", 2_130_706_431),
            candidate(CandidateProtocol::Udp, "2001:db8::1", 2_130_706_175),
            candidate(CandidateProtocol::Tcp, "192.0.2.1", 1_518_280_447),
        ],
        fingerprints: vec![Fingerprint { hash: FingerprintHash::Sha256, digest: (0..32).collect() }],
    }
}

pub(crate) fn publish_session() -> PublishSession {
    PublishSession::new(1_234_567, local_transport(), router_capabilities())
}

pub(crate) fn subscribe_session() -> SubscribeSession<u32> {
    SubscribeSession::new(7_654_321, local_transport())
}

/// A track in `codecs`, the first of which decides its kind. SSRCs follow from `key`.
pub(crate) fn track(key: u32, codecs: &[Codec]) -> SubscribedMedia {
    let capabilities = router_capabilities();
    let producer = RtpParameters {
        codecs: capabilities.codecs.iter().filter(|codec| codecs.contains(&codec.codec)).cloned().collect(),
        header_extensions: capabilities.header_extensions.clone(),
        encodings: vec![Encoding::default()],
        ..RtpParameters::default()
    };
    let identity = ConsumerIdentity {
        mid: None,
        ssrc: Ssrc(1000 + 2 * key),
        rtx_ssrc: Ssrc(1001 + 2 * key),
        cname: "cname1".to_owned(),
    };
    SubscribedMedia {
        kind: codecs[0].kind(),
        rtp_parameters: consumer_parameters(&producer, &capabilities, identity).unwrap(),
        stream_id: format!("p_{key}"),
        track_id: format!("t_{key}"),
    }
}

pub(crate) fn fixture(name: &str) -> String {
    fs::read_to_string(fixture_path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Compares with a fixture; what differs is left in a file to look at and, if it is right, to copy.
pub(crate) fn assert_fixture(name: &str, text: &str) {
    let expected = fs::read_to_string(fixture_path(name)).unwrap_or_default();
    if expected != text {
        let left = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&left, text).unwrap();
        panic!("{name} differs from {}:\n{text}", left.display());
    }
}

fn fixture_path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", name].iter().collect()
}
