//! Offers of real peers are answered byte for byte as laid down, and give the parameters that their media comes with.

mod peer;

use motet_control::{Codec, DtlsRole, MediaKind, RtcpFeedback};
use motet_rtp::Ssrc;
use motet_rtp::ext::ExtensionKind;
use motet_sdp::PublishAnswer;
use peer::{assert_fixture, fixture, publish_session};

fn answer(name: &str) -> PublishAnswer {
    let answer = publish_session().handle_offer(&fixture(&format!("{name}.offer.sdp"))).unwrap();
    assert_fixture(&format!("{name}.offer.answer.sdp"), &answer.sdp);
    answer
}

fn codecs(answer: &PublishAnswer, index: usize) -> Vec<(Codec, u8)> {
    let codecs = &answer.added[index].rtp_parameters.codecs;
    codecs.iter().map(|codec| (codec.codec, codec.payload_type.get())).collect()
}

#[test]
fn chromium_publishes_with_its_own_payload_types_and_ids() {
    let answer = answer("chromium_156_call");
    assert_eq!(answer.remote.ufrag, "DSD7");
    assert_eq!(answer.remote.dtls.role, DtlsRole::Client);
    let audio = &answer.added[0];
    assert_eq!((audio.mid.as_str(), audio.kind), ("0", MediaKind::Audio));
    assert_eq!(codecs(&answer, 0)[0], (Codec::Opus, 111));
    assert_eq!(audio.rtp_parameters.extension_id(ExtensionKind::AudioLevel), Some(1));
    assert_eq!(audio.rtp_parameters.cname, "RDYb9tipQ6hkxlZ+");
    let video = &answer.added[1].rtp_parameters;
    assert_eq!(codecs(&answer, 1)[0], (Codec::Vp8, 96));
    assert_eq!(video.codecs[0].rtx_payload_type.map(|rtx| rtx.get()), Some(97));
    assert_eq!(video.extension_id(ExtensionKind::TransportSeq), Some(3));
    assert_eq!(video.encodings[0].ssrc, Some(Ssrc(21_087_831)));
    assert_eq!(video.encodings[0].rtx_ssrc, Some(Ssrc(2_251_949_014)));
    assert!(video.reduced_size_rtcp);
}

#[test]
fn the_codec_that_the_peer_puts_first_is_taken_alone() {
    let answer = answer("chromium_156_call");
    assert_eq!(codecs(&answer, 0).len(), 1);
    assert_eq!(codecs(&answer, 1).len(), 1);
    assert!(!answer.sdp.contains("VP9"));
}

#[test]
fn of_the_preferred_codecs_profiles_the_one_that_most_decode_is_taken() {
    let offer = fixture("chromium_156_call.offer.sdp");
    let h264_first =
        offer.replace("SAVPF 96 97 102", "SAVPF 102").replace("SAVPF 102 103", "SAVPF 102 103 96 97");
    let answer = publish_session().handle_offer(&h264_first).unwrap();
    assert_eq!(codecs(&answer, 1), [(Codec::H264, 108)]);
    assert_eq!(answer.added[1].rtp_parameters.codecs[0].fmtp.get("profile-level-id"), Some("42e01f"));
}

#[test]
fn a_data_channel_is_refused_and_the_call_goes_on() {
    for name in ["chromium_156_call", "firefox_153_call"] {
        let answer = answer(name);
        assert_eq!(answer.added.len(), 2);
        assert_eq!(answer.refused[0].mid.as_str(), "2");
        assert_eq!(answer.refused[0].reason, "notYet");
        assert!(answer.sdp.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
        assert!(answer.sdp.contains("a=group:BUNDLE 0 1\r\n"));
    }
}

#[test]
fn a_sender_with_transport_wide_feedback_is_not_asked_for_remb_too() {
    let answer = answer("chromium_156_call");
    let feedback = &answer.added[1].rtp_parameters.codecs[0].rtcp_feedback;
    assert!(feedback.contains(&RtcpFeedback::TransportCc) && !feedback.contains(&RtcpFeedback::Remb));
}

#[test]
fn firefox_publishes_and_takes_its_fingerprint_from_the_session_part() {
    let answer = answer("firefox_153_call");
    assert_eq!(answer.remote.dtls.fingerprints.len(), 1);
    assert_eq!(codecs(&answer, 0)[0], (Codec::Opus, 109));
    assert_eq!(codecs(&answer, 1), [(Codec::Vp8, 120)]);
    assert!(answer.sdp.contains("a=fmtp:109 minptime=10;stereo=1;useinbandfec=1\r\n"));
    assert!(!answer.sdp.contains("max-fs"), "a router limits no frame size");
}

#[test]
fn sections_that_are_bundle_only_are_in_use() {
    let answer = answer("firefox_153_max_bundle");
    assert_eq!(answer.added.len(), 2);
    assert!(!answer.sdp.contains("m=video 0 "));
}

#[test]
fn of_a_simulcast_one_encoding_is_taken_and_found_by_its_rid() {
    for name in ["chromium_156_simulcast", "firefox_153_simulcast"] {
        let answer = answer(name);
        let encodings = &answer.added[0].rtp_parameters.encodings;
        assert_eq!(encodings.len(), 1);
        assert_eq!(encodings[0].rid.unwrap().as_str(), "f", "the full size");
        assert_eq!(encodings[0].ssrc, None, "which SSRC is whose is not signaled");
        assert!(answer.sdp.ends_with("a=rid:f recv\r\na=simulcast:recv f\r\n"));
    }
}

#[test]
fn aiortc_publishes_and_is_asked_for_remb() {
    let answer = answer("aiortc_1_16_call");
    assert_eq!(answer.remote.dtls.fingerprints.len(), 3);
    assert_eq!(codecs(&answer, 0)[0], (Codec::Opus, 96));
    assert_eq!(codecs(&answer, 1), [(Codec::Vp8, 97)]);
    assert!(answer.added[1].rtp_parameters.codecs[0].rtcp_feedback.contains(&RtcpFeedback::Remb));
}

#[test]
fn gstreamer_publishes_without_mid_extension_rtx_or_a_usable_transport_cc() {
    let answer = answer("gstreamer_1_22_call");
    assert_eq!(answer.added[0].mid.as_str(), "audio0");
    assert_eq!(codecs(&answer, 0), [(Codec::Opus, 97)]);
    assert_eq!(codecs(&answer, 1), [(Codec::H264, 96)]);
    let video = &answer.added[1].rtp_parameters;
    assert!(video.header_extensions.is_empty());
    assert_eq!(video.codecs[0].rtcp_feedback, [RtcpFeedback::Pli, RtcpFeedback::Fir]);
    assert_eq!(video.encodings[0].ssrc, Some(Ssrc(204_413_838)));
}

#[test]
fn gstreamer_without_bundle_is_told_what_to_set() {
    let error = publish_session().handle_offer(&fixture("gstreamer_1_22_unbundled.offer.sdp")).unwrap_err();
    assert_eq!(error.reason(), "sdpUnsupported");
    assert!(error.to_string().starts_with("line 6 (m=audio 9 UDP/TLS/RTP/SAVPF 97): "), "{error}");
    assert!(error.to_string().contains("max-bundle"), "{error}");
}
