//! One of each message, with every member and every word.

use motet_control::{Codec, MediaKind, PlaceholderReason, Quality};
use motet_room::{
    Intent, LeaveReason, MediaState, MoveState, PairState, ParticipantId, Peer, Reason, RoomEnd, Source,
    Topology, TrackId, View, ViewIntent,
};
use motet_signal::wire::*;
use serde_json::{Value, json};

pub(crate) fn transport() -> TransportView {
    let stream = StreamView {
        packets: 1,
        bytes: 2,
        bitrate_bps: 3,
        packets_lost: -4,
        fraction_lost: 0.5,
        jitter_ms: 0.5,
        round_trip_ms: Some(1.5),
        nacked_packets: 5,
        retransmitted_packets: 6,
        keyframe_requests: 7,
        keyframes: 8,
    };
    let track = TrackStatsView {
        track_id: Text(TrackId(1)),
        kind: Some(Text(MediaKind::Audio)),
        paused: false,
        streams: vec![stream],
    };
    TransportView {
        peer: Text(Peer::Publish),
        ice_state: "completed",
        dtls_state: "connected",
        protocol: Some("tcp"),
        remote: Some("[2001:db8::1]:1".to_owned()),
        round_trip_ms: None,
        received_bytes: 1,
        sent_bytes: 2,
        dropped_packets: 3,
        tracks: vec![TrackStatsView { kind: None, ..track.clone() }, track],
    }
}

fn track() -> TrackView {
    TrackView {
        id: Text(TrackId(1)),
        kind: Text(MediaKind::Video),
        source: Text(Source::Screen),
        name: Some("slides".to_owned()),
        muted: false,
        codec: Some(Text(Codec::Vp8)),
        placeholder: Some(placeholder(PlaceholderReason::TooLarge)),
    }
}

fn placeholder(reason: PlaceholderReason) -> PlaceholderView {
    PlaceholderView { reason: Text(reason), explanation: "because".to_owned() }
}

pub(crate) fn mix_cells() -> Vec<MixCellView> {
    let participant_id = Text(ParticipantId(1));
    let cell = MixCellView { x: 0.0, y: 0.0, w: 0.5, h: 1.0, participant_id, track_id: None };
    vec![cell.clone(), MixCellView { x: 0.5, track_id: Some(Text(TrackId(1))), ..cell }]
}

pub(crate) fn requests() -> Vec<Request> {
    let track_id = Text(TrackId(1));
    let track = PublishTrack {
        mid: Text("0".parse().unwrap()),
        source: Text(Source::ScreenAudio),
        name: Some("tab".to_owned()),
        muted: Some(true),
        track_id: Some(track_id),
    };
    let mut all = vec![
        Request::Join(JoinParams {
            room: "attic".to_owned(),
            name: "Ada".to_owned(),
            token: Some(Secret::from("token")),
            auto_subscribe: Some(false),
            topology: Some(Text(Intent::Auto)),
            topologies: Some(Topology::ALL.iter().copied().map(Text).collect()),
            view: Some(Text(ViewIntent::Mix)),
            codecs: Some(Codec::ALL.map(Text).to_vec()),
        }),
        Request::Resume(ResumeParams { resume_token: Secret::from("token") }),
        Request::Leave(NoParams {}),
        Request::Publish(PublishParams { sdp: "v=0".to_owned(), tracks: Some(vec![track]) }),
        Request::Publish(PublishParams { sdp: "v=0".to_owned(), tracks: None }),
        Request::Unpublish(TrackIdParams { track_id }),
        Request::Mute(MuteParams { track_id, muted: true }),
        Request::Subscribe(TrackIdsParams { track_ids: vec![track_id] }),
        Request::Unsubscribe(TrackIdsParams { track_ids: vec![] }),
        Request::Pause(PauseParams { track_id, paused: false }),
        Request::Answer(AnswerParams { sdp: "v=0".to_owned(), offer_id: 1 }),
        Request::Candidate(CandidateParams { peer: Text(Peer::Publish), candidate: Value::Null }),
        Request::RestartIce(RestartIceParams { peer: Text(Peer::Subscribe) }),
        Request::Chat(ChatParams { text: "hello".to_owned(), to: Some(Text(ParticipantId(1))) }),
        Request::Stats(NoParams {}),
        Request::Ping(NoParams {}),
        Request::SetPreferredLayers(json!({})),
    ];
    all.extend(requests_about_ways());
    all
}

fn requests_about_ways() -> Vec<Request> {
    let other = Text(ParticipantId(1));
    let track = AnnounceTrack {
        kind: Text(MediaKind::Video),
        source: Text(Source::Camera),
        name: Some("front".to_owned()),
        muted: Some(false),
    };
    let message = json!({"candidate": null}).as_object().unwrap().clone();
    let sent = SentFlowParams { to: other, audio_bps: 1, video_bps: 2 };
    let mut all = vec![
        Request::SetView(SetViewParams { view: Text(ViewIntent::Mix), participant_id: Some(other) }),
        Request::SetLayout(SetLayoutParams { layout: layout() }),
        Request::Announce(AnnounceParams { tracks: vec![track] }),
        Request::Settled(SettledParams { epoch: 1 }),
        Request::Relay(RelayParams { to: other, epoch: 1, message }),
        Request::WatchFlows(WatchFlowsParams { watch: true }),
        Request::ReportFlows(ReportFlowsParams { flows: vec![sent] }),
    ];
    all.extend(
        ViewIntent::ALL
            .iter()
            .map(|view| Request::SetView(SetViewParams { view: Text(*view), participant_id: None })),
    );
    all.extend(
        Intent::ALL.iter().map(|intent| Request::SetTopology(SetTopologyParams { topology: Text(*intent) })),
    );
    all.extend(PairState::ALL.iter().map(|state| {
        Request::PeerState(PeerStateParams { participant_id: other, epoch: 1, state: Text(*state) })
    }));
    all
}

