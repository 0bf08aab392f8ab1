//! What a transport does when it is due.

use std::time::Instant;

use motet_control::Notification;

use super::reports::ReportContext;
use super::rtcp_out::FeedbackContext;
use super::{Due, health};
use crate::egress::Egress;
use crate::producer::{SILENCE, Stream};
use crate::router::Router;
use crate::table::{ConsumerKey, ProducerKey, TransportKey};
use crate::timers::Sleeper;

impl Router {
    /// Does whatever is due on a transport.
    pub(crate) fn wake_transport(&mut self, now: Instant, key: TransportKey, egress: &mut impl Egress) {
        if self.transports[key].deadlines.take(Due::Link, now) {
            self.wake_link(now, key, egress);
        }
        self.send_reports(now, key, egress);
        self.send_feedback(now, key, egress);
        self.send_padding(now, key, egress);
        if self.transports[key].deadlines.take(Due::Silence, now) {
            self.listen_for_silence(now, key);
        }
    }

    /// Has a transport wake for `due` at `at`.
    pub(crate) fn want(&mut self, key: TransportKey, due: Due, at: Option<Instant>) {
        self.transports[key].deadlines.want(due, at);
        self.rearm(key);
    }

    /// Sets the transport's alarm by its deadlines.
    pub(crate) fn rearm(&mut self, key: TransportKey) {
        let transport = &mut self.transports[key];
        let at = transport.deadlines.next();
        self.timers.wake_by(Sleeper::Transport(key), &mut transport.alarm, at);
    }

    /// Asks the consumer's producer for a keyframe.
    pub(crate) fn wish_key_frame(&mut self, now: Instant, key: ConsumerKey) {
        let consumer = &self.consumers[key];
        self.wish_key_frame_of(now, consumer.producer, consumer.encoding);
    }

    /// Asks a producer for a keyframe.
    pub(crate) fn wish_key_frame_of(&mut self, now: Instant, key: ProducerKey, encoding: usize) {
        let producer = &mut self.producers[key];
        let due = producer.wish_key_frame(now, encoding);
        let transport = producer.transport;
        self.want(transport, Due::KeyFrames, due);
    }

    fn send_reports(&mut self, now: Instant, key: TransportKey, egress: &mut impl Egress) {
        if self.transports[key].deadlines.at(Due::Reports).is_none_or(|at| at > now) {
            return;
        }
        let mut context = ReportContext {
            now,
            clock: &self.clock,
            chance: &mut self.chance,
            producers: &mut self.producers,
            consumers: &mut self.consumers,
        };
        self.transports[key].send_reports(&mut context, egress);
        self.judge(now, key);
    }

    fn send_feedback(&mut self, now: Instant, key: TransportKey, egress: &mut impl Egress) {
        let mut context = FeedbackContext { now, producers: &mut self.producers, lost: &mut self.lost };
        self.transports[key].send_feedback(&mut context, egress);
    }

    /// Tells which producers fell silent, and whether the peer did.
    fn listen_for_silence(&mut self, now: Instant, key: TransportKey) {
        for index in 0..self.transports[key].incoming.producers.len() {
            let producer = &mut self.producers[self.transports[key].incoming.producers[index]];
            if !producer.is_active {
                continue;
            }
            let silent_at = producer.latest_at().map(|at| at + SILENCE).filter(|at| *at > now);
            if silent_at.is_none() {
                producer.is_active = false;
                producer.streams.iter_mut().for_each(Stream::rest);
                let producer_id = producer.id;
                self.notify(Notification::ProducerActive { producer_id, active: false });
            }
            self.transports[key].deadlines.want(Due::Silence, silent_at);
        }
        let transport = &mut self.transports[key];
        let silent_at = transport.health.received_at.map(|at| at + health::SILENCE);
        transport.deadlines.want(Due::Silence, silent_at.filter(|at| *at > now));
        self.judge(now, key);
    }
}
