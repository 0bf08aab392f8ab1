//! A mixer's seat at a router: a direct transport, and the requests that it has carried out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use motet_control::{
    Consume, ConsumerId, MediaKind, MixerId, MixerNews, MixerNotification, Produce, ProducerId, Refusal,
    Request, Response, RouterId, RtpParameters, TransportId,
};
use motet_worker::{DirectReceiver, DirectSender};

use crate::link::Link;

/// Whom a mixer tells, and whether it has failed; one for all its threads.
pub(super) struct Voice {
    mixer_id: MixerId,
    tell: Box<dyn Fn(MixerNotification) + Send + Sync>,
    has_failed: AtomicBool,
}

impl Voice {
    pub(super) fn new(
        mixer_id: MixerId,
        tell: impl Fn(MixerNotification) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { mixer_id, tell: Box::new(tell), has_failed: AtomicBool::new(false) })
    }

    pub(super) fn tell(&self, news: MixerNews) {
        (self.tell)(MixerNotification { mixer_id: self.mixer_id, news });
    }

    /// Ends the mixer; told once, whoever fails first.
    pub(super) fn fail(&self, why: String) {
        if !self.has_failed.swap(true, Ordering::AcqRel) {
            self.tell(MixerNews::Failed { why });
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Acquire)
    }
}

/// See the module. Clones are of one seat, which is given up when the last is dropped.
#[derive(Clone)]
pub(super) struct Seat(Arc<Chair>);

struct Chair {
    link: Arc<Link>,
    transport_id: TransportId,
    voice: Arc<Voice>,
}

impl Seat {
    /// Asks for a transport on the router, and takes its ends.
    pub(super) fn take(
        link: &Arc<Link>,
        router_id: RouterId,
        voice: Arc<Voice>,
    ) -> (Self, DirectSender, DirectReceiver) {
        let transport_id = TransportId(link.next_id());
        let seat = Self(Arc::new(Chair { link: Arc::clone(link), transport_id, voice }));
        seat.must(Request::CreateDirectTransport { router_id, transport_id });
        let (sender, receiver) = link.attach(transport_id);
        (seat, sender, receiver)
    }

    pub(super) fn voice(&self) -> &Arc<Voice> {
        &self.0.voice
    }

    /// An id for something of the mixer's own.
    pub(super) fn fresh_id(&self) -> u64 {
        self.0.link.next_id()
    }

    /// Opens a producer. What the mixer cannot do without fails it where it is refused.
    pub(super) fn produce(&self, producer_id: ProducerId, rtp_parameters: RtpParameters) {
        let kind = rtp_parameters.codecs.first().map_or(MediaKind::Audio, |codec| codec.codec.kind());
        let transport_id = self.0.transport_id;
        let produce = Produce { transport_id, producer_id, kind, rtp_parameters, paused: false };
        self.must(Request::Produce(Box::new(produce)));
    }

    /// Opens a consumer; a refusal is told, as the producer may have ended meanwhile.
    pub(super) fn consume(
        &self,
        producer_id: ProducerId,
        rtp_parameters: RtpParameters,
        paused: bool,
    ) -> ConsumerId {
        let consumer_id = ConsumerId(self.fresh_id());
        let transport_id = self.0.transport_id;
        let consume = Consume { transport_id, consumer_id, producer_id, rtp_parameters, paused };
        self.ask(Request::Consume(Box::new(consume)));
        consumer_id
    }

    /// Sends a request; a refusal is told.
    pub(super) fn ask(&self, request: Request) {
        let voice = Arc::clone(&self.0.voice);
        self.send(request, move |refusal| voice.tell(MixerNews::Refused { why: refusal.to_string() }));
    }

    /// Sends a request about what others own and may have ended: a refusal is nobody's concern.
    pub(super) fn hint(&self, request: Request) {
        self.send(request, |_| {});
    }

    /// Asks a question; `told` is called by the worker's thread with an answer, and must not wait.
    pub(super) fn query(&self, request: Request, told: impl FnOnce(Response) + Send + 'static) {
        let told = move |outcome: Result<Response, Refusal>| {
            if let Ok(response) = outcome {
                told(response);
            }
        };
        if let Err(error) = self.0.link.post(request, told) {
            self.0.voice.fail(error.to_string());
        }
    }

    fn must(&self, request: Request) {
        let voice = Arc::clone(&self.0.voice);
        self.send(request, move |refusal| voice.fail(refusal.to_string()));
    }

    fn send(&self, request: Request, refused: impl FnOnce(Refusal) + Send + 'static) {
        let told = move |outcome: Result<Response, Refusal>| {
            if let Err(refusal) = outcome {
                refused(refusal);
            }
        };
        if let Err(error) = self.0.link.post(request, told) {
            self.0.voice.fail(error.to_string());
        }
    }
}

impl Drop for Chair {
    fn drop(&mut self) {
        self.link.close(Request::CloseTransport { transport_id: self.transport_id });
    }
}
