//! Views and the mix: who takes it, what the mixer is told, and what happens without it.

use std::time::Duration;

use motet_control::{
    Announcement, Arrangement, Codec, Layout, MediaKind, MixMember, MixerAsk, MixerId, MixerNews,
    MixerNotification, Notification, Placeholder, PlaceholderReason, ProducerId, Quality, Shown,
};
use motet_room::{
    By, Command, ConsumerAnswer, Event, Intent, Join, MoveState, ParticipantId, Peer, Place, Reason, Reply,
    Source, Topology, TrackId, View, ViewIntent, Voice,
};

use crate::stage::{ADMIN, Stage, join, room_name};

/// Three people of an SFU with a camera and a microphone each, who take everything.
fn three(stage: &mut Stage) -> [ParticipantId; 3] {
    let people = ["Ada", "Bea", "Cem"].map(|name| stage.join_as("r", name, ADMIN).unwrap().participant_id);
    for who in people {
        stage.publish(who, Codec::Opus);
        stage.publish(who, Codec::Vp8);
    }
    for who in people {
        assert_eq!(stage.accept_all(who).len(), 4);
    }
    stage.asks.clear();
    people
}

fn mixer_id(stage: &Stage) -> MixerId {
    *stage.workers[0].mixers.keys().next().expect("a mixer")
}

fn say(stage: &mut Stage, news: MixerNews) {
    let notification = MixerNotification { mixer_id: mixer_id(stage), news };
    stage.rooms.handle_mixer(stage.now, notification);
    stage.carry_out();
}

#[test]
fn one_takes_the_mix_beside_others_who_take_tracks_and_keeps_the_tracks_until_it_is_there() {
    let mut stage = Stage::new();
    let [ada, bea, _] = three(&mut stage);
    assert_eq!(stage.set_view(ada, ViewIntent::Mix), View::Mix);
    let told = stage.told(bea);
    assert_eq!(told, [Event::ViewChanged { participant_id: ada, view: View::Mix }]);
    let offers = stage.accept_all(ada);
    assert!(offers.iter().all(|offer| offer.source == Source::Mix && offer.participant_id.is_none()));
    let kinds: Vec<MediaKind> = offers.iter().map(|offer| offer.kind).collect();
    assert_eq!(kinds, [MediaKind::Audio, MediaKind::Video]);
    assert_eq!(stage.workers[0].consumers.len(), 12 + 2, "the tracks go on");
    stage.settle(ada);
    assert_eq!(stage.workers[0].consumers.len(), 8 + 2);
    assert_eq!(stage.heading(ada).state, MoveState::Settled);
    let mixer = &stage.workers[0].mixers[&mixer_id(&stage)];
    assert_eq!((mixer.members.len(), mixer.sources.len(), mixer.listeners.len()), (3, 6, 1));
    assert_eq!(stage.set_view(ada, ViewIntent::Tracks), View::Tracks);
    assert_eq!(stage.accept_all(ada).len(), 4);
    assert_eq!(stage.workers[0].consumers.len(), 12 + 2, "the mix goes on");
    stage.settle(ada);
    assert_eq!(stage.workers[0].consumers.len(), 12);
    assert!(stage.workers[0].mixers.is_empty(), "nobody takes it");
    assert_eq!(stage.asks.last(), Some(&MixerAsk::Close));
}

#[test]
fn in_an_mcu_everyone_takes_the_mix_who_wishes_nothing_else() {
    let mut stage = Stage::new();
    let [ada, bea, cem] = three(&mut stage);
    stage.set_view(cem, ViewIntent::Tracks);
    let room = stage.set_topology(ada, Intent::Mcu);
    assert_eq!((room.topology, room.reason, room.is_mixed), (Topology::Mcu, Reason::Asked, true));
    for who in [ada, bea] {
        assert_eq!(stage.heading(who).view, View::Mix);
        assert_eq!(stage.accept_all(who).len(), 2);
        stage.settle(who);
    }
    assert_eq!(stage.heading(cem).view, View::Tracks);
    assert_eq!(stage.heading(cem).state, MoveState::Settled, "it need not move");
    let dan = stage.join_with(join("r", "Dan")).unwrap();
    assert_eq!((dan.room.topology, dan.you.view), (Topology::Mcu, View::Mix));
    assert_eq!(stage.accept_all(dan.participant_id).len(), 2);
    stage.set_topology(ada, Intent::Sfu);
    for who in [ada, bea, dan.participant_id] {
        stage.accept_all(who);
        stage.settle(who);
    }
    assert!(stage.workers[0].mixers.is_empty());
    assert_eq!(stage.workers[0].consumers.len(), 3 * 4 + 6);
}

