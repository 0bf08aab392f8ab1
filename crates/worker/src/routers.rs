//! A worker's routers: who holds which entity, whose datagram it is, who is due when, who has news.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use motet_control::{CandidateProtocol, Refusal, Request, Response, RouterId, TransportId};
use motet_ice::{SocketId, Tuple};
use motet_router::{Egress, EntityId, RouteChange, Router, Totals};
use slab::Slab;

use crate::demux::{Demux, Route};
use crate::drop_reason::Drops;
use crate::notifications::Notifications;
use crate::stats::add_totals;
use crate::timers::{Slot, Timers};
use crate::worker::Setup;

/// Routers open at once at most.
const ROUTERS_MAX: usize = 16_384;

/// See the module.
pub(crate) struct Routers {
    setup: Setup,
    seats: Slab<Seat>,
    by_id: HashMap<RouterId, Slot>,
    /// Entities are unique in a worker, so that requests name them alone.
    owners: HashMap<EntityId, Slot>,
    demux: Demux,
    timers: Timers,
    /// Routers that may have news, each once.
    with_news: Vec<Slot>,
    /// Only while [`Self::handle_timeout`] runs; kept for its memory.
    acted: Vec<Slot>,
    /// TCP connections that lead nowhere; as many as tuples were removed and strangers came in one turn.
    useless: VecDeque<Tuple>,
    /// TCP connections that a verified check came over; as many as tuples were added in one turn.
    proven: VecDeque<Tuple>,
    /// Tuples that a turn's checks gave to other transports, with those that had them.
    displaced: VecDeque<(Tuple, Route)>,
    /// Transports that ended, for whoever has a program at the other end; as many as one request ends.
    closed: Vec<TransportId>,
    drops: Drops,
    /// Totals of closed routers.
    gone: Totals,
    created: u64,
}

struct Seat {
    id: RouterId,
    router: Router,
    entities: HashSet<EntityId>,
    has_news: bool,
}

