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
        /// Whether its client can mesh.
        mesher: bool,
        /// What the room shall be, if this makes it.
        intent: Option<u8>,
        view: u8,
    },
    Announce {
        who: u8,
        video: bool,
    },
    /// Publishes an announced track.
    Bind {
        who: u8,
        track: u8,
        codec: u8,
    },
    /// Follows its move to the end, or says so of another one.
    Settle {
        who: u8,
        rightly: bool,
    },
    Pair {
        who: u8,
        with: u8,
        state: u8,
    },
    Relay {
        who: u8,
        to: u8,
    },
    SetTopology {
        room: u8,
        intent: u8,
    },
    SetView {
        by: Option<u8>,
        who: u8,
        view: u8,
    },
    SetVoice {
        who: u8,
        muted: bool,
    },
    FailMixer,
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
        6 => join(),
        8 => ways(),
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

fn join() -> impl Strategy<Value = Step> {
    let identity = proptest::option::of(0..3u8);
    let intent = proptest::option::of(any::<u8>());
    let mesher = prop::bool::weighted(0.8);
    (any::<u8>(), any::<bool>(), prop::bool::weighted(0.8), identity, mesher, intent, any::<u8>()).prop_map(
        |(room, admin, auto, identity, mesher, intent, view)| Step::Join {
            room,
            admin,
            auto,
            identity,
            mesher,
            intent,
            view,
        },
    )
}

/// What is about the way that media takes.
fn ways() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    prop_oneof![
        4 => (n(), any::<bool>()).prop_map(|(who, video)| Step::Announce { who, video }),
        4 => (n(), n(), n()).prop_map(|(who, track, codec)| Step::Bind { who, track, codec }),
        6 => (n(), prop::bool::weighted(0.9)).prop_map(|(who, rightly)| Step::Settle { who, rightly }),
        4 => (n(), n(), n()).prop_map(|(who, with, state)| Step::Pair { who, with, state }),
        1 => (n(), n()).prop_map(|(who, to)| Step::Relay { who, to }),
        4 => (n(), n()).prop_map(|(room, intent)| Step::SetTopology { room, intent }),
        4 => (proptest::option::of(n()), n(), n()).prop_map(|(by, who, view)| Step::SetView { by, who, view }),
        1 => (n(), any::<bool>()).prop_map(|(who, muted)| Step::SetVoice { who, muted }),
        1 => Just(Step::FailMixer),
    ]
}
