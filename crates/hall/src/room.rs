//! Rooms of a hall, and how guests come to terms with them: what rooms and signaling do, in a few lines.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use motet::control::negotiate::{ConsumerIdentity, consumer_parameters, router_capabilities};
use motet::control::{
    Codec, Consume, ConsumerId, MediaKind, MixMember, MixerAsk, MixerId, MixerNotification, MixerRequest,
    Produce, ProducerId, Request, Response, RouterId, RtpCapabilities, RtpParameters, TransportId,
};
use motet::mixer::Mixers;
use motet::{DirectReceiver, DirectSender, DirectTransport, Router, Worker, WorkerSettings};
use motet_sdp::{LocalTransport, PublishSession, RemoteTransport, SubscribeSession, SubscribedMedia};
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::media::Direction;
use str0m::{Rtc, RtcConfig};
use tokio::runtime::Runtime;

use crate::connection::Connection;
use crate::guest::{Guest, Publishing, Sending, Subscribing, Taken, Wish};

/// The guests' thread sleeps so long between two looks.
const NAP: Duration = Duration::from_micros(500);

/// A worker with its mixers, and all guests.
pub struct Hall {
    /// The worker.
    pub worker: Worker,
    mixers: Mixers,
    routers: Vec<Router>,
    /// What mixers tell.
    pub news: Receiver<MixerNotification>,
    /// All guests.
    pub guests: Vec<Guest>,
    /// What those who take something are offered from here on.
    pub offered: RtpCapabilities,
    runtime: Runtime,
    ids: u64,
}

/// One router, and its mixer if it is opened.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The router.
    pub router_id: RouterId,
    /// The mixer.
    pub mixer_id: MixerId,
}

/// A published track.
#[derive(Clone, Debug)]
pub struct Published {
    /// The producer.
    pub producer_id: ProducerId,
    /// As it was opened.
    pub rtp_parameters: RtpParameters,
    /// Audio or video.
    pub kind: MediaKind,
}

impl Hall {
    /// Starts the worker.
    pub fn open() -> Self {
        let worker = Worker::start(WorkerSettings::default()).expect("a worker starts");
        let (sender, news) = channel();
        let mixers = Mixers::new(&worker, move |notification| _ = sender.send(notification));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
        Self {
            worker,
            mixers,
            routers: Vec::new(),
            news,
            guests: Vec::new(),
            offered: router_capabilities(),
            runtime,
            ids: 0,
        }
    }

    /// A number that nothing has yet.
    pub fn fresh_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// Asks the worker for what it must carry out.
    pub fn must(&self, request: Request) -> Response {
        let answer = self.worker.send(request);
        self.runtime.block_on(answer).expect("the worker carries the request out")
    }

    /// Waits for an answer of the engine.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// A program beside the worker joins a room.
    pub fn open_direct(&self, room: Room) -> (DirectTransport, DirectSender, DirectReceiver) {
        let router = self.routers.iter().find(|router| router.id() == room.router_id);
        let router = router.expect("the room is of this hall");
        self.wait(router.create_direct_transport()).expect("a direct transport opens")
    }

    /// Opens a router.
    pub fn open_room(&mut self) -> Room {
        let router = self.wait(self.worker.create_router()).expect("a router opens");
        let room = Room { router_id: router.id(), mixer_id: MixerId(self.fresh_id()) };
        self.routers.push(router);
        room
    }

    /// Asks a room's mixer.
    pub fn ask(&mut self, room: Room, ask: MixerAsk) {
        self.mixers.handle(MixerRequest { mixer_id: room.mixer_id, ask });
    }

    /// What a room's mixer has done.
    pub fn mix_stats(&self, room: Room) -> Option<motet::control::MixStats> {
        self.mixers.stats(room.mixer_id)
    }

    /// A guest comes and publishes what it wishes; who it is, and its tracks.
    pub fn come(&mut self, room: Room, wish: Wish) -> (usize, Vec<Published>) {
        let mut guest = Guest::new(wish);
        let published = if wish.hz.is_some() || wish.colour.is_some() {
            let (publishing, published) = self.publish(room, wish, Rtc::builder());
            guest.publish = Some(publishing);
            published
        } else {
            Vec::new()
        };
        self.guests.push(guest);
        (self.guests.len() - 1, published)
    }

