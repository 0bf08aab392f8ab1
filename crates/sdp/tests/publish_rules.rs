//! What the rules of offer/answer ask of the answering side, each on a real offer with one thing changed.

mod peer;

use motet_control::DtlsRole;
use motet_sdp::{PublishAnswer, PublishSession, SdpError};
use peer::{credentials, fixture, publish_session};

fn chromium() -> String {
    fixture("chromium_156_call.offer.sdp")
}

fn handle(sdp: &str) -> Result<PublishAnswer, SdpError> {
    publish_session().handle_offer(sdp)
}

/// A session that has taken Chromium's offer.
fn in_call() -> PublishSession {
    let mut session = publish_session();
    session.handle_offer(&chromium()).unwrap();
    session
}

/// The offer with its video section's direction changed.
fn with_video(direction: &str) -> String {
    let (head, video) = chromium().split_once("m=video").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    format!("{head}m=video{}", video.replacen("a=sendrecv", &format!("a={direction}"), 1))
}

fn mids(answer: &PublishAnswer) -> (Vec<&str>, Vec<&str>) {
    (
        answer.added.iter().map(|media| media.mid.as_str()).collect(),
        answer.removed.iter().map(|mid| mid.as_str()).collect(),
    )
}

#[test]
fn the_answer_takes_the_passive_role_unless_the_peer_does() {
    let answer = handle(&chromium()).unwrap();
    assert!(answer.sdp.contains("a=setup:passive"));
    let answer = handle(&chromium().replace("setup:actpass", "setup:passive")).unwrap();
    assert!(answer.sdp.contains("a=setup:active"));
    assert_eq!(answer.remote.dtls.role, DtlsRole::Server);
    let error = handle(&chromium().replace("setup:actpass", "setup:holdconn")).unwrap_err();
    assert_eq!(error.to_string(), "line 19 (a=setup:holdconn): not active, passive or actpass");
}

#[test]
fn roles_and_certificate_stay_for_the_sessions_life() {
    let mut session = publish_session();
    session.handle_offer(&chromium().replace("setup:actpass", "setup:passive")).unwrap();
    let again = session.handle_offer(&chromium()).unwrap();
    assert!(again.sdp.contains("a=setup:active"), "actpass leaves the roles as they are");
    let error = session.handle_offer(&chromium().replace("setup:actpass", "setup:active")).unwrap_err();
    assert_eq!(error.reason(), "sdpMismatch");
    let error = session.handle_offer(&chromium().replace("sha-256 13:6A", "sha-256 13:6B")).unwrap_err();
    assert!(error.to_string().contains("the certificate may not change"), "{error}");
}

#[test]
fn an_untrusted_hash_is_passed_over_beside_a_trusted_one_and_refused_alone() {
    let sha1 = format!("a=fingerprint:sha-1 {}\r\n", ["AA"; 20].join(":"));
    let both = chromium().replace("a=fingerprint:sha-256", &format!("{sha1}a=fingerprint:sha-256"));
    assert_eq!(handle(&both).unwrap().remote.dtls.fingerprints.len(), 1);
    let alone: String = chromium()
        .split_inclusive("\r\n")
        .map(|line| if line.starts_with("a=fingerprint") { sha1.as_str() } else { line })
        .collect();
    let error = handle(&alone).unwrap_err();
    assert!(error.to_string().contains("no fingerprint is sha-256"), "{error}");
}

#[test]
fn rtcp_on_a_port_of_its_own_is_refused_by_the_line() {
    let error = handle(&chromium().replacen("a=rtcp-mux\r\n", "", 1)).unwrap_err();
    assert!(error.to_string().starts_with("line 8 (m=audio "), "{error}");
    assert!(error.to_string().contains("rtcp-mux"), "{error}");
}

#[test]
fn two_ice_lite_sides_are_refused() {
    let error = handle(&chromium().replace("a=extmap-allow-mixed", "a=ice-lite")).unwrap_err();
    assert_eq!(error.reason(), "sdpUnsupported");
}

#[test]
fn a_section_with_no_common_codec_is_refused_and_the_others_are_not() {
    let only_red = chromium().replace("UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126", "UDP/TLS/RTP/SAVPF 63 13");
    let answer = handle(&only_red).unwrap();
    assert_eq!(mids(&answer).0, ["1"]);
    assert_eq!(answer.refused[0].reason, "codecUnsupported");
    assert!(answer.refused[0].message.starts_with("none of the offered codecs is forwarded: opus, red"));
    assert!(answer.sdp.contains("a=group:BUNDLE 1\r\n"), "the first section gives the bundle up");
}