impl Routers {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            setup,
            seats: Slab::new(),
            by_id: HashMap::new(),
            owners: HashMap::new(),
            demux: Demux::default(),
            timers: Timers::default(),
            with_news: Vec::new(),
            acted: Vec::new(),
            useless: VecDeque::new(),
            displaced: VecDeque::new(),
            proven: VecDeque::new(),
            closed: Vec::new(),
            drops: Drops::default(),
            gone: Totals::default(),
            created: 0,
        }
    }

    pub(crate) fn open(&mut self, id: RouterId) -> Result<Response, Refusal> {
        if self.by_id.contains_key(&id) {
            return Err(Refusal::Exists { noun: "router", id: id.0 });
        }
        if self.seats.len() >= ROUTERS_MAX {
            return Err(Refusal::LimitReached(format!("{ROUTERS_MAX} routers are open")));
        }
        self.created += 1;
        // Any two routers of any two workers differ in their seed; the constant is odd, so that no two steps meet.
        let seed = self.setup.seed.wrapping_add(self.created.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let Setup { certificate, candidates, ntp_anchor, .. } = self.setup.clone();
        let router = Router::new(motet_router::Setup { certificate, candidates, ntp_anchor, seed });
        let slot = self.seats.insert(Seat { id, router, entities: HashSet::new(), has_news: false });
        self.by_id.insert(id, slot);
        Ok(Response::Done)
    }

    /// Closes a router with all its entities; what its transports have to tell their peers goes out.
    pub(crate) fn close(
        &mut self,
        now: Instant,
        id: RouterId,
        egress: &mut impl Egress,
        local_addr: impl Fn(SocketId) -> SocketAddr,
    ) -> Result<Response, Refusal> {
        let slot = self.slot_of_router(id)?;
        let held: Vec<EntityId> = self.seats[slot].entities.iter().copied().collect();
        for request in held.into_iter().filter_map(closing) {
            // What went along with another entity is not there any more.
            let _ = self.ask(now, slot, request, &local_addr);
        }
        self.seats[slot].router.handle_timeout(now, egress);
        self.settle(slot);
        self.timers.set(slot, None);
        self.with_news.retain(|other| *other != slot);
        self.by_id.remove(&id);
        let seat = self.seats.remove(slot);
        for entity in &seat.entities {
            self.owners.remove(entity);
        }
        let totals = Totals { transports: 0, producers: 0, consumers: 0, ..seat.router.totals() };
        add_totals(&mut self.gone, totals);
        Ok(Response::Done)
    }

    /// Has the router at `slot` carry out a request.
    pub(crate) fn ask(
        &mut self,
        now: Instant,
        slot: Slot,
        request: Request,
        local_addr: impl Fn(SocketId) -> SocketAddr,
    ) -> Result<Response, Refusal> {
        let response = self.seats[slot].router.handle_request(now, request, local_addr);
        self.settle(slot);
        response
    }

    pub(crate) fn slot_of_router(&self, id: RouterId) -> Result<Slot, Refusal> {
        self.by_id.get(&id).copied().ok_or(Refusal::NotFound { noun: "router", id: id.0 })
    }

    pub(crate) fn slot_of_entity(&self, entity: EntityId) -> Option<Slot> {
        self.owners.get(&entity).copied()
    }

    pub(crate) fn has_ufrag(&self, ufrag: &str) -> bool {
        self.demux.has_ufrag(ufrag)
    }

    pub(crate) fn ids(&self) -> Vec<RouterId> {
        self.seats.iter().map(|(_, seat)| seat.id).collect()
    }

    /// Brings a datagram to its transport, or drops it.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Instant,
        tuple: Tuple,
        datagram: &mut [u8],
        egress: &mut impl Egress,
    ) {
        match self.demux.find(&tuple, datagram) {
            Ok(Route { router, transport }) => {
                self.seats[router].router.handle_datagram(now, transport, tuple, datagram, egress);
                self.settle(router);
            }
            Err(reason) => {
                self.drops.count(reason);
                self.note_useless(tuple);
            }
        }
    }

    /// Brings a program's packet to its transport.
    pub(crate) fn handle_direct(
        &mut self,
        now: Instant,
        transport: TransportId,
        packet: &[u8],
        egress: &mut impl Egress,
    ) {
        let Some(slot) = self.slot_of_entity(EntityId::Transport(transport)) else { return };
        self.seats[slot].router.handle_direct(now, transport, packet, egress);
        self.settle(slot);
    }

    /// The next transport that ended.
    pub(crate) fn poll_closed(&mut self) -> Option<TransportId> {
        self.closed.pop()
    }

    /// Lets routers act that are due, at most `budget` of them and each once.
    pub(crate) fn handle_timeout(&mut self, now: Instant, budget: usize, egress: &mut impl Egress) {
        let mut acted = std::mem::take(&mut self.acted);
        while acted.len() < budget {
            let Some(slot) = self.timers.pop_due(now) else { break };
            self.seats[slot].router.handle_timeout(now, egress);
            acted.push(slot);
        }
        acted.drain(..).for_each(|slot| self.settle(slot));
        self.acted = acted;
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// A TCP connection ended.
    pub(crate) fn handle_tuple_closed(&mut self, now: Instant, tuple: Tuple) {
        if let Some(Route { router, transport }) = self.demux.route_of(&tuple) {
            self.seats[router].router.handle_tuple_closed(now, transport, tuple);
            self.settle(router);
        }
    }

    /// Transports whose tuples lead to others by now learn it: their peers have gone elsewhere, or will check again.
    pub(crate) fn tell_displaced(&mut self, now: Instant) {
        while let Some((tuple, Route { router, transport })) = self.displaced.pop_front() {
            if let Some(seat) = self.seats.get_mut(router) {
                seat.router.handle_tuple_closed(now, transport, tuple);
                self.settle(router);
            }
        }
    }

    /// The next TCP connection that leads nowhere.
    pub(crate) fn poll_useless(&mut self) -> Option<Tuple> {
        self.useless.pop_front()
    }

    /// The next TCP connection that has turned out to be a peer's.
    pub(crate) fn poll_proven(&mut self) -> Option<Tuple> {
        self.proven.pop_front()
    }

    /// Takes over what the routers tell unasked.
    pub(crate) fn gather_notifications(
        &mut self,
        local_addr: impl Fn(SocketId) -> SocketAddr,
        into: &mut Notifications,
    ) {
        for slot in self.with_news.drain(..) {
            let seat = &mut self.seats[slot];
            seat.has_news = false;
            while let Some(notification) = seat.router.poll_notification(&local_addr) {
                into.push(notification, &mut self.drops);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.seats.len()
    }

    /// Sums over all routers, closed ones included.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = self.gone.clone();
        for (_, seat) in &self.seats {
            add_totals(&mut totals, seat.router.totals());
        }
        totals
    }

    pub(crate) fn drops(&self) -> &Drops {
        &self.drops
    }

    /// After a router was told anything: what leads to it, when it is due, and that it may have news.
    fn settle(&mut self, slot: Slot) {
        while let Some(change) = self.seats[slot].router.poll_route() {
            self.apply(slot, change);
        }
        let seat = &mut self.seats[slot];
        self.timers.set(slot, seat.router.poll_timeout());
        if !seat.has_news {
            seat.has_news = true;
            self.with_news.push(slot);
        }
    }

    fn apply(&mut self, slot: Slot, change: RouteChange) {
        let route = |transport| Route { router: slot, transport };
        match change {
            RouteChange::AddUfrag(ufrag, transport) => self.demux.add_ufrag(ufrag, route(transport)),
            RouteChange::RemoveUfrag(ufrag) => self.demux.remove_ufrag(&ufrag, slot),
            RouteChange::AddTuple(tuple, transport) => {
                let before = self.demux.add_tuple(tuple, route(transport));
                self.displaced.extend(before.map(|before| (tuple, before)));
                if tuple.protocol == CandidateProtocol::Tcp {
                    self.proven.push_back(tuple);
                }
            }
            RouteChange::RemoveTuple(tuple, transport) => {
                if self.demux.remove_tuple(&tuple, route(transport)) {
                    self.note_useless(tuple);
                }
            }
            RouteChange::AddEntity(entity) => {
                self.seats[slot].entities.insert(entity);
                self.owners.insert(entity, slot);
            }
            RouteChange::RemoveEntity(entity) => {
                self.seats[slot].entities.remove(&entity);
                self.owners.remove(&entity);
                if let EntityId::Transport(transport) = entity {
                    self.closed.push(transport);
                }
            }
        }
    }

    /// A connection that brought a stranger's frame, or whose transport has no use for it, would only hold its place.
    /// Many frames of one connection come in a row; it is noted once.
    fn note_useless(&mut self, tuple: Tuple) {
        if tuple.protocol == CandidateProtocol::Tcp && self.useless.back() != Some(&tuple) {
            self.useless.push_back(tuple);
        }
    }
}

/// What ends an entity; `None` for those that end with the transport that they are on.
fn closing(entity: EntityId) -> Option<Request> {
    match entity {
        EntityId::Transport(transport_id) => Some(Request::CloseTransport { transport_id }),
        EntityId::Observer(observer_id) => Some(Request::CloseObserver { observer_id }),
        EntityId::Producer(_) | EntityId::Consumer(_) => None,
    }
}
