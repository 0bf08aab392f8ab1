//! How mixes reach their listeners: the worker is asked now and then, and whoever's link carries less gets a smaller picture.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use motet_control::{ConsumerId, ConsumerStats, MixMember, ProducerId, Request, Response};

use super::ladder::Ladder;
use super::picture::Picture;
use super::seat::Seat;

/// Answers of the worker that wait at most: one for each who listens, and some. More are not heard, and asked for again.
const ANSWERS_MAX: usize = 1024;

/// What the worker answered.
pub(super) enum Answer {
    Listener(MixMember, Box<ConsumerStats>),
    Consumers(ProducerId, usize),
}

/// See the module.
pub(super) struct Links {
    listeners: HashMap<MixMember, Listener>,
    answers: (SyncSender<Answer>, Receiver<Answer>),
}

struct Listener {
    consumer_id: ConsumerId,
    ladder: Ladder,
    /// Packets sent to it when it was judged last: a report is only worth something if there were more.
    packets: u64,
    /// Packets that it had asked for again by then.
    nacked: u64,
}

impl Links {
    pub(super) fn new() -> Self {
        Self { listeners: HashMap::new(), answers: sync_channel(ANSWERS_MAX) }
    }

    /// A member has other eyes, or none.
    pub(super) fn set(&mut self, member: MixMember, consumer_id: Option<ConsumerId>) {
        match consumer_id {
            Some(consumer_id) => {
                let listener = Listener { consumer_id, ladder: Ladder::new(), packets: 0, nacked: 0 };
                self.listeners.insert(member, listener);
            }
            None => _ = self.listeners.remove(&member),
        }
    }

    /// Asks who consumes what and how it goes; answers come by [`Self::poll`].
    pub(super) fn ask(&self, seat: &Seat, pictures: &[Picture]) {
        for producer_id in pictures.iter().flat_map(Picture::open_producers) {
            let answers = self.answers.0.clone();
            seat.query(Request::GetProducerStats { producer_id }, move |response| {
                if let Response::ProducerStats(stats) = response {
                    let _ = answers.try_send(Answer::Consumers(producer_id, stats.consumers));
                }
            });
        }
        for (member, listener) in &self.listeners {
            let (answers, member) = (self.answers.0.clone(), *member);
            let request = Request::GetConsumerStats { consumer_id: listener.consumer_id };
            seat.query(request, move |response| {
                if let Response::ConsumerStats(stats) = response {
                    let _ = answers.try_send(Answer::Listener(member, stats));
                }
            });
        }
    }

    pub(super) fn poll(&self) -> Option<Answer> {
        self.answers.1.try_recv().ok()
    }

    /// Moves a listener to the size that its link carries.
    pub(super) fn judge(
        &mut self,
        now: Instant,
        (member, stats): (MixMember, &ConsumerStats),
        pictures: &mut [Picture],
        seat: &Seat,
    ) {
        let Some(listener) = self.listeners.get_mut(&member) else { return };
        let sent = stats.stream.packets.saturating_sub(listener.packets);
        if stats.consumer_id != listener.consumer_id || stats.paused || sent == 0 {
            return;
        }
        // Receivers differ in whether they report as lost what came again in time.
        let nacked = stats.stream.nacked_packets.saturating_sub(listener.nacked) as f32 / sent as f32;
        let lost = stats.stream.fraction_lost.max(nacked.min(1.0));
        listener.packets = stats.stream.packets;
        listener.nacked = stats.stream.nacked_packets;
        let is_theirs = |picture: &&mut Picture| picture.open_producers().any(|id| id == stats.producer_id);
        let Some(picture) = pictures.iter_mut().find(is_theirs) else { return };
        let rungs = picture.rungs().len();
        if let Some(rung) = listener.ladder.report(now, lost, rungs)
            && let Some(producer_id) = picture.open(seat, rung)
        {
            let consumer_id = listener.consumer_id;
            seat.hint(Request::SwitchConsumer { consumer_id, producer_id, in_step: true });
        }
    }
}
