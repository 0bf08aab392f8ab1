//! One routing domain: what its entities are and where a request, a datagram or a moment goes.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use motet_control::{
    ConsumerId, IceCandidate, IceState, Notification, ObserverId, ProducerId, Refusal, Request, Response,
    TransportId,
};
use motet_dtls::Certificate;
use motet_ice::{SocketId, Tuple};
use motet_rtp::NtpTime;

use crate::clock::NtpClock;
use crate::consumer::Consumer;
use crate::egress::Egress;
use crate::observer::Observer;
use crate::producer::Producer;
use crate::random::Chance;
use crate::route::RouteChange;
use crate::table::{ConsumerKey, ObserverKey, ProducerKey, Table, TransportKey};
use crate::timers::{Sleeper, Timers};
use crate::totals::{Tally, Totals};
use crate::transport::{Transport, told_tuple};

/// What a router is told once.
#[derive(Clone)]
pub struct Setup {
    /// This side's certificate in every DTLS handshake.
    pub certificate: Certificate,
    /// Where peers may send to, best first; told in [`Response::TransportCreated`].
    pub candidates: Vec<IceCandidate>,
    /// One moment on both clocks; wall-clock time follows `Instant` from there on, so that it never steps.
    pub ntp_anchor: (Instant, NtpTime),
    /// Where first sequence numbers, report intervals and the like are drawn from.
    pub seed: u64,
}

/// One routing domain of packets: transports with the producers and consumers on them, and observers of audio levels.
///
/// After any `handle_*` call, drain [`Self::poll_route`] and [`Self::poll_notification`] (in any order), then read
/// [`Self::poll_timeout`]. Whatever a request gives rise to on the wire goes out in [`Self::handle_timeout`], which is then
/// due at once.
pub struct Router {
    pub(crate) setup: Setup,
    pub(crate) clock: NtpClock,
    pub(crate) chance: Chance,
    pub(crate) transports: Table<TransportId, TransportKey, Transport>,
    pub(crate) producers: Table<ProducerId, ProducerKey, Producer>,
    pub(crate) consumers: Table<ConsumerId, ConsumerKey, Consumer>,
    pub(crate) observers: Table<ObserverId, ObserverKey, Observer>,
    pub(crate) timers: Timers,
    /// Both queues hold what one call gave rise to: they are drained after each.
    pub(crate) notes: VecDeque<Note>,
    pub(crate) routes: VecDeque<RouteChange>,
    /// Sums over closed entities.
    pub(crate) gone: Tally,
    /// Scratch: a datagram of ICE or DTLS, the packets to ask for, whoever is due.
    pub(crate) datagram: Vec<u8>,
    pub(crate) lost: Vec<u16>,
    due: Vec<Sleeper>,
    /// Scratch: consumers that came over to another producer, each with its former one.
    pub(crate) switched: Vec<(ConsumerKey, ProducerKey)>,
    /// The last datagrams of closed transports, to be sent at once.
    farewells: Vec<(Tuple, Vec<u8>)>,
    farewells_at: Option<Instant>,
}

/// Farewells that wait to be sent. They are a courtesy: one more is not sent.
const FAREWELLS_MAX: usize = 256;

/// A notification whose addresses are yet to be told.
pub(crate) enum Note {
    Plain(Notification),
    Ice { transport_id: TransportId, state: IceState, tuple: Option<Tuple> },
}

impl From<Notification> for Note {
    fn from(notification: Notification) -> Self {
        Self::Plain(notification)
    }
}

impl Router {
    /// A router without entities.
    pub fn new(setup: Setup) -> Self {
        Self {
            clock: NtpClock::new(setup.ntp_anchor),
            chance: Chance::new(setup.seed),
            setup,
            transports: Table::new(),
            producers: Table::new(),
            consumers: Table::new(),
            observers: Table::new(),
            timers: Timers::default(),
            notes: VecDeque::new(),
            routes: VecDeque::new(),
            gone: Tally::default(),
            datagram: Vec::new(),
            lost: Vec::new(),
            due: Vec::new(),
            switched: Vec::new(),
            farewells: Vec::new(),
            farewells_at: None,
        }
    }