    /// Makes a guest's tracks sources of the room's mixer.
    pub fn add_sources(&mut self, room: Room, member: MixMember, published: &[Published]) {
        for Published { producer_id, rtp_parameters, kind } in published.iter().cloned() {
            let ask = MixerAsk::AddSource { member, producer_id, kind, is_screen: false, rtp_parameters };
            self.ask(room, ask);
        }
    }

    /// A guest takes tracks; its consumers of them.
    pub fn take(&mut self, room: Room, guest: usize, tracks: &[Published]) -> Vec<ConsumerId> {
        let mut subscribing = match self.guests[guest].subscribe.take() {
            Some(subscribing) => subscribing,
            None => self.subscribe(room, Rtc::builder()),
        };
        let consumers = self.add_tracks(&mut subscribing, tracks);
        self.guests[guest].subscribe = Some(subscribing);
        consumers
    }

    /// Lets time pass.
    pub fn pass(&mut self, time: Duration) {
        self.pass_until(time, |_| false);
    }

    /// Lets time pass until `is_done`, at most `time`; whether it was.
    pub fn pass_until(&mut self, time: Duration, mut is_done: impl FnMut(&mut Self) -> bool) -> bool {
        let end = Instant::now() + time;
        while Instant::now() < end {
            for guest in &mut self.guests {
                guest.step(Instant::now());
            }
            if is_done(self) {
                return true;
            }
            std::thread::sleep(NAP);
        }
        false
    }

    /// Opens a connection by which nothing is taken so far.
    pub(crate) fn subscribe(&mut self, room: Room, config: RtcConfig) -> Subscribing {
        let (transport_id, local) = self.open_transport(room);
        let session = SubscribeSession::new(transport_id.0, local);
        let connection = Connection::new(config);
        Subscribing { connection, transport_id, session, is_told: false, tracks: Default::default() }
    }

    /// Has a connection take tracks; its consumers of them.
    pub(crate) fn add_tracks(
        &mut self,
        subscribing: &mut Subscribing,
        tracks: &[Published],
    ) -> Vec<ConsumerId> {
        let mut consumers = Vec::new();
        for track in tracks {
            let consumer_id = ConsumerId(self.fresh_id());
            let identity = ConsumerIdentity {
                mid: None,
                ssrc: motet::ssrc(),
                rtx_ssrc: motet::ssrc(),
                cname: "hall".to_owned(),
            };
            let rtp_parameters = consumer_parameters(&track.rtp_parameters, &self.offered, identity)
                .expect("the router takes what it negotiated");
            let codec = rtp_parameters.codecs[0].codec;
            let media = SubscribedMedia {
                kind: track.kind,
                rtp_parameters,
                stream_id: "hall".to_owned(),
                track_id: format!("track-{consumer_id}"),
            };
            subscribing.session.add(consumer_id, media).expect("a track can be offered");
            subscribing.tracks.insert(consumer_id, (None, Taken::of(codec)));
            consumers.push((consumer_id, track.producer_id));
        }
        self.negotiate(subscribing, &consumers);
        consumers.into_iter().map(|(consumer, _)| consumer).collect()
    }

