//! Session descriptions: as an offer to publish, and as an answer to what is offered.

use std::sync::OnceLock;

use motet_control::negotiate::{ConsumerIdentity, consumer_parameters, router_capabilities};
use motet_control::{Codec, Encoding, Fingerprint, FingerprintHash, IceCredentials, RtpParameters};
use motet_rtp::Ssrc;
use motet_sdp::{LocalTransport, PublishSession, SubscribeSession, SubscribedMedia};

/// Reads `data` both ways; other than UTF-8 never comes out of a WebSocket's text.
pub fn sdp(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut publish = PublishSession::new(1, local_transport(), router_capabilities());
    if let Ok(answer) = publish.handle_offer(text) {
        assert!(answer.sdp.lines().all(|line| line.as_bytes().get(1) == Some(&b'=')));
        let again = publish.handle_offer(text).expect("the same offer again is as good as before");
        assert!(again.added.is_empty() && again.removed.is_empty());
    }
    let mut subscribe = SubscribeSession::new(1, local_transport());
    for (key, media) in tracks().iter().enumerate() {
        subscribe.add(key, media.clone()).expect("there is room for three");
    }
    subscribe.poll_offer().expect("something to offer");
    if let Ok(answer) = subscribe.handle_answer(text) {
        assert_eq!(answer.accepted.len() + answer.refused.len(), tracks().len());
    }
}

fn local_transport() -> LocalTransport {
    LocalTransport {
        ice: IceCredentials { ufrag: "ufrag".to_owned(), password: "p".repeat(22) },
        candidates: Vec::new(),
        fingerprints: vec![Fingerprint { hash: FingerprintHash::Sha256, digest: vec![0; 32] }],
    }
}

fn tracks() -> &'static [SubscribedMedia] {
    static TRACKS: OnceLock<Vec<SubscribedMedia>> = OnceLock::new();
    TRACKS.get_or_init(|| {
        [&[Codec::Opus][..], &[Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1], &[Codec::H264]]
            .into_iter()
            .zip(1..)
            .map(|(codecs, number)| track(codecs, number))
            .collect()
    })
}

fn track(codecs: &[Codec], number: u32) -> SubscribedMedia {
    let capabilities = router_capabilities();
    let producer = RtpParameters {
        codecs: capabilities.codecs.iter().filter(|codec| codecs.contains(&codec.codec)).cloned().collect(),
        header_extensions: capabilities.header_extensions.clone(),
        encodings: vec![Encoding::default()],
        ..RtpParameters::default()
    };
    let (ssrc, rtx_ssrc) = (Ssrc(number * 2), Ssrc(number * 2 + 1));
    let identity = ConsumerIdentity { mid: None, ssrc, rtx_ssrc, cname: "c".to_owned() };
    SubscribedMedia {
        kind: codecs[0].kind(),
        rtp_parameters: consumer_parameters(&producer, &capabilities, identity).expect("its own codecs"),
        stream_id: "p".to_owned(),
        track_id: number.to_string(),
    }
}
