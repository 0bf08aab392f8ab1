//! What the rules of offer/answer ask of the offering side. The peer here is a stub that answers what it is told to.

mod peer;

use motet_control::{Codec, DtlsRole};
use motet_sdp::{SDP_BYTES_MAX, SdpError, SubscribeOffer, SubscribeSession};
use peer::{credentials, subscribe_session, track};

const AUDIO: &[Codec] = &[Codec::Opus];
const VIDEO: &[Codec] = &[Codec::Vp8];

/// Answers an offer as a willing browser does: the offer turned round, save for the MIDs to reject.
fn answered(offer: &SubscribeOffer<u32>, rejected: &[&str]) -> String {
    let (head, sections) = offer.sdp.split_once("m=").unwrap();
    let mut kept = Vec::new();
    let mut answer = String::new();
    for section in sections.split("\r\nm=") {
        let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:")).unwrap();
        let (media_line, rest) = section.split_once("\r\n").unwrap();
        let is_rejected = rejected.contains(&mid) || media_line.split(' ').nth(1) == Some("0");
        if is_rejected {
            let (kind, formats) = media_line.split_once(' ').unwrap();
            let formats = formats.split_once(' ').unwrap().1;
            answer += &format!("m={kind} 0 {formats}\r\na=mid:{mid}\r\na=inactive\r\n");
            continue;
        }
        kept.push(mid);
        let lines = rest.lines().filter(|line| !line.starts_with("a=ssrc") && !line.starts_with("a=msid"));
        let lines: Vec<String> = lines
            .map(|line| match line.split_once(':') {
                Some(("a=setup", _)) => "a=setup:active".to_owned(),
                Some(("a=ice-ufrag", _)) => "a=ice-ufrag:peer".to_owned(),
                _ if line == "a=sendonly" => "a=recvonly".to_owned(),
                _ => line.to_owned(),
            })
            .collect();
        answer += &format!("m={media_line}\r\n{}\r\n", lines.join("\r\n"));
    }
    let head: String = head
        .split_inclusive("\r\n")
        .filter(|line| !line.starts_with("a=ice-lite") && !line.starts_with("a=group"))
        .collect();
    format!("{head}a=group:BUNDLE {}\r\n{answer}", kept.join(" "))
}

/// Offers and has it answered willingly.
fn settle(session: &mut SubscribeSession<u32>) -> SubscribeOffer<u32> {
    let offer = session.poll_offer().expect("something to offer");
    session.handle_answer(&answered(&offer, &[])).unwrap();
    offer
}

fn media_lines(offer: &SubscribeOffer<u32>) -> Vec<(String, String, String)> {
    let (_, sections) = offer.sdp.split_once("m=").unwrap();
    let line = |section: &str, prefix: &str| {
        section.lines().find_map(|line| line.strip_prefix(prefix)).unwrap_or_default().to_owned()
    };
    sections
        .split("\r\nm=")
        .map(|section| {
            let words: Vec<&str> = section.lines().next().unwrap().split(' ').collect();
            let direction =
                ["sendonly", "inactive"].into_iter().find(|d| section.contains(&format!("a={d}\r\n")));
            let state = if words[1] == "0" { "rejected" } else { direction.unwrap_or("?") };
            (words[0].to_owned(), line(section, "a=mid:"), state.to_owned())
        })
        .collect()
}

fn media(kind: &str, mid: &str, state: &str) -> (String, String, String) {
    (kind.to_owned(), mid.to_owned(), state.to_owned())
}

#[test]
fn nothing_is_offered_without_a_track_or_a_change() {
    let mut session = subscribe_session();
    assert!(session.poll_offer().is_none());
    session.add(1, track(1, AUDIO)).unwrap();
    settle(&mut session);
    assert!(session.poll_offer().is_none());
}

#[test]
fn one_offer_is_open_at_a_time_and_what_comes_meanwhile_is_offered_next() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    let first = session.poll_offer().unwrap();
    session.add(2, track(2, VIDEO)).unwrap();
    assert!(session.poll_offer().is_none());
    let answer = session.handle_answer(&answered(&first, &[])).unwrap();
    assert_eq!(answer.accepted.len(), 1);
    let second = session.poll_offer().unwrap();
    assert_eq!(media_lines(&second), [media("audio", "0", "sendonly"), media("video", "1", "sendonly")]);
    let answer = session.handle_answer(&answered(&second, &[])).unwrap();
    assert_eq!(answer.accepted.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [2], "the first is known");
}