#[test]
fn the_mixer_hears_of_members_sources_and_mutes_as_they_come_and_go() {
    let mut stage = Stage::new();
    let [ada, bea, _] = three(&mut stage);
    stage.set_view(ada, ViewIntent::Mix);
    stage.accept_all(ada);
    stage.asks.clear();
    let dan = stage.join("r", "Dan");
    let member = MixMember(dan.0);
    let shown =
        |stage: &Stage| match stage.asks.iter().rev().find(|ask| matches!(ask, MixerAsk::SetMember { .. })) {
            Some(MixerAsk::SetMember { settings, .. }) => settings.shown,
            _ => panic!("a member is described: {:?}", stage.asks),
        };
    assert!(!shown(&stage), "one who only listens has no cell");
    let track_id = stage.publish(dan, Codec::Opus).id;
    assert!(shown(&stage));
    let is_source = |ask: &MixerAsk| matches!(ask, MixerAsk::AddSource { member: of, kind: MediaKind::Audio, .. } if *of == member);
    assert!(stage.asks.iter().any(is_source));
    stage.command(Command::Mute { by: By::Participant(dan), track_id, muted: true }).unwrap();
    assert!(matches!(stage.asks.last(), Some(MixerAsk::SetSourceMuted { muted: true, .. })));
    let voice = Voice { gain: 2.0, position: -0.5, muted: false };
    stage.command(Command::SetVoice { by: By::Operator, participant_id: dan, voice }).unwrap();
    assert!(matches!(stage.asks.last(), Some(MixerAsk::SetMember { settings, .. }) if settings.gain == 2.0));
    let loud = Voice { gain: 9.0, ..voice };
    let set = Command::SetVoice { by: By::Operator, participant_id: dan, voice: loud };
    assert_eq!(stage.command(set).unwrap_err().reason(), "badVoice");
    stage.command(Command::Remove { by: By::Participant(bea), participant_id: dan }).unwrap();
    assert_eq!(stage.asks.last(), Some(&MixerAsk::RemoveMember { member }));
}

#[test]
fn layouts_and_announcements_go_to_the_mixer() {
    let mut stage = Stage::new();
    let [ada, bea, _] = three(&mut stage);
    let place = || Place::Named(room_name("r"));
    let announcement = Announcement { file: vec![0; 8].into(), times: 1 };
    let play = || Command::Play { place: place(), announcement: announcement.clone() };
    assert_eq!(stage.command(play()).unwrap_err().reason(), "noMix");
    let layout = Layout { arrangement: Arrangement::SpeakerStrip, ..Layout::default() };
    stage.command(Command::SetLayout { place: Place::Of(ada), layout: layout.clone() }).unwrap();
    assert_eq!(stage.told(bea), [Event::Layout(layout.clone())]);
    stage.set_view(ada, ViewIntent::Mix);
    assert!(matches!(&stage.asks[0], MixerAsk::Open(open) if open.layout == layout));
    let Ok(Reply::Playing(announcement_id)) = stage.command(play()) else { panic!("it plays") };
    assert!(matches!(stage.asks.last(), Some(MixerAsk::Play { .. })));
    stage.command(Command::StopPlaying { place: place(), announcement_id }).unwrap();
    assert_eq!(stage.asks.last(), Some(&MixerAsk::StopPlaying { announcement_id }));
    let nothing = Layout { arrangement: Arrangement::Custom(Vec::new()), ..Layout::default() };
    let set = Command::SetLayout { place: place(), layout: nothing };
    assert_eq!(stage.command(set).unwrap_err().reason(), "badLayout");
}