    /// Carries out any request but those that name a router or the worker ([`Request::CreateRouter`],
    /// [`Request::CloseRouter`], [`Request::GetWorkerStats`]), which are refused. `local_addr` tells the bound address
    /// of a socket, for [`motet_control::TransportStats::tuple`].
    ///
    /// # Errors
    /// As [`Refusal`] says; a request that is refused changes nothing.
    pub fn handle_request(
        &mut self,
        now: Instant,
        request: Request,
        local_addr: impl Fn(SocketId) -> SocketAddr,
    ) -> Result<Response, Refusal> {
        use Request as R;
        match request {
            R::CreateRouter { .. } | R::CloseRouter { .. } | R::GetWorkerStats => {
                Err(Refusal::BadState("this is asked of a worker, not of a router".into()))
            }
            R::CreateWebRtcTransport { transport_id, ice, .. } => {
                self.create_webrtc_transport(transport_id, ice)
            }
            R::CreateDirectTransport { transport_id, .. } => self.create_direct_transport(transport_id),
            R::ConnectWebRtcTransport { transport_id, remote_ufrag, dtls } => {
                self.connect_webrtc_transport(now, transport_id, remote_ufrag, dtls)
            }
            R::RestartIce { transport_id, ice } => self.restart_ice(now, transport_id, ice),
            R::CloseTransport { transport_id } => self.close_transport(now, transport_id),
            R::GetTransportStats { transport_id } => self.transport_stats(now, transport_id, local_addr),

            R::Produce(produce) => self.produce(now, *produce),
            R::SetProducerPaused { producer_id, paused } => {
                self.set_producer_paused(now, producer_id, paused)
            }
            R::CloseProducer { producer_id } => self.close_producer(producer_id),
            R::GetProducerStats { producer_id } => self.producer_stats(now, producer_id),

            R::Consume(consume) => self.consume(now, *consume),
            R::SetConsumerPaused { consumer_id, paused } => {
                self.set_consumer_paused(now, consumer_id, paused)
            }
            R::SwitchConsumer { consumer_id, producer_id, in_step } => {
                self.switch_consumer(now, consumer_id, producer_id, in_step)
            }
            R::ProbeConsumer { consumer_id, target_bps } => self.probe_consumer(now, consumer_id, target_bps),
            R::RequestKeyFrame { consumer_id } => self.request_key_frame(now, consumer_id),
            R::CloseConsumer { consumer_id } => self.close_consumer(consumer_id),
            R::GetConsumerStats { consumer_id } => self.consumer_stats(now, consumer_id),

            R::CreateAudioLevelObserver { observer_id, entries_max, threshold_dbov, interval_ms, .. } => {
                self.create_audio_level_observer(observer_id, entries_max, threshold_dbov, interval_ms)
            }
            R::CreateActiveSpeakerObserver { observer_id, interval_ms, .. } => {
                self.create_active_speaker_observer(observer_id, interval_ms)
            }
            R::ObserveProducer { observer_id, producer_id } => {
                self.observe_producer(now, observer_id, producer_id)
            }
            R::UnobserveProducer { observer_id, producer_id } => {
                self.unobserve_producer(observer_id, producer_id)
            }
            R::CloseObserver { observer_id } => self.close_observer(observer_id),
        }
    }

    /// Takes a datagram (or frame) that came for `transport`: by its tuple, else by the local username fragment of a STUN check.
    /// The buffer is decrypted in place. A datagram for a transport that does not exist is ignored.
    pub fn handle_datagram(
        &mut self,
        now: Instant,
        transport: TransportId,
        tuple: Tuple,
        datagram: &mut [u8],
        egress: &mut impl Egress,
    ) {
        let Some(key) = self.transports.key(transport) else { return };
        self.transports[key].received.add(datagram.len());
        let result = self.take_datagram(now, key, tuple, datagram, egress);
        let transport = &mut self.transports[key];
        match result {
            Ok(()) => transport.health.received_at = Some(now),
            Err(reason) => transport.drops.add(reason),
        }
        self.rearm(key);
    }