fn layout() -> LayoutView {
    let cell = |who| CellView { x: 0.5, y: 0.0, w: 0.25, h: 1.0, z: 1, who };
    let words = [CellWord::Next, CellWord::Active, CellWord::Screen].map(CellWhoView::Word);
    let mut cells: Vec<CellView> = words.into_iter().map(cell).collect();
    cells.push(cell(CellWhoView::Participant(Text(ParticipantId(1)))));
    LayoutView { arrangement: ArrangementWord::Custom, fit: FitWord::Letterbox, cells }
}

pub(crate) fn notifications() -> Vec<Notification> {
    let (participant_id, track_id) = (Text(ParticipantId(1)), Text(TrackId(1)));
    let offered = OfferedTrack {
        mid: Text("0".parse().unwrap()),
        track_id,
        participant_id: Some(participant_id),
        kind: Text(MediaKind::Audio),
        source: Text(Source::Other),
    };
    let mixed = OfferedTrack { participant_id: None, source: Text(Source::Mix), ..offered.clone() };
    let participant = ParticipantView {
        id: participant_id,
        name: "Ada".to_owned(),
        joined_at: 1,
        view: Text(View::Mix),
        tracks: vec![track(), TrackView { name: None, codec: None, placeholder: None, ..track() }],
    };
    let mut all = vec![
        Notification::Offer { sdp: "v=0".to_owned(), offer_id: 1, tracks: vec![offered, mixed] },
        Notification::ParticipantJoined { participant },
        Notification::TrackPublished { participant_id, track: track() },
        Notification::TrackUnpublished { participant_id, track_id },
        Notification::TrackMuted { participant_id, track_id, muted: true },
        Notification::ActiveSpeaker { participant_id: Some(participant_id) },
        Notification::ActiveSpeaker { participant_id: None },
        Notification::AudioLevels { levels: vec![AudioLevel { participant_id, dbov: -127 }] },
        Notification::Chat {
            from: participant_id,
            text: "hello".to_owned(),
            at: 1,
            to: Some(participant_id),
        },
        Notification::SubscriptionRefused { track_id, reason: "no".to_owned() },
        Notification::ServerStopping(Nothing {}),
    ];
    let qualities = [Quality::Lost, Quality::Poor, Quality::Good, Quality::Excellent].map(Text);
    all.extend(qualities.map(|quality| Notification::Quality { participant_id, quality }));
    all.extend(LeaveReason::ALL.iter().map(|reason| Notification::Removed { reason: Text(*reason) }));
    all.extend(
        LeaveReason::ALL
            .iter()
            .map(|reason| Notification::ParticipantLeft { participant_id, reason: Text(*reason) }),
    );
    all.extend(RoomEnd::ALL.iter().map(|reason| Notification::RoomClosed { reason: Text(*reason) }));
    all.extend(notifications_about_ways());
    for peer in [Peer::Publish, Peer::Subscribe].map(Text) {
        all.extend(
            MediaState::ALL.iter().map(|state| Notification::MediaState { peer, state: Text(*state) }),
        );
    }
    all
}

fn notifications_about_ways() -> Vec<Notification> {
    let (participant_id, track_id) = (Text(ParticipantId(1)), Text(TrackId(1)));
    let message = json!({"candidate": null}).as_object().unwrap().clone();
    let flow = |from: &str, to: &str| FlowView {
        from: from.to_owned(),
        to: to.to_owned(),
        audio_bps: 1,
        video_bps: 2,
        mix: true,
    };
    let id = ParticipantId(1).to_string();
    let mut all = vec![
        Notification::TrackChanged { participant_id, track: TrackView { codec: None, ..track() } },
        Notification::Layout { layout: layout() },
        Notification::Layout {
            layout: LayoutView { arrangement: ArrangementWord::Grid, fit: FitWord::Crop, cells: vec![] },
        },
        Notification::MixCells { cells: mix_cells() },
        Notification::TrackPlaceholder { participant_id, track_id, placeholder: None },
        Notification::Relayed { from: participant_id, epoch: 1, number: 1, message },
        Notification::Flows { flows: vec![flow(&id, "server"), flow("server", &id)] },
    ];
    all.extend(PlaceholderReason::ALL.iter().map(|reason| {
        let placeholder = Some(placeholder(*reason));
        Notification::TrackPlaceholder { participant_id, track_id, placeholder }
    }));
    all.extend(View::ALL.iter().map(|view| Notification::ViewChanged { participant_id, view: Text(*view) }));
    for reason in Reason::ALL {
        all.extend(Topology::ALL.iter().zip(Intent::ALL).zip(View::ALL.iter().cycle()).map(heading(*reason)));
    }
    all
}

fn heading(reason: Reason) -> impl Fn(((&Topology, &Intent), &View)) -> Notification {
    move |((topology, intent), view)| {
        Notification::Topology(HeadingView {
            topology: Text(*topology),
            intent: Text(*intent),
            view: Text(*view),
            reason: Text(reason),
            explanation: "because".to_owned(),
            epoch: 1,
            state: Text(MoveState::Moving),
        })
    }
}