#[test]
fn a_client_that_refuses_the_picture_in_one_codec_is_offered_the_other() {
    let mut stage = Stage::new();
    let [ada, ..] = three(&mut stage);
    stage.set_view(ada, ViewIntent::Mix);
    let offered = |stage: &mut Stage| -> Vec<(TrackId, Codec)> {
        let events = stage.told(ada).into_iter();
        let offers = events.filter_map(|event| match event {
            Event::Subscribed(offer) => Some((offer.track_id, offer.rtp_parameters.codecs[0].codec)),
            _ => None,
        });
        offers.collect()
    };
    let offers = offered(&mut stage);
    assert_eq!(offers[1].1, Codec::Vp8);
    let answers = vec![ConsumerAnswer { track_id: offers[1].0, outcome: Err("no VP8".into()) }];
    stage.command(Command::AnswerConsumers { participant_id: ada, answers }).unwrap();
    assert_eq!(offered(&mut stage).iter().map(|offer| offer.1).collect::<Vec<_>>(), [Codec::H264]);
    let dan =
        Join { codecs: Some(vec![Codec::Opus, Codec::H264]), view: ViewIntent::Mix, ..join("r", "Dan") };
    let dan = stage.join_with(dan).unwrap().participant_id;
    let offers = stage.accept_all(dan);
    assert_eq!(offers[1].rtp_parameters.codecs[0].codec, Codec::H264);
}

#[test]
fn a_server_that_mixes_no_more_rooms_gives_tracks_and_says_why() {
    let mut stage = Stage::with(1, |config| config.limits.mixers_max = 1);
    let [ada, ..] = three(&mut stage);
    stage.set_view(ada, ViewIntent::Mix);
    let other = stage.join_with(Join { grants: ADMIN, view: ViewIntent::Mix, ..join("s", "Eve") }).unwrap();
    let eve = other.participant_id;
    assert_eq!(other.you.view, View::Tracks);
    let room = stage.set_topology(eve, Intent::Mcu);
    assert_eq!((room.topology, room.reason), (Topology::Sfu, Reason::NoMixer));
    assert_eq!(stage.heading(eve).reason, Reason::NoMixer);
}

#[test]
fn a_mixer_that_fails_gives_everyone_tracks_again_until_the_mix_is_asked_for_anew() {
    let mut stage = Stage::new();
    let [ada, bea, _] = three(&mut stage);
    stage.set_topology(bea, Intent::Mcu);
    stage.accept_all(ada);
    stage.settle(ada);
    let failed = MixerNews::Failed { why: "as the test wants".into() };
    let gone = mixer_id(&stage);
    say_and_close(&mut stage, failed, gone);
    let heading = stage.heading(ada);
    assert_eq!(
        (heading.topology, heading.view, heading.reason),
        (Topology::Sfu, View::Tracks, Reason::MixerFailed)
    );
    assert_eq!(stage.accept_all(ada).len(), 4);
    assert_eq!(stage.set_topology(bea, Intent::Mcu).topology, Topology::Mcu);
    assert_ne!(mixer_id(&stage), gone);
}

/// A mixer that failed is closed with its producers.
fn say_and_close(stage: &mut Stage, news: MixerNews, mixer_id: MixerId) {
    stage.workers[0].fail_mixer(mixer_id);
    let notification = MixerNotification { mixer_id, news };
    stage.rooms.handle_mixer(stage.now, notification);
    stage.carry_out();
}

#[test]
fn the_mixers_active_speaker_is_told() {
    let mut stage = Stage::new();
    let [ada, bea, _] = three(&mut stage);
    stage.set_view(ada, ViewIntent::Mix);
    stage.told(ada);
    say(&mut stage, MixerNews::ActiveSpeaker { member: Some(MixMember(bea.0)) });
    assert_eq!(stage.told(ada), [Event::ActiveSpeaker { participant_id: Some(bea) }]);
    say(&mut stage, MixerNews::ActiveSpeaker { member: Some(MixMember(7)) });
    assert_eq!(stage.told(ada), [Event::ActiveSpeaker { participant_id: None }]);
}

