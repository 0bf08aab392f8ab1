//! A model of a worker: it knows what there is and judges each request by it.

use std::collections::{BTreeMap, BTreeSet};

use motet_control::{
    ConsumerId, MixMember, MixerAsk, MixerId, MixerRequest, ObserverId, ProducerId, Request, RouterId,
    TransportId,
};

/// What one worker would hold after the requests so far.
#[derive(Default, Debug)]
pub(crate) struct ModelWorker {
    pub(crate) routers: BTreeSet<RouterId>,
    pub(crate) transports: BTreeMap<TransportId, RouterId>,
    pub(crate) producers: BTreeMap<ProducerId, TransportId>,
    pub(crate) consumers: BTreeMap<ConsumerId, (TransportId, ProducerId)>,
    pub(crate) observers: BTreeMap<ObserverId, RouterId>,
    pub(crate) mixers: BTreeMap<MixerId, ModelMixer>,
    /// Every id ever given: none may come twice.
    given: BTreeSet<u64>,
}

impl ModelWorker {
    /// Carries a request out, or says what is wrong with it.
    pub(crate) fn request(&mut self, request: &Request) -> Result<(), String> {
        match request {
            Request::CreateRouter { router_id } => {
                self.give(router_id.0)?;
                self.routers.insert(*router_id);
            }
            Request::CloseRouter { router_id } => {
                known(self.routers.remove(router_id), request)?;
                self.observers.retain(|_, router| router != router_id);
                self.transports.retain(|_, router| router != router_id);
                self.sweep();
            }
            Request::CreateWebRtcTransport { router_id, transport_id, .. } => {
                known(self.routers.contains(router_id), request)?;
                self.give(transport_id.0)?;
                self.transports.insert(*transport_id, *router_id);
            }
            Request::ConnectWebRtcTransport { transport_id, .. }
            | Request::RestartIce { transport_id, .. } => {
                known(self.transports.contains_key(transport_id), request)?;
            }
            Request::CloseTransport { transport_id } => {
                known(self.transports.remove(transport_id).is_some(), request)?;
                self.sweep();
            }
            _ => self.media_request(request)?,
        }
        Ok(())
    }

