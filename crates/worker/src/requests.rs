//! Whom a request is for: the worker itself, or the router that holds what it names.

use std::time::Instant;

use motet_control::{Refusal, Request, Response, RouterId};
use motet_router::EntityId;

use crate::sockets::{Exit, Sockets};
use crate::timers::Slot;
use crate::worker::{Worker, local_addr};

impl<S: Sockets> Worker<S> {
    /// Carries out a request.
    ///
    /// # Errors
    /// As [`Refusal`] says; a request that is refused changes nothing.
    pub fn handle_request(&mut self, now: Instant, request: Request) -> Result<Response, Refusal> {
        match request {
            Request::CreateRouter { router_id } => self.routers.open(router_id),
            Request::CloseRouter { router_id } => self.close_router(now, router_id),
            Request::GetWorkerStats => Ok(Response::WorkerStats(Box::new(self.stats()))),
            request => {
                let slot = self.slot_for(&request)?;
                let sockets = &self.sockets;
                let response = self.routers.ask(now, slot, request, |socket| local_addr(sockets, socket));
                self.detach_closed();
                response
            }
        }
    }

    fn close_router(&mut self, now: Instant, id: RouterId) -> Result<Response, Refusal> {
        // Closing sends, so the sockets are not there to be asked; a closed transport tells nobody its addresses.
        let nowhere = |_| ([0, 0, 0, 0], 0).into();
        let Self { sockets, routers, directs, drops, .. } = self;
        let mut exit = Exit { outbox: sockets.outbox(), directs, drops };
        let response = routers.close(now, id, &mut exit, nowhere);
        self.detach_closed();
        response
    }

    /// The router that a request is for. Ids and username fragments are unique in the worker, which no router can see.
    fn slot_for(&self, request: &Request) -> Result<Slot, Refusal> {
        let Subject { home, newcomer, ufrag } = subject(request)?;
        let slot = match home {
            Home::Router(id) => self.routers.slot_of_router(id)?,
            Home::With(entity) => self.routers.slot_of_entity(entity).ok_or_else(|| not_found(entity))?,
        };
        if let Some(entity) = newcomer.filter(|entity| self.routers.slot_of_entity(*entity).is_some()) {
            let (noun, id) = name(entity);
            return Err(Refusal::Exists { noun, id });
        }
        if ufrag.is_some_and(|ufrag| self.routers.has_ufrag(ufrag)) {
            return Err(Refusal::BadParameter("ice.ufrag: another transport has it".to_owned()));
        }
        Ok(slot)
    }
}

/// What a request says about where it belongs.
struct Subject<'a> {
    home: Home,
    /// The entity that it creates.
    newcomer: Option<EntityId>,
    /// The username fragment that it brings.
    ufrag: Option<&'a str>,
}

enum Home {
    Router(RouterId),
    With(EntityId),
}

fn subject(request: &Request) -> Result<Subject<'_>, Refusal> {
    use EntityId::{Consumer, Observer, Producer, Transport};
    let with = |entity| Subject { home: Home::With(entity), newcomer: None, ufrag: None };
    Ok(match request {
        Request::CreateWebRtcTransport { router_id, transport_id, ice } => Subject {
            home: Home::Router(*router_id),
            newcomer: Some(Transport(*transport_id)),
            ufrag: Some(&ice.ufrag),
        },
        Request::CreateDirectTransport { router_id, transport_id } => {
            let home = Home::Router(*router_id);
            Subject { home, newcomer: Some(Transport(*transport_id)), ufrag: None }
        }
        Request::RestartIce { transport_id, ice } => {
            Subject { ufrag: Some(&ice.ufrag), ..with(Transport(*transport_id)) }
        }
        Request::ConnectWebRtcTransport { transport_id, .. }
        | Request::CloseTransport { transport_id }
        | Request::GetTransportStats { transport_id } => with(Transport(*transport_id)),
        Request::Produce(produce) => {
            Subject { newcomer: Some(Producer(produce.producer_id)), ..with(Transport(produce.transport_id)) }
        }
        Request::SetProducerPaused { producer_id, .. }
        | Request::CloseProducer { producer_id }
        | Request::GetProducerStats { producer_id } => with(Producer(*producer_id)),
        Request::Consume(consume) => {
            Subject { newcomer: Some(Consumer(consume.consumer_id)), ..with(Transport(consume.transport_id)) }
        }
        Request::SetConsumerPaused { consumer_id, .. }
        | Request::SwitchConsumer { consumer_id, .. }
        | Request::ProbeConsumer { consumer_id, .. }
        | Request::RequestKeyFrame { consumer_id }
        | Request::CloseConsumer { consumer_id }
        | Request::GetConsumerStats { consumer_id } => with(Consumer(*consumer_id)),
        Request::CreateAudioLevelObserver { router_id, observer_id, .. }
        | Request::CreateActiveSpeakerObserver { router_id, observer_id, .. } => {
            let home = Home::Router(*router_id);
            Subject { home, newcomer: Some(Observer(*observer_id)), ufrag: None }
        }
        Request::ObserveProducer { observer_id, .. }
        | Request::UnobserveProducer { observer_id, .. }
        | Request::CloseObserver { observer_id } => with(Observer(*observer_id)),
        Request::CreateRouter { .. } | Request::CloseRouter { .. } | Request::GetWorkerStats => {
            return Err(Refusal::BadState("a request for the worker itself".to_owned()));
        }
    })
}

fn not_found(entity: EntityId) -> Refusal {
    let (noun, id) = name(entity);
    Refusal::NotFound { noun, id }
}

fn name(entity: EntityId) -> (&'static str, u64) {
    match entity {
        EntityId::Transport(id) => ("transport", id.0),
        EntityId::Producer(id) => ("producer", id.0),
        EntityId::Consumer(id) => ("consumer", id.0),
        EntityId::Observer(id) => ("observer", id.0),
    }
}
