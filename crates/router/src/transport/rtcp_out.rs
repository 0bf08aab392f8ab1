//! The RTCP that a transport sends: one compound after another, and the feedback to senders in them.

use std::time::{Duration, Instant};

use motet_rtp::Ssrc;
use motet_rtp::rtcp::{Full, Writer};

use super::link::RTCP_BYTES_MAX;
use super::{Due, Link, Traffic, Transport};
use crate::egress::Egress;
use crate::producer::{Ask, PictureFeedback, Producer};
use crate::table::{ProducerKey, Table};

/// The canonical name under which the server itself reports.
pub(crate) const OWN_CNAME: &str = "motet";

/// Sequence numbers in one NACK: in the worst case each takes four bytes.
const LOST_PER_NACK: usize = 128;
/// The round trip to assume before one is measured.
const ROUND_TRIP_GUESS: Duration = Duration::from_millis(100);
/// Room that one transport-wide feedback gets; it splits what does not fit.
const FEEDBACK_ROOM: usize = 600;

const _: () = assert!(LOST_PER_NACK * 4 + 64 < RTCP_BYTES_MAX && FEEDBACK_ROOM + 64 < RTCP_BYTES_MAX);

/// The entities of a router, as far as reports are about them.
pub(crate) type Producers = Table<motet_control::ProducerId, ProducerKey, Producer>;

/// Compounds in the making: packets are added until one is full, which then goes out.
pub(crate) struct Compounds<'a, E> {
    link: &'a mut Link,
    sent: &'a mut Traffic,
    egress: &'a mut E,
    buffer: [u8; RTCP_BYTES_MAX],
    len: usize,
    /// Where feedback may not go alone: whose empty report goes before it (RFC 3550 section 6.1).
    prologue: Option<Ssrc>,
}

impl<'a, E: Egress> Compounds<'a, E> {
    pub(crate) fn new(
        link: &'a mut Link,
        sent: &'a mut Traffic,
        egress: &'a mut E,
        prologue: Option<Ssrc>,
    ) -> Self {
        Self { link, sent, egress, buffer: [0; RTCP_BYTES_MAX], len: 0, prologue }
    }

