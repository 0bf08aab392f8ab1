//! Names in every script: what cannot be drawn as it is written is a number, never boxes, and never a fault.

mod stage;

use motet_mixer::MemberId;
use proptest::prelude::*;
use stage::Stage;

/// The brightness of each pixel of a room in which these are without a camera.
fn drawn(names: &[&str]) -> Vec<u8> {
    let mut stage = Stage::new(640, 360);
    for (number, name) in names.iter().enumerate() {
        stage.compositor.set_member(MemberId(number as u64), name, true);
    }
    stage.run(2);
    let picture = stage.compositor.picture().expect("it was composed");
    let rows = 0..picture.height();
    rows.flat_map(|y| (0..picture.width()).map(move |x| (x, y))).map(|(x, y)| picture.pixel(x, y).y).collect()
}

#[test]
fn people_whose_names_the_font_cannot_set_are_told_apart_by_numbers() {
    assert_eq!(
        drawn(&["Ada", "李伟", "محمد", "\u{1f980}"]),
        drawn(&["Ada", "Person 2", "Person 3", "Person 4"])
    );
    assert_ne!(drawn(&["李伟"]), drawn(&[""]));
}

#[test]
fn what_can_be_set_of_a_name_is() {
    assert_eq!(drawn(&["李伟 Wei"]), drawn(&["Wei"]));
    assert_eq!(drawn(&["Ada \u{1f980}"]), drawn(&["Ada"]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_name_does_harm(name in any::<String>(), other in "[\\u{590}-\\u{10ff}\\u{3000}-\\u{9fff}\\u{1f000}-\\u{1faff}]{0,200}") {
        drawn(&[&name, &other]);
    }
}
