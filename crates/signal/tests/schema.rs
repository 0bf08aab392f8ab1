//! `docs/signaling.schema.json` lays down every message: the page's examples keep to it, and so does whatever the server
//! and its types write. The schema lets messages of the server have members that it does not know, for clients of older
//! versions; here it does not, so that nothing goes undocumented.

mod house;

use std::collections::BTreeSet;
use std::path::PathBuf;

use house::{Client, House};
use jsonschema::Validator;
use motet_control::{Codec, MediaKind, Quality};
use motet_room::{
    Intent, LeaveReason, MediaState, MoveState, PairState, ParticipantId, Peer, Reason, RoomEnd, Source, Topology,
    TrackId, View, ViewIntent,
};
use motet_signal::Close;
use motet_signal::wire::*;
use serde_json::{Value, json};

fn page(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs", name].iter().collect();
    std::fs::read_to_string(path).unwrap()
}

/// The schema with every object closed.
struct Schema(Value);

impl Schema {
    fn strict() -> Self {
        let mut schema: Value = serde_json::from_str(&page("signaling.schema.json")).unwrap();
        close(&mut schema);
        Self(schema)
    }

    /// The part at `path` under `$defs`.
    fn part(&self, path: &str) -> Validator {
        let mut schema = self.0.clone();
        let whole = schema.as_object_mut().unwrap();
        whole.remove("anyOf");
        whole.insert("$ref".to_owned(), json!(format!("#/$defs/{path}")));
        jsonschema::validator_for(&schema).unwrap()
    }