    fn media_request(&mut self, request: &Request) -> Result<(), String> {
        match request {
            Request::Produce(produce) => {
                known(self.transports.contains_key(&produce.transport_id), request)?;
                self.give(produce.producer_id.0)?;
                self.producers.insert(produce.producer_id, produce.transport_id);
            }
            Request::SetProducerPaused { producer_id, .. } => {
                known(self.producers.contains_key(producer_id), request)?;
            }
            Request::CloseProducer { producer_id } => {
                known(self.producers.remove(producer_id).is_some(), request)?;
                self.sweep();
            }
            Request::Consume(consume) => {
                known(self.transports.contains_key(&consume.transport_id), request)?;
                let is_mix = self.mixers.values().any(|mixer| mixer.producers.contains(&consume.producer_id));
                known(is_mix || self.producers.contains_key(&consume.producer_id), request)?;
                self.give(consume.consumer_id.0)?;
                self.consumers.insert(consume.consumer_id, (consume.transport_id, consume.producer_id));
            }
            Request::SetConsumerPaused { consumer_id, .. } => {
                known(self.consumers.contains_key(consumer_id), request)?;
            }
            Request::CloseConsumer { consumer_id } => {
                known(self.consumers.remove(consumer_id).is_some(), request)?;
            }
            Request::CreateAudioLevelObserver { router_id, observer_id, .. }
            | Request::CreateActiveSpeakerObserver { router_id, observer_id, .. } => {
                known(self.routers.contains(router_id), request)?;
                self.give(observer_id.0)?;
                self.observers.insert(*observer_id, *router_id);
            }
            Request::ObserveProducer { observer_id, producer_id } => {
                known(self.observers.contains_key(observer_id), request)?;
                known(self.producers.contains_key(producer_id), request)?;
            }
            other => return Err(format!("rooms never ask this: {other:?}")),
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.routers.is_empty()
            && self.transports.is_empty()
            && self.producers.is_empty()
            && self.consumers.is_empty()
            && self.observers.is_empty()
            && self.mixers.is_empty()
    }

    /// A mixer ends by itself, with its producers.
    pub(crate) fn fail_mixer(&mut self, mixer_id: MixerId) {
        self.mixers.remove(&mixer_id);
        self.sweep();
    }

    fn give(&mut self, id: u64) -> Result<(), String> {
        if self.given.insert(id) { Ok(()) } else { Err(format!("the id {id} was given before")) }
    }

    /// What stood on something that is gone goes too.
    pub(crate) fn sweep(&mut self) {
        let Self { transports, producers, consumers, mixers, .. } = self;
        producers.retain(|_, transport| transports.contains_key(transport));
        let is_mix = |producer: &ProducerId| mixers.values().any(|mixer| mixer.producers.contains(producer));
        consumers.retain(|_, (transport, producer)| {
            transports.contains_key(transport) && (producers.contains_key(producer) || is_mix(producer))
        });
        for mixer in self.mixers.values_mut() {
            mixer.sources.retain(|producer| self.producers.contains_key(producer));
        }
    }

    /// Has a mixer do something, or says what is wrong with it.
    pub(crate) fn mixer(&mut self, request: &MixerRequest) -> Result<(), String> {
        let MixerRequest { mixer_id, ask } = request;
        if let MixerAsk::Open(open) = ask {
            self.give(mixer_id.0)?;
            self.give(open.audio_producer_id.0)?;
            if !self.routers.contains(&open.router_id) {
                return Err(format!("a mixer without a router: {request:?}"));
            }
            let producers = BTreeSet::from([open.audio_producer_id]);
            self.mixers.insert(*mixer_id, ModelMixer { producers, ..ModelMixer::default() });
            return Ok(());
        }
        if matches!(ask, MixerAsk::Close) {
            let closed = self.mixers.remove(mixer_id).is_some();
            self.sweep();
            return if closed { Ok(()) } else { Err(format!("names something unknown: {request:?}")) };
        }
        if let MixerAsk::OpenPicture { producer_id, .. } = ask {
            self.give(producer_id.0)?;
        }
        let Self { producers, consumers, mixers, .. } = self;
        let mixer = mixers.get_mut(mixer_id).ok_or(format!("names something unknown: {request:?}"))?;
        let is_right = mixer.ask(ask, producers, consumers);
        if is_right { Ok(()) } else { Err(format!("makes no sense: {request:?} of {mixer:?}")) }
    }
}

/// What a mixer would hold.
#[derive(Default, Debug)]
pub(crate) struct ModelMixer {
    producers: BTreeSet<ProducerId>,
    pub(crate) members: BTreeSet<MixMember>,
    pub(crate) sources: BTreeSet<ProducerId>,
    pub(crate) listeners: BTreeSet<MixMember>,
}

impl ModelMixer {
    fn ask(
        &mut self,
        ask: &MixerAsk,
        producers: &BTreeMap<ProducerId, TransportId>,
        consumers: &BTreeMap<ConsumerId, (TransportId, ProducerId)>,
    ) -> bool {
        match ask {
            MixerAsk::SetMember { member, .. } => {
                self.members.insert(*member);
                true
            }
            MixerAsk::RemoveMember { member } => self.members.remove(member),
            MixerAsk::AddSource { member, producer_id, .. } => {
                self.members.contains(member)
                    && producers.contains_key(producer_id)
                    && self.sources.insert(*producer_id)
            }
            MixerAsk::SetSourceMuted { producer_id, .. } => self.sources.contains(producer_id),
            MixerAsk::OpenPicture { producer_id, .. } => self.producers.insert(*producer_id),
            MixerAsk::AddListener { member, audio_consumer_id, video_consumer_id } => {
                self.listeners.insert(*member);
                let is_of_mix = |id: &ConsumerId| {
                    consumers.get(id).is_some_and(|(_, producer)| self.producers.contains(producer))
                };
                [audio_consumer_id, video_consumer_id].into_iter().flatten().all(is_of_mix)
            }
            MixerAsk::RemoveListener { member } => self.listeners.remove(member),
            _ => true,
        }
    }
}

fn known(is_known: bool, request: &Request) -> Result<(), String> {
    if is_known { Ok(()) } else { Err(format!("names something unknown: {request:?}")) }
}
