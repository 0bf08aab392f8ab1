//! What may happen in a random history.

use proptest::prelude::*;

/// One thing that happens. Numbers choose among what there is, modulo how much there is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Join {
        room: u8,
        admin: bool,
        auto: bool,
        identity: Option<u8>,
    },
    Leave {
        who: u8,
    },
    Drop {
        who: u8,
    },
    Resume {
        who: u8,
    },
    Open {
        who: u8,
        peer: bool,
    },
    Connect {
        who: u8,
        peer: bool,
    },
    Restart {
        who: u8,
        peer: bool,
    },
    CloseTransport {
        who: u8,
        peer: bool,
    },
    Publish {
        who: u8,
        codec: u8,
        muted: bool,
    },
    Unpublish {
        who: u8,
        track: u8,
    },
    Mute {
        who: Option<u8>,
        track: u8,
        muted: bool,
    },
    Subscribe {
        who: u8,
        track: u8,
    },
    Unsubscribe {
        who: u8,
        track: u8,
    },
    Answer {
        who: u8,
        track: u8,
        yes: bool,
    },
    /// As a client does: opens its transport and takes everything that it was offered.
    AcceptAll {
        who: u8,
    },
    Pause {
        who: u8,
        track: u8,
        paused: bool,
    },
    Chat {
        who: u8,
        to: Option<u8>,
    },
    Remove {
        by: Option<u8>,
        who: u8,
    },
    CloseRoom {
        room: u8,
    },
    Pass {
        seconds: u8,
    },
    Refuse {
        choice: u8,
    },
    Quality {
        choice: u8,
    },
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    let b = any::<bool>;
    let person = move || (n(), b());
    prop_oneof![
        4 => (n(), b(), b(), proptest::option::of(0..3u8))
            .prop_map(|(room, admin, auto, identity)| Step::Join { room, admin, auto, identity }),
        1 => n().prop_map(|who| Step::Leave { who }),
        1 => n().prop_map(|who| Step::Drop { who }),
        1 => n().prop_map(|who| Step::Resume { who }),
        4 => person().prop_map(|(who, peer)| Step::Open { who, peer }),
        1 => person().prop_map(|(who, peer)| Step::Connect { who, peer }),
        1 => person().prop_map(|(who, peer)| Step::Restart { who, peer }),
        1 => person().prop_map(|(who, peer)| Step::CloseTransport { who, peer }),
        5 => (n(), n(), b()).prop_map(|(who, codec, muted)| Step::Publish { who, codec, muted }),
        1 => (n(), n()).prop_map(|(who, track)| Step::Unpublish { who, track }),
        1 => (proptest::option::of(n()), n(), b())
            .prop_map(|(who, track, muted)| Step::Mute { who, track, muted }),
        2 => (n(), n()).prop_map(|(who, track)| Step::Subscribe { who, track }),
        1 => (n(), n()).prop_map(|(who, track)| Step::Unsubscribe { who, track }),
        6 => n().prop_map(|who| Step::AcceptAll { who }),
        1 => (n(), n(), b()).prop_map(|(who, track, yes)| Step::Answer { who, track, yes }),
        1 => (n(), n(), b()).prop_map(|(who, track, paused)| Step::Pause { who, track, paused }),
        1 => (n(), proptest::option::of(n())).prop_map(|(who, to)| Step::Chat { who, to }),
        1 => (proptest::option::of(n()), n()).prop_map(|(by, who)| Step::Remove { by, who }),
        1 => n().prop_map(|room| Step::CloseRoom { room }),
        2 => (0..40u8).prop_map(|seconds| Step::Pass { seconds }),
        1 => n().prop_map(|choice| Step::Refuse { choice }),
        1 => n().prop_map(|choice| Step::Quality { choice }),
    ]
}
