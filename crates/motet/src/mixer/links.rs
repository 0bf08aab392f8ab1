//! How mixes reach their listeners: the worker is asked now and then, and whoever's link carries less gets a smaller picture.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use motet_control::{ConsumerId, ConsumerStats, MixMember, ProducerId, Request, Response};

use super::ladder::{Ladder, Report, Step};
use super::picture::Picture;
use super::seat::Seat;

/// Answers of the worker that wait at most: one for each who listens, and some. More are not heard, and asked for again.
const ANSWERS_MAX: usize = 1024;

/// How often links are asked after: a link that carries less is to be felt for no longer than a blink.
const ASK_INTERVAL: Duration = Duration::from_millis(250);
/// What a receiver lost is looked at so often, which is how often it tells.
const LOSS_INTERVAL: Duration = Duration::from_secs(1);

/// What the worker answered.
pub(super) enum Answer {
    Listener(MixMember, Box<ConsumerStats>),
    Consumers(ProducerId, usize),
}

/// See the module.
pub(super) struct Links {
    listeners: HashMap<MixMember, Listener>,
    ask_at: Option<Instant>,
    answers: (SyncSender<Answer>, Receiver<Answer>),
}

struct Listener {
    consumer_id: ConsumerId,
    ladder: Ladder,
    losses: Losses,
}

/// What a listener that says nothing else had lost when that was looked at last.
#[derive(Default)]
struct Losses {
    looked_at: Option<Instant>,
    /// Packets sent to it by then: a report is only worth something if there were more.
    packets: u64,
    /// Packets that it had asked for again by then.
    nacked: u64,
}

impl Links {
    pub(super) fn new() -> Self {
        Self { listeners: HashMap::new(), ask_at: None, answers: sync_channel(ANSWERS_MAX) }
    }

    /// A member has other eyes, or none.
    pub(super) fn set(&mut self, member: MixMember, consumer_id: Option<ConsumerId>) {
        match consumer_id {
            Some(consumer_id) => {
                let listener = Listener { consumer_id, ladder: Ladder::new(), losses: Losses::default() };
                self.listeners.insert(member, listener);
                // The sooner it is asked after, the less of a size that does not suit it is sent.
                self.ask_at = None;
            }
            None => _ = self.listeners.remove(&member),
        }
    }

    /// Asks who consumes what; answers come by [`Self::poll`].
    pub(super) fn ask_consumers(&self, seat: &Seat, pictures: &[Picture]) {
        for producer_id in pictures.iter().flat_map(Picture::open_producers) {
            let answers = self.answers.0.clone();
            seat.query(Request::GetProducerStats { producer_id }, move |response| {
                if let Response::ProducerStats(stats) = response {
                    let _ = answers.try_send(Answer::Consumers(producer_id, stats.consumers));
                }
            });
        }
    }

    /// Asks how it goes, if it is time; answers come by [`Self::poll`].
    pub(super) fn ask_listeners(&mut self, now: Instant, seat: &Seat) {
        if self.ask_at.is_some_and(|at| now < at) {
            return;
        }
        self.ask_at = Some(now + ASK_INTERVAL);
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
        if stats.consumer_id != listener.consumer_id || stats.paused {
            return;
        }
        let is_theirs = |picture: &&mut Picture| picture.open_producers().any(|id| id == stats.producer_id);
        let Some(picture) = pictures.iter_mut().find(is_theirs) else { return };
        let Some(report) = listener.losses.report(now, stats) else { return };
        let sizes: Vec<u64> = picture.rungs().iter().map(|rung| u64::from(rung.size.bitrate_bps)).collect();
        let consumer_id = listener.consumer_id;
        match listener.ladder.report(now, report, &sizes) {
            Some(Step::Go(rung)) => {
                if let Some(producer_id) = picture.open(seat, rung) {
                    seat.hint(Request::SwitchConsumer { consumer_id, producer_id, in_step: true });
                }
            }
            Some(Step::Try(target_bps)) => seat.hint(Request::ProbeConsumer { consumer_id, target_bps }),
            None => {}
        }
    }
}

impl Losses {
    /// What is known of the link: what it carries, else what was lost on it, if there is anything new.
    fn report(&mut self, now: Instant, stats: &ConsumerStats) -> Option<Report> {
        let stream = &stats.stream;
        if let Some(available_bps) = stats.available_bps {
            return Some(Report::Carries { available_bps, used_bps: stream.bitrate_bps });
        }
        let is_due = self.looked_at.is_none_or(|at| now >= at + LOSS_INTERVAL);
        let sent = stream.packets.saturating_sub(self.packets);
        if sent == 0 || !is_due {
            return None;
        }
        // Receivers differ in whether they report as lost what came again in time.
        let nacked = stream.nacked_packets.saturating_sub(self.nacked) as f32 / sent as f32;
        *self = Self { looked_at: Some(now), packets: stream.packets, nacked: stream.nacked_packets };
        Some(Report::Loses(stream.fraction_lost.max(nacked.min(1.0))))
    }
}
