//! Who gets the floor, and who does not.

use super::*;

const BEAT: Duration = Duration::from_millis(300);
const STEPS_PER_BEAT: usize = 15;
const SPEECH: i8 = -25;
const SILENCE: i8 = -127;

/// Each member says its level for some beats; the changes of the floor that follow.
fn talk(observer: &mut ActiveSpeaker, levels: &[(usize, i8)], beats: usize) -> Vec<ProducerId> {
    let mut changes = Vec::new();
    for _ in 0..beats {
        for (member, dbov) in levels {
            (0..STEPS_PER_BEAT).for_each(|_| observer.hear(*member, *dbov));
        }
        changes.extend(observer.decide(BEAT));
    }
    changes
}

fn two() -> (ActiveSpeaker, usize, usize) {
    let mut observer = ActiveSpeaker::new();
    let (a, b) = (observer.join(ProducerId(1)), observer.join(ProducerId(2)));
    talk(&mut observer, &[(a, SILENCE), (b, SILENCE)], 4);
    (observer, a, b)
}

#[test]
fn nobody_has_the_floor_while_all_are_silent() {
    let (mut observer, a, b) = two();
    assert!(talk(&mut observer, &[(a, SILENCE), (b, -90)], 20).is_empty());
}

#[test]
fn whoever_speaks_first_gets_the_floor_within_two_beats() {
    let (mut observer, a, b) = two();
    assert_eq!(talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 2), [ProducerId(1)]);
}

#[test]
fn the_floor_passes_to_the_other_when_the_first_falls_silent() {
    let (mut observer, a, b) = two();
    talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 10);
    assert_eq!(talk(&mut observer, &[(a, SILENCE), (b, SPEECH)], 10), [ProducerId(2)]);
}

#[test]
fn a_click_does_not_take_the_floor_from_a_speaker() {
    let (mut observer, a, b) = two();
    talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 10);
    for _ in 0..10 {
        (0..STEPS_PER_BEAT).for_each(|_| observer.hear(a, SPEECH));
        (0..STEPS_PER_BEAT - 2).for_each(|_| observer.hear(b, SILENCE));
        (0..2).for_each(|_| observer.hear(b, -5));
        assert_eq!(observer.decide(BEAT), None);
    }
}

#[test]
fn a_pause_for_breath_keeps_the_floor() {
    let (mut observer, a, b) = two();
    talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 10);
    assert!(talk(&mut observer, &[(a, SILENCE), (b, SILENCE)], 10).is_empty());
    assert!(talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 10).is_empty());
}

#[test]
fn whoever_stops_sending_counts_as_silent() {
    let (mut observer, a, b) = two();
    talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 10);
    assert_eq!(talk(&mut observer, &[(b, SPEECH)], 10), [ProducerId(2)]);
}

#[test]
fn two_who_talk_at_once_do_not_pass_the_floor_back_and_forth() {
    let (mut observer, a, b) = two();
    talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 10);
    assert!(talk(&mut observer, &[(a, SPEECH), (b, SPEECH)], 30).len() <= 1);
}

#[test]
fn constant_noise_is_not_speech_for_long() {
    let mut observer = ActiveSpeaker::new();
    let (noisy, speaker) = (observer.join(ProducerId(1)), observer.join(ProducerId(2)));
    talk(&mut observer, &[(noisy, -55), (speaker, SILENCE)], 20);
    assert_eq!(talk(&mut observer, &[(noisy, -55), (speaker, SPEECH)], 10), [ProducerId(2)]);
}

#[test]
fn the_floor_is_free_when_its_holder_leaves() {
    let (mut observer, a, b) = two();
    talk(&mut observer, &[(a, SPEECH), (b, SILENCE)], 10);
    observer.leave(a);
    assert_eq!(talk(&mut observer, &[(b, SPEECH)], 10), [ProducerId(2)]);
}