    fn names(&self, group: &str) -> BTreeSet<String> {
        self.0["$defs"][group].as_object().unwrap().keys().cloned().collect()
    }
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object)
                && members.get("type") == Some(&json!("object"))
            {
                members.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[track_caller]
fn assert_valid(validator: &Validator, message: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(message).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{message:#}\n{}", errors.join("\n"));
}

/// The page's examples: what stands behind "json" at their fence, and the message.
fn examples() -> Vec<(String, Value)> {
    let page = page("signaling.md");
    let blocks = page.split("\n```json ").skip(1);
    blocks
        .map(|block| {
            let (label, rest) = block.split_once('\n').unwrap();
            let text = rest.split("\n```").next().unwrap();
            let message = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
            (label.to_owned(), message)
        })
        .collect()
}

#[test]
fn the_schema_is_a_schema() {
    let schema: Value = serde_json::from_str(&page("signaling.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let whole = jsonschema::validator_for(&schema).unwrap();
    assert!(whole.is_valid(&json!({"jsonrpc": "2.0", "id": 1, "method": "ping"})));
    assert!(!whole.is_valid(&json!({"jsonrpc": "2.0", "id": 1, "method": "fly"})));
}

#[test]
fn every_example_keeps_to_the_schema_and_every_message_has_one() {
    let schema = Schema::strict();
    let mut shown: [BTreeSet<String>; 3] = Default::default();
    for (label, message) in examples() {
        let method = message["method"].as_str().unwrap_or_default();
        match label.split_once(' ').unwrap_or((&label, "")) {
            ("request", _) => {
                assert_valid(&schema.part("request"), &message);
                assert_valid(&schema.part(&format!("requests/{method}")), &message);
                let read = Inbound::parse(&message.to_string()).request;
                assert!(read.is_ok(), "{message}\n{read:?}");
                shown[0].insert(method.to_owned());
            }
            ("result", asked) => {
                assert_valid(&schema.part(&format!("results/{asked}")), &message);
                shown[1].insert(asked.to_owned());
            }
            ("notification", _) => {
                assert_valid(&schema.part("notification"), &message);
                shown[2].insert(method.to_owned());
            }
            ("error", _) => assert_valid(&schema.part("error"), &message),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(shown, ["requests", "results", "notifications"].map(|group| schema.names(group)));
}

#[test]
fn every_request_that_is_read_keeps_to_the_schema() {
    let schema = Schema::strict();
    let mut seen = BTreeSet::new();
    for request in requests() {
        let mut message = serde_json::to_value(&request).unwrap();
        message["jsonrpc"] = json!("2.0");
        message["id"] = json!("a");
        let method = message["method"].as_str().unwrap().to_owned();
        assert_valid(&schema.part(&format!("requests/{method}")), &message);
        assert_eq!(Inbound::parse(&message.to_string()).request, Ok(request));
        seen.insert(method);
    }
    assert_eq!(seen, schema.names("requests"));
}

#[test]
fn every_notification_keeps_to_the_schema() {
    let schema = Schema::strict();
    let mut seen = BTreeSet::new();
    for notification in notifications() {
        let mut message = serde_json::to_value(&notification).unwrap();
        message["jsonrpc"] = json!("2.0");
        let method = message["method"].as_str().unwrap().to_owned();
        assert_valid(&schema.part(&format!("notifications/{method}")), &message);
        seen.insert(method);
    }
    assert_eq!(seen, schema.names("notifications"));
}

#[tokio::test]
async fn what_sessions_answer_and_tell_keeps_to_the_schema() {
    let schema = Schema::strict();
    let answer = |method: &str, result: Value| {
        let message = json!({"jsonrpc": "2.0", "id": 1, "result": result});
        assert_valid(&schema.part(&format!("results/{method}")), &message);
    };
    let house = House::new();
    let mut ada = Client::join(&house, "Ada").await;
    let (mut bob, joined) = Client::join_with(&house, json!({"room": "attic", "name": "Bob"})).await;
    answer("join", joined);
    let published = ada.publish_call().await;
    let track = published["tracks"][0]["trackId"].clone();
    answer("publish", published);
    let offer = bob.answer_offer().await;
    let message = json!({"jsonrpc": "2.0", "method": "offer", "params": offer});
    assert_valid(&schema.part("notification"), &message);
    answer("mute", ada.request("mute", json!({"trackId": track, "muted": true})).await.unwrap());
    answer("chat", ada.request("chat", json!({"text": "hello"})).await.unwrap());
    let track_ids = json!({"trackIds": ["t_0000000000000"]});
    answer("subscribe", bob.request("subscribe", track_ids).await.unwrap());
    answer("stats", ada.request("stats", json!({})).await.unwrap());
    let announced = json!({"tracks": [{"kind": "video", "source": "screen"}]});
    answer("announce", ada.request("announce", announced).await.unwrap());
    for topology in ["mcu", "sfu", "mesh", "auto"] {
        answer("setTopology", ada.request("setTopology", json!({"topology": topology})).await.unwrap());
    }
    answer("setView", bob.request("setView", json!({"view": "mix"})).await.unwrap());
    let layout = json!({"layout": {"arrangement": "single"}});
    answer("setLayout", ada.request("setLayout", layout).await.unwrap());
    answer("settled", bob.request("settled", json!({"epoch": 7})).await.unwrap());
    answer("watchFlows", bob.request("watchFlows", json!({"watch": true})).await.unwrap());
    answer("reportFlows", bob.request("reportFlows", json!({"flows": []})).await.unwrap());
    for (method, params) in [("fly", json!({})), ("publish", json!({"sdp": ""})), ("mute", json!({}))] {
        let error = ada.request(method, params).await.unwrap_err();
        let message = json!({"jsonrpc": "2.0", "id": 1, "error": error});
        assert_valid(&schema.part("error"), &message);
    }
    bob.lose_socket().await;
    answer("resume", bob.resume().await);
    for message in ada.told().await.into_iter().chain(bob.told().await) {
        assert_valid(&schema.part("notification"), &message);
    }
}

#[test]
fn figures_of_media_keep_to_the_schema() {
    let stats = StatsResult { transports: vec![transport()] };
    let message = json!({"jsonrpc": "2.0", "id": 1, "result": stats});
    assert_valid(&Schema::strict().part("results/stats"), &message);
}

#[test]
fn the_page_lists_every_close_code() {
    let page = page("signaling.md");
    for close in Close::ALL {
        let row = format!("| {} | `{}`", close.code(), close.as_str());
        assert!(page.contains(&row), "{row}");
    }
}

fn transport() -> TransportView {
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
    }
}

fn requests() -> Vec<Request> {
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
    all.extend(ViewIntent::ALL.iter().map(|view| {
        Request::SetView(SetViewParams { view: Text(*view), participant_id: None })
    }));
    all.extend(Intent::ALL.iter().map(|intent| {
        Request::SetTopology(SetTopologyParams { topology: Text(*intent) })
    }));
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

fn notifications() -> Vec<Notification> {
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
        tracks: vec![track(), TrackView { name: None, codec: None, ..track() }],
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
    let participant_id = Text(ParticipantId(1));
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
        Notification::Relayed { from: participant_id, epoch: 1, number: 1, message },
        Notification::Flows { flows: vec![flow(&id, "server"), flow("server", &id)] },
    ];
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