#[test]
fn unencrypted_media_is_refused() {
    let plain = chromium().replace("m=audio 47977 UDP/TLS/RTP/SAVPF", "m=audio 47977 RTP/AVP");
    let answer = handle(&plain).unwrap();
    assert!(answer.refused[0].message.contains("DTLS-SRTP"));
}

#[test]
fn what_the_peer_does_not_send_is_answered_inactive_and_is_no_track() {
    let answer = handle(&with_video("recvonly")).unwrap();
    assert_eq!(mids(&answer), (vec!["0"], vec![]));
    assert!(answer.refused.iter().all(|refused| refused.mid.as_str() != "1"));
    assert!(answer.sdp.contains("a=inactive"));
}

#[test]
fn the_same_offer_again_changes_nothing() {
    let answer = in_call().handle_offer(&chromium()).unwrap();
    assert_eq!(mids(&answer), (vec![], vec![]));
    assert!(answer.sdp.starts_with("v=0\r\no=- 1234567 2 "), "the version counts on");
}

#[test]
fn a_track_goes_when_its_section_falls_silent_and_comes_back_with_it() {
    let mut session = in_call();
    assert_eq!(mids(&session.handle_offer(&with_video("inactive")).unwrap()), (vec![], vec!["1"]));
    assert_eq!(mids(&session.handle_offer(&chromium()).unwrap()), (vec!["1"], vec![]));
}

#[test]
fn a_track_whose_stream_changes_is_another_track() {
    let changed = chromium().replace("21087831", "21087832");
    assert_eq!(mids(&in_call().handle_offer(&changed).unwrap()), (vec!["1"], vec!["1"]));
}

#[test]
fn a_simulcast_that_firefox_offers_as_one_stream_later_stays_the_same_track() {
    let offer = fixture("firefox_153_simulcast.offer.sdp");
    let mut session = publish_session();
    session.handle_offer(&offer).unwrap();
    let is_plain = |line: &&str| !line.starts_with("a=rid:") && !line.starts_with("a=simulcast:");
    let plain: String = offer.split_inclusive("\r\n").filter(is_plain).collect();
    assert_eq!(mids(&session.handle_offer(&plain).unwrap()), (vec![], vec![]));
}

#[test]
fn a_rejected_section_may_be_recycled_under_another_mid() {
    let mut session = in_call();
    let stopped = chromium().replace("m=video 33965", "m=video 0");
    assert_eq!(mids(&session.handle_offer(&stopped).unwrap()), (vec![], vec!["1"]));
    let recycled = chromium().replace("a=mid:1\r\n", "a=mid:7\r\n").replace("BUNDLE 0 1 2", "BUNDLE 0 7 2");
    assert_eq!(mids(&session.handle_offer(&recycled).unwrap()), (vec!["7"], vec![]));
}

#[test]
fn a_live_section_keeps_its_mid_and_place() {
    let renamed = chromium().replace("a=mid:1\r\n", "a=mid:7\r\n").replace("BUNDLE 0 1 2", "BUNDLE 0 7 2");
    let error = in_call().handle_offer(&renamed).unwrap_err();
    assert!(error.to_string().contains("belongs to the video section with mid 1"), "{error}");
    let fewer = chromium().split("m=video").next().unwrap().replace("BUNDLE 0 1 2", "BUNDLE 0");
    let error = in_call().handle_offer(&fewer).unwrap_err();
    assert!(error.to_string().contains("3 sections were agreed before, 1 are left"), "{error}");
}

#[test]
fn an_ice_restart_is_answered_with_the_credentials_at_hand() {
    let mut session = in_call();
    let restart = chromium().replace("a=ice-ufrag:DSD7", "a=ice-ufrag:DSD8");
    let draft = session.read_offer(&restart).unwrap();
    assert!(draft.restarts_ice());
    session.restart_ice(credentials(2));
    let answer = session.answer(draft);
    assert_eq!(answer.local_restart, Some(credentials(2)));
    assert!(answer.sdp.contains(&format!("a=ice-ufrag:{}\r\n", credentials(2).ufrag)));
    let again = session.handle_offer(&restart).unwrap();
    assert_eq!(again.local_restart, None);
    assert!(again.sdp.contains(&format!("a=ice-ufrag:{}\r\n", credentials(2).ufrag)), "they stay");
}

