//! Descriptions that nobody well-meaning writes are refused or survived, and cost no more than their size allows.

mod peer;

use motet_control::Codec;
use motet_sdp::{SDP_BYTES_MAX, SECTIONS_MAX, SdpError};
use peer::{fixture, publish_session, subscribe_session, track};
use proptest::prelude::*;

const OFFERS: [&str; 6] = [
    "chromium_156_call.offer.sdp",
    "chromium_156_simulcast.offer.sdp",
    "firefox_153_call.offer.sdp",
    "firefox_153_simulcast.offer.sdp",
    "aiortc_1_16_call.offer.sdp",
    "gstreamer_1_22_call.offer.sdp",
];
const ANSWERS: [&str; 4] = [
    "chromium_156.answer.sdp",
    "firefox_153.answer.sdp",
    "aiortc_1_16.answer.sdp",
    "gstreamer_1_22.answer.sdp",
];

/// One cut, doubling, swap or overwriting of lines or bytes.
#[derive(Clone, Debug)]
enum Change {
    DropLine(prop::sample::Index),
    DoubleLine(prop::sample::Index),
    MoveLine(prop::sample::Index, prop::sample::Index),
    Overwrite(prop::sample::Index, String),
    SwapWords(prop::sample::Index),
    Cut(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    let piece = prop_oneof![
        "[0-9]{1,12}",
        "[ -~]{0,6}",
        Just("\r\n".to_owned()),
        Just("*".to_owned()),
        Just("\u{0}é\u{202e}".to_owned()),
    ];
    prop_oneof![
        index().prop_map(Change::DropLine),
        index().prop_map(Change::DoubleLine),
        (index(), index()).prop_map(|(from, to)| Change::MoveLine(from, to)),
        (index(), piece).prop_map(|(at, piece)| Change::Overwrite(at, piece)),
        index().prop_map(Change::SwapWords),
        index().prop_map(Change::Cut),
    ]
}

fn apply(sdp: &str, change: &Change) -> String {
    let mut lines: Vec<&str> = sdp.split_inclusive('\n').collect();
    if lines.is_empty() {
        return String::new();
    }
    match change {
        Change::DropLine(at) => {
            lines.remove(at.index(lines.len()));
            lines.concat()
        }
        Change::DoubleLine(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at]);
            lines.concat()
        }
        Change::MoveLine(from, to) => {
            let line = lines.remove(from.index(lines.len()));
            lines.insert(to.index(lines.len() + 1), line);
            lines.concat()
        }
        Change::Overwrite(at, piece) => {
            let mut chars: Vec<char> = sdp.chars().collect();
            let at = at.index(chars.len());
            let end = (at + piece.chars().count()).min(chars.len());
            chars.splice(at..end, piece.chars());
            chars.into_iter().collect()
        }
        Change::SwapWords(at) => {
            let at = at.index(lines.len());
            let turned: Vec<&str> = lines[at].trim_end().rsplit(' ').collect();
            let line = format!("{}\r\n", turned.join(" "));
            lines[at] = &line;
            lines.concat()
        }
        Change::Cut(at) => sdp.chars().take(at.index(sdp.len())).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_changed_offer_never_panics_and_what_is_answered_can_be_answered_again(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let original = fixture(OFFERS[which.index(OFFERS.len())]);
        let sdp = changes.iter().fold(original.clone(), |sdp, change| apply(&sdp, change));
        let mut session = publish_session();
        if let Ok(answer) = session.handle_offer(&sdp) {
            prop_assert!(answer.sdp.lines().all(|line| line.as_bytes().get(1) == Some(&b'=')));
            let again = session.handle_offer(&sdp).unwrap();
            prop_assert!(again.added.is_empty() && again.removed.is_empty());
        }
        let mut in_call = publish_session();
        in_call.handle_offer(&original).unwrap();
        let _ = in_call.handle_offer(&sdp);
    }

    #[test]
    fn a_changed_answer_never_panics_and_accounts_for_each_track_once(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let original = fixture(ANSWERS[which.index(ANSWERS.len())]);
        let sdp = changes.iter().fold(original, |sdp, change| apply(&sdp, change));
        let mut session = subscribe_session();
        session.add(1, track(1, &[Codec::Opus])).unwrap();
        session.add(2, track(2, &[Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1])).unwrap();
        session.add(3, track(3, &[Codec::H264])).unwrap();
        session.poll_offer().unwrap();
        if let Ok(answer) = session.handle_answer(&sdp) {
            let mut keys: Vec<u32> = answer.accepted.iter().map(|(key, _)| *key).collect();
            keys.extend(answer.refused.iter().map(|(key, _)| *key));
            keys.sort_unstable();
            prop_assert_eq!(keys, vec![1, 2, 3]);
        } else {
            prop_assert!(session.poll_offer().is_none(), "the offer stays open");
        }
    }

    #[test]
    fn no_text_at_all_panics(text in "\\PC{0,300}") {
        let _ = publish_session().handle_offer(&text);
        let _ = publish_session().handle_offer(&format!("v=0\r\n{text}"));
    }
}

#[test]
fn an_oversized_description_is_refused_unread() {
    let sdp = format!("v=0\r\n{}", "a=x\r\n".repeat(SDP_BYTES_MAX));
    let error = publish_session().handle_offer(&sdp).unwrap_err();
    assert!(matches!(error, SdpError::LimitReached(_)), "{error}");
}

#[test]
fn an_empty_description_is_refused() {
    for sdp in ["", "\r\n \r\n", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"] {
        let error = publish_session().handle_offer(sdp).unwrap_err();
        assert_eq!(error.reason(), "sdpMissing", "{sdp:?}: {error}");
    }
}

#[test]
fn as_many_sections_as_there_may_be_are_answered() {
    let offer = fixture("gstreamer_1_22_call.offer.sdp");
    let (head, audio) = offer.split_once("m=audio").unwrap();
    let audio = audio.split("m=video").next().unwrap();
    let mids: Vec<String> = (0..SECTIONS_MAX).map(|index| format!("m{index}")).collect();
    let mut sdp = head.replace("audio0 video1", &mids.join(" "));
    for (index, mid) in mids.iter().enumerate() {
        // Shortened so that all of them fit the size limit.
        let lines = audio.lines().filter(|line| !line.contains("ssrc") && !line.contains("rtcp-fb"));
        let section: Vec<&str> = lines.filter(|line| index == 0 || !line.starts_with("a=ice-")).collect();
        sdp += &format!("m=audio{}\r\n", section.join("\r\n").replace("audio0", mid));
    }
    let answer = publish_session().handle_offer(&sdp).unwrap();
    assert_eq!(answer.added.len(), SECTIONS_MAX);
}
