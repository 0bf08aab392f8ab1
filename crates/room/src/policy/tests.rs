//! The policy as tables: facts, and what they come to.

use super::*;

fn room() -> RoomFacts {
    RoomFacts {
        intent: Intent::Auto,
        current: None,
        people: 2,
        cannot_mesh: 0,
        may_not_receive: 0,
        mix_wanted: 0,
        failed_pairs: 0,
        mesh_possible_for: Duration::ZERO,
        mixer: MixerFact::Ready,
        mesh_people_max: 6,
        auto_mesh_people_max: 2,
    }
}

#[track_caller]
fn assert_decides(facts: RoomFacts, topology: Topology, reason: Reason) {
    let decision = decide(&facts);
    assert_eq!((decision.topology, decision.reason), (topology, reason), "{facts:?}");
    assert!(!decision.explanation.is_empty());
}

#[test]
fn auto_is_a_mesh_of_two_unless_something_speaks_against_it() {
    assert_decides(room(), Topology::Mesh, Reason::FewPeople);
    assert_decides(RoomFacts { people: 1, ..room() }, Topology::Mesh, Reason::FewPeople);
    for (facts, reason) in [
        (RoomFacts { people: 3, ..room() }, Reason::TooManyForMesh),
        (RoomFacts { cannot_mesh: 1, ..room() }, Reason::ClientCannotMesh),
        (RoomFacts { may_not_receive: 1, ..room() }, Reason::Grants),
        (RoomFacts { mix_wanted: 1, ..room() }, Reason::MixWanted),
        (RoomFacts { failed_pairs: 1, ..room() }, Reason::PairFailed),
        (RoomFacts { auto_mesh_people_max: 0, ..room() }, Reason::TooManyForMesh),
        (RoomFacts { mesh_people_max: 0, ..room() }, Reason::TooManyForMesh),
    ] {
        assert_decides(facts, Topology::Sfu, reason);
        assert_decides(RoomFacts { current: Some(Topology::Mesh), ..facts }, Topology::Sfu, reason);
    }
}

#[test]
fn auto_goes_back_to_a_mesh_when_one_has_been_possible_for_a_while() {
    let left = RoomFacts { current: Some(Topology::Sfu), ..room() };
    assert_decides(left, Topology::Sfu, Reason::Steadying);
    assert_eq!(decide(&left).again_in, Some(STEADY));
    let almost = RoomFacts { mesh_possible_for: STEADY - Duration::from_secs(1), ..left };
    assert_eq!(decide(&almost).again_in, Some(Duration::from_secs(1)));
    assert_decides(RoomFacts { mesh_possible_for: STEADY, ..left }, Topology::Mesh, Reason::FewPeople);
}

#[test]
fn what_is_asked_for_is_done_where_it_can_be() {
    let asked = |intent| RoomFacts { intent, people: 5, current: Some(Topology::Sfu), ..room() };
    assert_decides(asked(Intent::Mesh), Topology::Mesh, Reason::Asked);
    assert_decides(asked(Intent::Sfu), Topology::Sfu, Reason::Asked);
    assert_decides(asked(Intent::Mcu), Topology::Mcu, Reason::Asked);
    let cannot = RoomFacts { cannot_mesh: 2, ..asked(Intent::Mesh) };
    assert_decides(cannot, Topology::Sfu, Reason::ClientCannotMesh);
    let failed = RoomFacts { failed_pairs: 1, ..asked(Intent::Mesh) };
    assert_decides(failed, Topology::Sfu, Reason::PairFailed);
    let unmixed = |mixer| RoomFacts { mixer, ..asked(Intent::Mcu) };
    assert_decides(unmixed(MixerFact::Unavailable), Topology::Sfu, Reason::NoMixer);
    assert_decides(unmixed(MixerFact::Failed), Topology::Sfu, Reason::MixerFailed);
}

fn viewer() -> ViewFacts {
    ViewFacts {
        intent: ViewIntent::Auto,
        can: Topologies::default(),
        room_intent: Intent::Auto,
        topology: Topology::Sfu,
        mixer: MixerFact::Ready,
        pictures: 3,
        current: Some(View::Tracks),
        poor_for: None,
        fine_for: None,
        mixes: 0,
    }
}

#[track_caller]
fn assert_views(facts: ViewFacts, view: View, reason: Option<Reason>) {
    let decision = decide_view(&facts);
    assert_eq!((decision.view, decision.reason), (view, reason), "{facts:?}");
}

#[test]
fn who_wishes_nothing_takes_what_the_room_gives() {
    assert_views(viewer(), View::Tracks, None);
    let mcu = ViewFacts { topology: Topology::Mcu, room_intent: Intent::Mcu, ..viewer() };
    assert_views(mcu, View::Mix, None);
    assert_views(ViewFacts { topology: Topology::Mesh, ..viewer() }, View::Tracks, None);
    let cannot = Topologies { mcu: false, ..Topologies::default() };
    assert_views(ViewFacts { can: cannot, ..mcu }, View::Tracks, None);
    let mix_alone = Topologies { sfu: false, ..Topologies::default() };
    assert_views(ViewFacts { can: mix_alone, ..viewer() }, View::Mix, None);
    assert_views(ViewFacts { mixer: MixerFact::Unavailable, ..mcu }, View::Tracks, Some(Reason::NoMixer));
}

#[test]
fn a_wish_goes_before_the_room() {
    let mcu = ViewFacts { topology: Topology::Mcu, room_intent: Intent::Mcu, ..viewer() };
    assert_views(ViewFacts { intent: ViewIntent::Tracks, ..mcu }, View::Tracks, Some(Reason::Asked));
    let mix = ViewFacts { intent: ViewIntent::Mix, room_intent: Intent::Sfu, ..viewer() };
    assert_views(mix, View::Mix, Some(Reason::Asked));
    let failed = ViewFacts { mixer: MixerFact::Failed, ..mix };
    assert_views(failed, View::Tracks, Some(Reason::MixerFailed));
}

#[test]
fn a_poor_path_is_given_the_mix_and_the_tracks_again_when_it_is_well() {
    let poor = |seconds| ViewFacts { poor_for: Some(Duration::from_secs(seconds)), ..viewer() };
    assert_views(poor(2), View::Tracks, None);
    assert_eq!(decide_view(&poor(2)).again_in, Some(Duration::from_secs(3)));
    assert_views(poor(5), View::Mix, Some(Reason::PoorPath));
    assert_views(ViewFacts { pictures: 1, ..poor(9) }, View::Tracks, None);
    assert_views(ViewFacts { room_intent: Intent::Sfu, ..poor(9) }, View::Tracks, None);
    assert_views(ViewFacts { mixer: MixerFact::Unavailable, ..poor(9) }, View::Tracks, None);
    let mixed = ViewFacts { current: Some(View::Mix), mixes: 1, ..viewer() };
    assert_views(mixed, View::Mix, Some(Reason::PoorPath));
    let fine = |seconds| ViewFacts { fine_for: Some(Duration::from_secs(seconds)), ..mixed };
    assert_views(fine(59), View::Mix, Some(Reason::PoorPath));
    assert_eq!(decide_view(&fine(59)).again_in, Some(Duration::from_secs(1)));
    assert_views(fine(60), View::Tracks, None);
    assert_views(ViewFacts { mixes: MIXES_MAX, ..fine(999) }, View::Mix, Some(Reason::PoorPath));
}