#[test]
fn a_poor_path_is_given_the_mix_in_an_auto_room_and_the_tracks_when_it_is_well_for_long() {
    let mut stage = Stage::new();
    let [ada, ..] = three(&mut stage);
    let Ok(Reply::Location(location)) = stage.command(Command::Locate { participant_id: ada }) else {
        panic!("it is here")
    };
    let transport_id = location.transports.iter().find(|(peer, _)| *peer == Peer::Subscribe).unwrap().1;
    let quality =
        |stage: &mut Stage, quality| stage.notify(Notification::TransportQuality { transport_id, quality });
    quality(&mut stage, Quality::Poor);
    stage.pass(Duration::from_secs(4));
    quality(&mut stage, Quality::Poor);
    stage.pass(Duration::from_secs(1));
    assert_eq!((stage.heading(ada).view, stage.heading(ada).reason), (View::Mix, Reason::PoorPath));
    stage.accept_all(ada);
    stage.settle(ada);
    quality(&mut stage, Quality::Excellent);
    stage.pass(Duration::from_secs(59));
    assert_eq!(stage.heading(ada).view, View::Mix);
    stage.pass(Duration::from_secs(1));
    assert_eq!(stage.heading(ada).view, View::Tracks);
    quality(&mut stage, Quality::Poor);
    stage.pass(Duration::from_secs(5));
    quality(&mut stage, Quality::Excellent);
    stage.pass(Duration::from_secs(3_600));
    assert_eq!(stage.heading(ada).view, View::Mix, "no third time");
    assert_eq!(stage.set_view(ada, ViewIntent::Tracks), View::Tracks);
}

#[test]
fn what_one_said_about_single_tracks_is_kept_while_one_takes_the_mix() {
    let mut stage = Stage::new();
    let [ada, bea, _] = three(&mut stage);
    let Ok(Reply::Room(room)) = stage.command(Command::ShowRoom { room: room_name("r") }) else {
        panic!("a room")
    };
    let tracks = &room.participants.iter().find(|other| other.id == bea).unwrap().tracks;
    let (microphone, camera) = (tracks[0].id, tracks[1].id);
    stage.command(Command::Unsubscribe { participant_id: ada, track_ids: vec![camera] }).unwrap();
    stage.command(Command::Pause { participant_id: ada, track_id: microphone, paused: true }).unwrap();
    for view in [ViewIntent::Mix, ViewIntent::Tracks] {
        stage.told(ada);
        stage.set_view(ada, view);
        let offers = stage.accept_all(ada);
        assert!(!offers.iter().any(|offer| offer.track_id == camera));
        stage.settle(ada);
    }
    let pause = |paused| Command::Pause { participant_id: ada, track_id: microphone, paused };
    stage.take_requests();
    stage.command(pause(true)).unwrap();
    assert!(stage.take_requests().is_empty(), "it was offered paused");
}

#[test]
fn flows_are_told_to_those_who_watch_and_what_clients_tell_counts_for_a_while() {
    let mut stage = Stage::new();
    let (ada, bea) = (stage.join_mesher("r", "Ada"), stage.join_mesher("r", "Bea"));
    assert!(!stage.rooms.are_flows_watched());
    stage.command(Command::WatchFlows { participant_id: bea, watch: true }).unwrap();
    assert!(stage.rooms.are_flows_watched());
    let sent = |to| motet_room::SentFlow { to, audio_bps: 1, video_bps: 2 };
    let flows = vec![sent(bea), sent(ada), sent(ParticipantId(7))];
    stage.command(Command::ReportFlows { participant_id: ada, flows }).unwrap();
    let watched = |stage: &mut Stage| match stage.command(Command::LocateWatched) {
        Ok(Reply::Watched(mut rooms)) => rooms.remove(0),
        other => panic!("flows are located: {other:?}"),
    };
    let room = watched(&mut stage);
    assert_eq!(room.people.len(), 2);
    assert_eq!(
        room.reported.iter().map(|flow| (flow.from, flow.to)).collect::<Vec<_>>(),
        [(Some(ada), Some(bea))]
    );
    stage.command(Command::TellFlows { router_id: room.router_id, flows: room.reported }).unwrap();
    assert!(matches!(&stage.told(bea)[..], [.., Event::Flows(flows)] if flows.len() == 1));
    assert!(!stage.told(ada).iter().any(|event| matches!(event, Event::Flows(_))));
    stage.pass(Duration::from_secs(6));
    assert!(watched(&mut stage).reported.is_empty());
}