#[test]
fn a_section_whose_track_ended_serves_the_next_of_its_kind_under_the_same_mid() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    session.add(2, track(2, AUDIO)).unwrap();
    settle(&mut session);
    session.remove(1);
    let offer = settle(&mut session);
    assert_eq!(media_lines(&offer), [media("video", "0", "inactive"), media("audio", "1", "sendonly")]);
    assert!(!offer.sdp.contains("msid:p_1"), "nothing is left of the track");
    session.add(3, track(3, AUDIO)).unwrap();
    session.add(4, track(4, VIDEO)).unwrap();
    let offer = settle(&mut session);
    let expected =
        [media("video", "0", "sendonly"), media("audio", "1", "sendonly"), media("audio", "2", "sendonly")];
    assert_eq!(media_lines(&offer), expected);
}

#[test]
fn a_section_is_not_reused_before_its_end_was_offered() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    settle(&mut session);
    session.remove(1);
    session.add(2, track(2, VIDEO)).unwrap();
    let offer = settle(&mut session);
    assert_eq!(media_lines(&offer), [media("video", "0", "inactive"), media("video", "1", "sendonly")]);
}

#[test]
fn a_track_that_ends_before_it_was_offered_leaves_no_trace() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    session.add(2, track(2, VIDEO)).unwrap();
    session.remove(1);
    let offer = settle(&mut session);
    assert_eq!(offer.tracks.len(), 1);
    assert_eq!(media_lines(&offer).len(), 1);
}

#[test]
fn a_track_that_ends_while_its_offer_is_open_is_not_accepted() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    let offer = session.poll_offer().unwrap();
    session.remove(1);
    let answer = session.handle_answer(&answered(&offer, &[])).unwrap();
    assert!(answer.accepted.is_empty() && answer.refused.is_empty());
    assert_eq!(media_lines(&session.poll_offer().unwrap()), [media("audio", "0", "inactive")]);
}

#[test]
fn a_rejected_section_is_offered_rejected_and_then_recycled_with_a_new_mid() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    session.add(2, track(2, VIDEO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let answer = session.handle_answer(&answered(&offer, &["0"])).unwrap();
    assert_eq!(answer.refused[0].0, 1);
    session.add(3, track(3, AUDIO)).unwrap();
    let offer = settle(&mut session);
    let rejected =
        [media("video", "0", "rejected"), media("video", "1", "sendonly"), media("audio", "2", "sendonly")];
    assert_eq!(media_lines(&offer), rejected);
    assert!(offer.sdp.contains("a=group:BUNDLE 1 2\r\n"));
    session.add(4, track(4, AUDIO)).unwrap();
    let offer = settle(&mut session);
    assert_eq!(media_lines(&offer)[0], media("audio", "3", "sendonly"));
    assert!(offer.sdp.contains("a=group:BUNDLE 1 2 3\r\n"), "the transport stays with the MID that had it");
}

#[test]
fn a_peer_may_reject_all_there_is_and_take_what_comes_later() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let answer = session.handle_answer(&answered(&offer, &["0"])).unwrap();
    assert_eq!((answer.remote, answer.refused.len()), (None, 1));
    assert!(session.poll_offer().is_none(), "there is nothing to offer");
    session.add(2, track(2, AUDIO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let answer = session.handle_answer(&answered(&offer, &[])).unwrap();
    assert!(answer.remote.is_some());
    assert_eq!(answer.accepted[0].0, 2);
}

#[test]
fn a_track_put_in_a_section_that_the_peer_rejects_meanwhile_moves_to_a_new_mid() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    session.add(2, track(2, AUDIO)).unwrap();
    settle(&mut session);
    session.remove(1);
    settle(&mut session);
    session.add(3, track(3, AUDIO)).unwrap();
    let open = session.poll_offer().unwrap();
    session.add(4, track(4, VIDEO)).unwrap();
    let answer = session.handle_answer(&answered(&open, &["0"])).unwrap();
    assert!(answer.refused.is_empty());
    let offer = session.poll_offer().unwrap();
    assert_eq!(media_lines(&offer)[0], media("video", "3", "sendonly"));
}

#[test]
fn a_receiver_that_wants_nothing_refuses_the_track_and_keeps_the_section() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let answer = answered(&offer, &[]).replace("a=recvonly", "a=inactive");
    let answer = session.handle_answer(&answer).unwrap();
    assert_eq!(answer.refused, [(1, "the receiver wants nothing in the media section".to_owned())]);
    session.add(2, track(2, VIDEO)).unwrap();
    assert_eq!(media_lines(&session.poll_offer().unwrap()), [media("video", "0", "sendonly")]);
}

