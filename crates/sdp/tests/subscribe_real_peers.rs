//! What is offered to subscribers, and what real peers' answers to it come to.

mod peer;

use motet_control::{Codec, DtlsRole, RtpParameters};
use motet_rtp::ext::ExtensionKind;
use motet_sdp::SubscribeAnswer;
use peer::{assert_fixture, fixture, subscribe_session, track};

fn answer(name: &str) -> SubscribeAnswer<u32> {
    let mut session = subscribe_session();
    session.add(1, track(1, &[Codec::Opus])).unwrap();
    session.add(2, track(2, &[Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1])).unwrap();
    session.add(3, track(3, &[Codec::H264])).unwrap();
    let offer = session.poll_offer().unwrap();
    assert_fixture("subscribe.offer.sdp", &offer.sdp);
    session.handle_answer(&fixture(name)).unwrap()
}

fn accepted(answer: &SubscribeAnswer<u32>, key: u32) -> &RtpParameters {
    &answer.accepted.iter().find(|(accepted, _)| *accepted == key).expect("accepted").1
}

fn codecs(parameters: &RtpParameters) -> Vec<(Codec, u8, bool)> {
    let codecs = parameters.codecs.iter();
    codecs.map(|codec| (codec.codec, codec.payload_type.get(), codec.rtx_payload_type.is_some())).collect()
}

#[test]
fn chromium_takes_all_that_is_offered() {
    let answer = answer("chromium_156.answer.sdp");
    assert_eq!(answer.remote.as_ref().unwrap().dtls.role, DtlsRole::Client);
    assert!(answer.refused.is_empty());
    let video = accepted(&answer, 2);
    assert_eq!(video.mid.unwrap().as_str(), "1");
    assert_eq!(codecs(video)[0], (Codec::Vp8, 96, true));
    assert_eq!(codecs(video).last(), Some(&(Codec::Av1, 118, true)));
    assert_eq!(video.extension_id(ExtensionKind::DependencyDescriptor), Some(8));
    assert!(video.encodings[0].rtx_ssrc.is_some());
}

#[test]
fn firefox_leaves_out_what_it_cannot_decode() {
    let answer = answer("firefox_153.answer.sdp");
    assert_eq!(
        codecs(accepted(&answer, 2)),
        [(Codec::Vp8, 96, true), (Codec::Vp9, 98, true), (Codec::Av1, 118, true)]
    );
    assert_eq!(answer.refused, [(3, "the receiver rejects the media section".to_owned())]);
    assert_eq!(accepted(&answer, 2).extension_id(ExtensionKind::VideoOrientation), None);
}

#[test]
fn aiortc_takes_vp8_and_h264() {
    let answer = answer("aiortc_1_16.answer.sdp");
    assert_eq!(
        codecs(accepted(&answer, 2)),
        [(Codec::Vp8, 96, true), (Codec::H264, 102, true), (Codec::H264, 106, true)]
    );
}

#[test]
fn gstreamer_takes_one_format_a_section_without_rtx_or_extensions() {
    let answer = answer("gstreamer_1_22.answer.sdp");
    let h264 = accepted(&answer, 3);
    assert_eq!(codecs(h264), [(Codec::H264, 102, false)], "a format that it leaves open is taken once");
    assert_eq!(h264.encodings[0].rtx_ssrc, None);
    assert!(h264.header_extensions.is_empty());
}