#[test]
fn whoever_the_mix_does_not_show_is_told_why_and_so_is_everybody() {
    let mut stage = Stage::new();
    let [ada, bea, cem] = three(&mut stage);
    stage.set_view(ada, ViewIntent::Mix);
    stage.accept_all(ada);
    let camera =
        stage.room("r").participants.iter().find(|person| person.id == bea).unwrap().tracks[1].clone();
    let producer_id = stage.location(bea).producers.iter().find(|(id, _)| *id == camera.id).unwrap().1;
    [ada, bea, cem].iter().for_each(|who| drop(stage.told(*who)));
    let placeholder =
        Placeholder { reason: PlaceholderReason::TooLarge, explanation: "video too large".to_owned() };
    let shown = Shown::Placeholder(placeholder.clone());
    say(&mut stage, MixerNews::SourceShown { producer_id, shown: shown.clone() });
    let told = Event::TrackPlaceholder {
        participant_id: bea,
        track_id: camera.id,
        placeholder: Some(placeholder.clone()),
    };
    for who in [ada, bea, cem] {
        assert_eq!(stage.told(who), std::slice::from_ref(&told));
    }
    let held = |stage: &mut Stage| {
        let people = stage.room("r").participants;
        people.into_iter().find(|person| person.id == bea).unwrap().tracks[1].placeholder.clone()
    };
    assert_eq!(held(&mut stage), Some(placeholder));
    say(&mut stage, MixerNews::SourceShown { producer_id, shown });
    assert_eq!(stage.told(cem), [], "it is no news");
    say(&mut stage, MixerNews::SourceShown { producer_id, shown: Shown::Picture });
    let shown_again = Event::TrackPlaceholder { participant_id: bea, track_id: camera.id, placeholder: None };
    assert_eq!(stage.told(cem), [shown_again]);
    assert_eq!(held(&mut stage), None);
    let unknown = ProducerId(u64::MAX);
    say(&mut stage, MixerNews::SourceShown { producer_id: unknown, shown: Shown::Picture });
    assert_eq!(stage.told(cem), []);
}

#[test]
fn the_cells_of_the_mix_are_told_until_there_is_no_mix() {
    let mut stage = Stage::new();
    let [ada, bea, cem] = three(&mut stage);
    stage.set_view(ada, ViewIntent::Mix);
    stage.accept_all(ada);
    stage.settle(ada);
    let (track_id, producer_id) = stage.location(bea).producers[1];
    [ada, bea, cem].iter().for_each(|who| drop(stage.told(*who)));
    let cell = |member: u64, producer_id| motet_control::MixCell {
        x: 0.5,
        y: 0.0,
        w: 0.5,
        h: 1.0,
        member: MixMember(member),
        producer_id,
    };
    let cells = vec![cell(bea.0, Some(producer_id)), cell(cem.0, None), cell(u64::MAX, None)];
    say(&mut stage, MixerNews::Arranged { cells });
    let [Event::MixCells(told)] = &stage.told(cem)[..] else { panic!("the cells are told") };
    let seen: Vec<_> = told.iter().map(|cell| (cell.participant_id, cell.track_id)).collect();
    assert_eq!(seen, [(bea, Some(track_id)), (cem, None)], "nobody who is not here has a cell");
    assert_eq!(stage.room("r").room.cells, *told);
    let frozen = Placeholder { reason: PlaceholderReason::Frozen, explanation: "video stopped".to_owned() };
    say(&mut stage, MixerNews::SourceShown { producer_id, shown: Shown::Placeholder(frozen) });
    stage.told(cem);
    stage.set_view(ada, ViewIntent::Tracks);
    stage.accept_all(ada);
    stage.settle(ada);
    let told = stage.told(cem);
    assert!(told.contains(&Event::MixCells(Default::default())), "{told:?}");
    let cleared = Event::TrackPlaceholder { participant_id: bea, track_id, placeholder: None };
    assert!(told.contains(&cleared), "{told:?}");
    assert!(stage.room("r").room.cells.is_empty());
}