    /// Opens a connection by which `wish` is published.
    pub(crate) fn publish(
        &mut self,
        room: Room,
        wish: Wish,
        config: RtcConfig,
    ) -> (Publishing, Vec<Published>) {
        let (transport_id, local) = self.open_transport(room);
        let mut session = PublishSession::new(transport_id.0, local, router_capabilities());
        let config = config.clear_codecs().enable_opus(true, false);
        let config = match wish.video_codec() {
            Codec::H264 => config.enable_h264(true),
            _ => config.enable_vp8(true),
        };
        let mut connection = Connection::new(config);
        let mut changes = connection.rtc.sdp_api();
        let mut mids = Vec::new();
        if wish.hz.is_some() {
            let kind = str0m::media::MediaKind::Audio;
            mids.push((changes.add_media(kind, Direction::SendOnly, None, None, None), Codec::Opus));
        }
        if wish.colour.is_some() {
            let kind = str0m::media::MediaKind::Video;
            mids.push((changes.add_media(kind, Direction::SendOnly, None, None, None), wish.video_codec()));
        }
        let (offer, pending) = changes.apply().expect("a track is something to offer");
        let answer = session.handle_offer(&offer.to_sdp_string()).expect("str0m's offer is read");
        self.connect(transport_id, &answer.remote);
        let sdp = SdpAnswer::from_sdp_string(&answer.sdp).expect("str0m reads the answer");
        connection.rtc.sdp_api().accept_answer(pending, sdp).expect("str0m accepts the answer");
        let mut publishing = Publishing::new(connection);
        let mut published = Vec::new();
        for (mid, codec) in mids {
            let added = answer.added.iter().find(|added| added.mid.as_str() == mid.to_string());
            let added = added.expect("an offered track is added").clone();
            let producer_id = ProducerId(self.fresh_id());
            let (kind, rtp_parameters) = (added.kind, added.rtp_parameters);
            let produce = Produce {
                transport_id,
                producer_id,
                kind,
                rtp_parameters: rtp_parameters.clone(),
                paused: false,
            };
            self.must(Request::Produce(Box::new(produce)));
            let sending = Sending::new(mid, codec);
            match kind {
                MediaKind::Audio => publishing.audio = Some(sending),
                MediaKind::Video => publishing.video = Some(sending),
            }
            published.push(Published { producer_id, rtp_parameters, kind });
        }
        (publishing, published)
    }

    fn negotiate(&mut self, subscribing: &mut Subscribing, consumers: &[(ConsumerId, ProducerId)]) {
        let offer = subscribing.session.poll_offer().expect("new tracks are to be offered");
        for (mid, consumer_id) in &offer.tracks {
            if let Some((known, _)) = subscribing.tracks.get_mut(consumer_id) {
                *known = Some(mid.as_str().into());
            }
        }
        let sdp = offer.sdp.replace("a=setup:actpass", "a=setup:passive");
        let sdp = SdpOffer::from_sdp_string(&sdp).expect("str0m reads the offer");
        let answer = subscribing.connection.rtc.sdp_api().accept_offer(sdp).expect("str0m accepts the offer");
        let answer = subscribing.session.handle_answer(&answer.to_sdp_string()).expect("its answer is read");
        assert!(answer.refused.is_empty(), "refused: {:?}", answer.refused);
        let transport_id = subscribing.transport_id;
        if let Some(remote) = answer.remote.filter(|_| !subscribing.is_told) {
            subscribing.is_told = true;
            self.connect(transport_id, &remote);
        }
        for (consumer_id, rtp_parameters) in answer.accepted {
            let Some((_, producer_id)) = consumers.iter().find(|(known, _)| *known == consumer_id) else {
                continue;
            };
            let producer_id = *producer_id;
            let consume = Consume { transport_id, consumer_id, producer_id, rtp_parameters, paused: false };
            self.must(Request::Consume(Box::new(consume)));
        }
    }

    fn connect(&self, transport_id: TransportId, remote: &RemoteTransport) {
        let (remote_ufrag, dtls) = (Some(remote.ufrag.clone()), remote.dtls.clone());
        self.must(Request::ConnectWebRtcTransport { transport_id, remote_ufrag, dtls });
    }

    fn open_transport(&mut self, room: Room) -> (TransportId, LocalTransport) {
        let (transport_id, ice) = (TransportId(self.fresh_id()), motet::ice_credentials());
        let router_id = room.router_id;
        let request = Request::CreateWebRtcTransport { router_id, transport_id, ice: ice.clone() };
        match self.must(request) {
            Response::TransportCreated { candidates, fingerprints } => {
                (transport_id, LocalTransport { ice, candidates, fingerprints })
            }
            other => panic!("a new transport tells its side, not {other:?}"),
        }
    }
}