    /// A TCP connection ended: its tuple leads nowhere.
    pub fn handle_tuple_closed(&mut self, now: Instant, transport: TransportId, tuple: Tuple) {
        let Some(key) = self.transports.key(transport) else { return };
        self.close_tuple(now, key, tuple);
        self.rearm(key);
    }

    /// Does whatever is due at `now`. Calling it early or late is harmless.
    pub fn handle_timeout(&mut self, now: Instant, egress: &mut impl Egress) {
        self.send_farewells(egress);
        let mut due = std::mem::take(&mut self.due);
        self.timers.take_due(now, &mut due);
        for sleeper in due.drain(..) {
            match sleeper {
                Sleeper::Transport(key) => {
                    self.transports[key].alarm.rang();
                    self.wake_transport(now, key, egress);
                    self.rearm(key);
                }
                Sleeper::Observer(key) => {
                    self.observers[key].alarm.rang();
                    self.wake_observer(now, key);
                    self.rearm_observer(key);
                }
            }
        }
        self.due = due;
    }

    /// When [`Self::handle_timeout`] is due next, over all entities. Costs nothing to ask.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.timers.next(), self.farewells_at].into_iter().flatten().min()
    }

    /// The next thing to tell the asker. `local_addr` tells the bound address of a socket.
    pub fn poll_notification(&mut self, local_addr: impl Fn(SocketId) -> SocketAddr) -> Option<Notification> {
        Some(match self.notes.pop_front()? {
            Note::Plain(notification) => notification,
            Note::Ice { transport_id, state, tuple } => {
                let tuple = tuple.map(|tuple| told_tuple(tuple, local_addr));
                Notification::TransportIce { transport_id, state, tuple }
            }
        })
    }

    /// The next change of what leads to whom.
    pub fn poll_route(&mut self) -> Option<RouteChange> {
        self.routes.pop_front()
    }

    /// Sums over all entities, closed ones included.
    pub fn totals(&self) -> Totals {
        let mut tally = self.gone.clone();
        self.transports.iter().for_each(|transport| tally.add_transport(transport));
        self.producers.iter().for_each(|producer| tally.add_producer(producer));
        self.consumers.iter().for_each(|consumer| tally.add_consumer(consumer));
        tally.totals((self.transports.len(), self.producers.len(), self.consumers.len()))
    }

    /// Whether the transport is here.
    pub fn has_transport(&self, id: TransportId) -> bool {
        self.transports.key(id).is_some()
    }

    /// Whether the producer is here.
    pub fn has_producer(&self, id: ProducerId) -> bool {
        self.producers.key(id).is_some()
    }

    /// Whether the consumer is here.
    pub fn has_consumer(&self, id: ConsumerId) -> bool {
        self.consumers.key(id).is_some()
    }

    /// Whether the observer is here.
    pub fn has_observer(&self, id: ObserverId) -> bool {
        self.observers.key(id).is_some()
    }

    /// Has a closed transport's last datagram sent.
    pub(crate) fn bid_farewell(&mut self, now: Instant, tuple: Tuple, datagram: Vec<u8>) {
        if self.farewells.len() < FAREWELLS_MAX {
            self.farewells.push((tuple, datagram));
            self.farewells_at.get_or_insert(now);
        }
    }

    fn send_farewells(&mut self, egress: &mut impl Egress) {
        self.farewells_at = None;
        for (tuple, datagram) in self.farewells.drain(..) {
            egress.send(tuple, datagram.len(), |out| {
                out[..datagram.len()].copy_from_slice(&datagram);
                datagram.len()
            });
            self.gone.add_sent(datagram.len());
        }
    }

    pub(crate) fn notify(&mut self, notification: Notification) {
        self.notes.push_back(notification.into());
    }
}