#[test]
fn an_answer_with_payload_types_of_its_own_is_honoured() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let answer = answered(&offer, &[]).replace("SAVPF 111", "SAVPF 77").replace(":111 ", ":77 ");
    let answer = session.handle_answer(&answer).unwrap();
    assert_eq!(answer.accepted[0].1.codecs[0].payload_type.get(), 77);
}

#[test]
fn an_answer_without_rtx_has_no_rtx_stream() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let answer = answered(&offer, &[]).replace("SAVPF 96 97", "SAVPF 96");
    let answer = session.handle_answer(&answer).unwrap();
    let parameters = &answer.accepted[0].1;
    assert_eq!(parameters.codecs[0].rtx_payload_type, None);
    assert_eq!(parameters.encodings[0].rtx_ssrc, None);
}

#[test]
fn a_later_answer_may_drop_what_was_accepted() {
    let mut session = subscribe_session();
    session.add(1, track(1, VIDEO)).unwrap();
    settle(&mut session);
    session.restart_ice(credentials(2));
    let offer = session.poll_offer().unwrap();
    let answer = session.handle_answer(&answered(&offer, &["0"])).unwrap();
    assert_eq!(answer.refused.len(), 1);
}

#[test]
fn an_ice_restart_is_offered_and_recognised_in_the_answer() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    settle(&mut session);
    session.restart_ice(credentials(2));
    let offer = session.poll_offer().unwrap();
    assert!(offer.sdp.contains(&format!("a=ice-ufrag:{}\r\n", credentials(2).ufrag)));
    let answer = answered(&offer, &[]).replace("a=ice-ufrag:peer", "a=ice-ufrag:other");
    let answer = session.handle_answer(&answer).unwrap();
    assert!(answer.remote.unwrap().ice_restarted);
    assert!(answer.accepted.is_empty(), "media is as it was");
}

#[test]
fn the_peer_may_leave_the_client_role_to_this_side() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let answer =
        session.handle_answer(&answered(&offer, &[]).replace("setup:active", "setup:passive")).unwrap();
    assert_eq!(answer.remote.unwrap().dtls.role, DtlsRole::Server);
}

#[test]
fn an_answer_that_does_not_fit_is_refused_and_the_offer_stays_open() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    session.add(2, track(2, VIDEO)).unwrap();
    let offer = session.poll_offer().unwrap();
    let good = answered(&offer, &[]);
    let fails = |session: &mut SubscribeSession<u32>, sdp: &str, reason: &str| {
        let error = session.handle_answer(sdp).unwrap_err();
        assert_eq!(error.reason(), reason, "{error}");
    };
    fails(&mut session, good.split("m=video").next().unwrap(), "sdpMismatch");
    fails(&mut session, &good.replace("a=mid:0", "a=mid:9").replace("BUNDLE 0", "BUNDLE 9"), "sdpMismatch");
    fails(&mut session, &good.replace("a=group:BUNDLE 0 1", "a=x"), "sdpUnsupported");
    fails(&mut session, &good.replace("a=rtcp-mux\r\n", ""), "sdpUnsupported");
    session.handle_answer(&good).unwrap();
    assert!(matches!(session.handle_answer(&good), Err(SdpError::BadState(_))), "one answer an offer");
}

#[test]
fn offers_grow_until_their_answer_would_not_be_read() {
    let mut session = subscribe_session();
    let most = (0..).find(|key| session.add(*key, track(*key, VIDEO)).is_err()).unwrap();
    assert!(most > 150, "{most} videos are enough for a big room");
    let error = session.add(9_999, track(9_999, AUDIO)).unwrap_err();
    assert_eq!(error.reason(), "sdpLimitReached");
    let offer = settle(&mut session);
    assert!(
        offer.sdp.len() > SDP_BYTES_MAX * 3 / 4 && offer.sdp.len() < SDP_BYTES_MAX,
        "{}",
        offer.sdp.len()
    );
}

#[test]
fn a_key_is_in_once() {
    let mut session = subscribe_session();
    session.add(1, track(1, AUDIO)).unwrap();
    assert!(session.add(1, track(1, AUDIO)).is_err());
}

#[test]
fn a_stream_name_that_would_break_the_line_is_refused() {
    let mut session = subscribe_session();
    let mut media = track(1, AUDIO);
    media.stream_id = "a b\r\na=evil".to_owned();
    assert!(session.add(1, media).is_err());
}