    /// Adds a report, which may stand first.
    pub(crate) fn report(&mut self, write: impl Fn(&mut Writer<'_>) -> Result<(), Full>) {
        // What does not fit an empty compound does not go at all; all reports are made to fit.
        if self.try_write(&write).is_err() {
            self.flush();
            let _ = self.try_write(&write);
        }
    }

    /// Adds feedback, after a report where one must stand first.
    pub(crate) fn feedback(&mut self, write: impl Fn(&mut Writer<'_>) -> Result<(), Full>) {
        self.begin();
        if self.try_write(&write).is_err() {
            self.flush();
            self.begin();
            let _ = self.try_write(&write);
        }
    }

    /// Adds whatever `write` writes into the room that is left, at least `room` bytes; it tells whether it did.
    fn fill(&mut self, room: usize, write: impl FnOnce(&mut Writer<'_>) -> bool) -> bool {
        if RTCP_BYTES_MAX - self.len < room {
            self.flush();
        }
        self.begin();
        let mut writer = Writer::new(&mut self.buffer[self.len..]);
        let did = write(&mut writer);
        self.len += writer.len();
        did
    }

    /// Sends what is there.
    pub(crate) fn flush(&mut self) {
        if self.len > 0 {
            let sent = self.link.send_rtcp(&self.buffer[..self.len], self.egress);
            if sent > 0 {
                self.sent.add(sent);
            }
            self.len = 0;
        }
    }

    fn begin(&mut self) {
        if let Some(ssrc) = self.prologue.filter(|_| self.len == 0) {
            let _ = self.try_write(&|writer: &mut Writer<'_>| {
                writer.receiver_report(ssrc, &[])?;
                writer.sdes_cname(ssrc, OWN_CNAME)
            });
        }
    }

    fn try_write(&mut self, write: &impl Fn(&mut Writer<'_>) -> Result<(), Full>) -> Result<(), Full> {
        let mut writer = Writer::new(&mut self.buffer[self.len..]);
        write(&mut writer)?;
        self.len += writer.len();
        Ok(())
    }
}

/// What feedback is made from.
pub(crate) struct FeedbackContext<'a> {
    pub(crate) now: Instant,
    pub(crate) producers: &'a mut Producers,
    /// A scratch list.
    pub(crate) lost: &'a mut Vec<u16>,
}

impl Transport {
    /// Sends whatever feedback is due: keyframe requests, NACKs, transport-wide feedback, estimates.
    pub(crate) fn send_feedback(&mut self, context: &mut FeedbackContext<'_>, egress: &mut impl Egress) {
        let now = context.now;
        let due = [Due::KeyFrames, Due::Nacks, Due::Feedback, Due::Estimate];
        let [key_frames, nacks, feedback, estimate] = due.map(|due| self.deadlines.take(due, now));
        if !(key_frames || nacks || feedback || estimate) {
            return;
        }
        let Self { link, sent, incoming, deadlines, rtcp_ssrc, health, .. } = self;
        let prologue = (!incoming.has_reduced_size).then_some(*rtcp_ssrc);
        let mut compounds = Compounds::new(link, sent, egress, prologue);
        if nacks {
            let round_trip = health.round_trip.unwrap_or(ROUND_TRIP_GUESS);
            for key in &incoming.producers {
                let (at, has_given_up) = nack_one(*key, round_trip, *rtcp_ssrc, context, &mut compounds);
                deadlines.want(Due::Nacks, at);
                deadlines.want(Due::KeyFrames, has_given_up.then_some(now));
            }
        }
        if key_frames || nacks {
            deadlines.take(Due::KeyFrames, now);
            for key in &incoming.producers {
                let at = ask_key_frames(now, *rtcp_ssrc, &mut context.producers[*key], &mut compounds);
                deadlines.want(Due::KeyFrames, at);
            }
        }
        if let Some(recorder) = incoming.recorder.as_mut().filter(|_| feedback) {
            while compounds.fill(FEEDBACK_ROOM, |writer| recorder.poll_feedback(now, writer)) {}
            deadlines.want_again(Due::Feedback, recorder.poll_timeout(), now);
        }
        if let Some(estimator) = incoming.estimator.as_mut().filter(|_| estimate) {
            if let Some(bitrate_bps) = estimator.poll_remb(now) {
                compounds.feedback(|writer| writer.remb(*rtcp_ssrc, bitrate_bps, estimator.ssrcs()));
            }
            deadlines.want_again(Due::Estimate, estimator.poll_timeout(), now);
        }
        compounds.flush();
    }
}

/// Asks for a producer's lost packets. Answers when to ask again, and whether packets were given up.
fn nack_one(
    key: ProducerKey,
    round_trip: Duration,
    own: Ssrc,
    context: &mut FeedbackContext<'_>,
    compounds: &mut Compounds<'_, impl Egress>,
) -> (Option<Instant>, bool) {
    let (mut next, mut has_given_up) = (None::<Instant>, false);
    let producer = &mut context.producers[key];
    for encoding in 0..producer.streams.len() {
        let stream = &mut producer.streams[encoding];
        let Some(media) = stream.ssrc else { continue };
        context.lost.clear();
        stream.nack.poll(context.now, round_trip, context.lost);
        stream.count_nacked(context.lost.len());
        for lost in context.lost.chunks(LOST_PER_NACK) {
            compounds.feedback(|writer| writer.nack(own, media, lost.iter().copied()));
        }
        next = [next, stream.nack.poll_timeout()].into_iter().flatten().min();
        if stream.nack.take_given_up() {
            has_given_up |= producer.wish_key_frame(context.now, encoding).is_some();
        }
    }
    (next, has_given_up)
}

/// Asks for the keyframes that are due. Answers when to look again.
fn ask_key_frames(
    now: Instant,
    own: Ssrc,
    producer: &mut Producer,
    compounds: &mut Compounds<'_, impl Egress>,
) -> Option<Instant> {
    let mut next = None::<Instant>;
    for stream in &mut producer.streams {
        let (Some(media), Some(feedback)) = (stream.ssrc, producer.picture_feedback) else { continue };
        if let Some(ask) = stream.key_frames.poll(now) {
            match feedback {
                PictureFeedback::Pli => {
                    stream.count_pli();
                    compounds.feedback(|writer| writer.pli(own, media));
                }
                PictureFeedback::Fir => {
                    stream.fir_seq = stream.fir_seq.wrapping_add(u8::from(ask == Ask::New));
                    stream.count_fir();
                    compounds.feedback(|writer| writer.fir(own, media, stream.fir_seq));
                }
            }
        }
        next = [next, stream.key_frames.poll_timeout()].into_iter().flatten().min();
    }
    next
}