#[test]
fn a_track_refused_on_the_draft_is_rejected_in_the_answer() {
    let mut session = publish_session();
    let mut draft = session.read_offer(&chromium()).unwrap();
    let video = draft.added()[1].mid;
    draft.refuse(video, "tooManyTracks", "one camera is enough");
    let answer = session.answer(draft);
    assert_eq!(mids(&answer).0, ["0"]);
    assert_eq!(answer.refused.last().unwrap().reason, "tooManyTracks");
    assert!(answer.sdp.contains("m=video 0 UDP/TLS/RTP/SAVPF 96 "));
}

#[test]
fn a_track_left_out_of_the_draft_is_inactive_and_may_come_later() {
    let mut session = in_call();
    let mut draft = session.read_offer(&chromium()).unwrap();
    let video = draft.receiving().last().unwrap().mid;
    draft.leave_out(video);
    let answer = session.answer(draft);
    assert_eq!(mids(&answer), (vec![], vec!["1"]));
    assert!(answer.sdp.contains("a=inactive"));
    assert_eq!(mids(&session.handle_offer(&chromium()).unwrap()), (vec!["1"], vec![]));
}

#[test]
fn a_forgotten_track_is_a_new_one_in_the_next_offer() {
    let mut session = in_call();
    session.forget("1".parse().unwrap());
    assert_eq!(mids(&session.handle_offer(&chromium()).unwrap()), (vec!["1"], vec![]));
}

#[test]
fn an_error_leaves_the_session_as_it_was() {
    let mut session = in_call();
    session.handle_offer(&chromium().replace("a=rtcp-mux\r\n", "")).unwrap_err();
    let answer = session.handle_offer(&chromium()).unwrap();
    assert_eq!(mids(&answer), (vec![], vec![]));
}

#[test]
fn extension_ids_that_contradict_each_other_are_refused_by_the_line() {
    let twice =
        chromium().replacen("a=extmap:2 http://www.webrtc.org", "a=extmap:1 http://www.webrtc.org", 1);
    let error = handle(&twice).unwrap_err();
    assert!(error.to_string().ends_with("extension id 1 stands twice"), "{error}");
    let (head, video) = chromium().split_once("m=video").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let video = video.replace("a=extmap:4 urn", "a=extmap:1 urn");
    let error = handle(&format!("{head}m=video{video}")).unwrap_err();
    assert!(
        error.to_string().contains("in another section id 1 is urn:ietf:params:rtp-hdrext:ssrc-audio-level")
    );
}

#[test]
fn two_byte_ids_and_mixing_are_taken() {
    let sdp = chromium().replace("a=extmap:10 urn", "a=extmap:20 urn");
    let answer = handle(&sdp).unwrap();
    assert!(answer.sdp.contains("a=extmap:20 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"));
    assert!(answer.sdp.contains("a=extmap-allow-mixed"));
}

#[test]
fn an_extension_that_the_peer_only_receives_is_left_out() {
    let sdp = chromium().replace("a=extmap:1 urn", "a=extmap:1/recvonly urn");
    assert!(!handle(&sdp).unwrap().sdp.contains("ssrc-audio-level"));
}

#[test]
fn guilty_lines_are_named() {
    let named = |from: &str, to: &str, expected: &str| {
        let sdp = chromium();
        assert!(sdp.contains(from), "{from}");
        let error = handle(&sdp.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    named("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus", "line 30 (a=rtpmap:111 opus): not a=rtpmap");
    named("a=mid:1", "a=mid:", "(a=mid:): an identifier must be");
    named("a=ice-pwd:cuspLQWj4n6tR5t5xB4dc6V7", "a=ice-pwd:short", "line 16 (a=ice-pwd:...): not 22 to 256");
    named("a=rtcp-fb:96 nack", "a=rtcp-fb:960 nack", "(a=rtcp-fb:960 nack): not a=rtcp-fb");
    named("a=ssrc:227516220 cname", "a=ssrc:eleven cname", "the SSRC is no number");
    named("a=ssrc-group:FID 21087831 2251949014", "a=ssrc-group:FID one", "the group does not list SSRCs");
    named("UDP/TLS/RTP/SAVPF 111 63", "UDP/TLS/RTP/SAVPF 111 111", "payload type 111 stands twice");
    named("a=mid:1", "a=mid:0", "another section has the same mid");
    named("a=extmap:1 urn", "a=extmap:one urn", "not a=extmap");
}
