//! The way of one RTP packet in: opened, given to its producer, handed to the producer's consumers.

use std::time::{Duration, Instant};

use motet_control::{MediaKind, Notification};
use motet_rtp::ext::{ExtensionValues, Rotation, VideoOrientation};
use motet_rtp::{RtpView, SeqNo, Ssrc, rtx};

use super::{Binding, Due, Transport};
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::producer::{Arrived, PacketInfo, PayloadKind, Producer, SILENCE, is_key_frame_start};
use crate::router::Router;
use crate::table::{ProducerKey, TransportKey};
use crate::timers::Sleeper;

/// The first reports about a stream go out around this time after its first packet, so that receivers soon know its
/// clock and senders their round trip.
const FIRST_REPORT_AFTER: Duration = Duration::from_millis(300);
/// Between two conflicts that are told: a sender can make as many as it sends packets.
const CONFLICT_SPACING: Duration = Duration::from_secs(1);

impl Router {
    /// Takes an RTP packet from a transport's peer, in the clear, with its number extended.
    pub(crate) fn take_rtp(
        &mut self,
        now: Instant,
        key: TransportKey,
        (index, packet): (SeqNo, &[u8]),
        egress: &mut impl Egress,
    ) -> Result<(), DropReason> {
        let view = RtpView::parse(packet).map_err(|_| DropReason::BadRtp)?;
        let len = packet.len();
        let (binding, values) = self.find_producer(now, key, &view, len)?;
        let producer = &mut self.producers[binding.producer];
        let arrived = match unwrap(producer, binding, &view, values, (index, len)) {
            Ok(Some(arrived)) => arrived,
            Ok(None) => return Ok(()),
            Err(reason) => {
                producer.streams[usize::from(binding.encoding)].drop_packet(reason);
                return Ok(());
            }
        };
        if self.take_for_producer(now, key, binding, &arrived) {
            self.fan_out(now, binding, &arrived, egress);
        }
        Ok(())
    }

    /// Finds whom a packet is for and reads its extensions by that producer's ids.
    fn find_producer(
        &mut self,
        now: Instant,
        key: TransportKey,
        view: &RtpView<'_>,
        len: usize,
    ) -> Result<(Binding, ExtensionValues), DropReason> {
        let transport = &mut self.transports[key];
        let known = transport.incoming.ssrcs.lookup(view.ssrc());
        let map = known
            .map_or(&transport.incoming.extensions, |binding| &self.producers[binding.producer].extensions);
        let values = ExtensionValues::read(view, map);
        transport.note_arrival(now, view, &values, len);
        let found = match known {
            Some(binding) => self.check_mid(binding, &values),
            None => self.learn(now, key, view, &values),
        };
        if found == Err(DropReason::SsrcConflict) {
            self.tell_conflict(now, key, view.ssrc());
        }
        Ok((found?, values))
    }

    fn check_mid(&self, binding: Binding, values: &ExtensionValues) -> Result<Binding, DropReason> {
        let own = self.producers[binding.producer].parameters.mid;
        match (values.mid, own) {
            (Some(mid), Some(own)) if mid != own => Err(DropReason::SsrcConflict),
            _ => Ok(binding),
        }
    }

    fn learn(
        &mut self,
        now: Instant,
        key: TransportKey,
        view: &RtpView<'_>,
        values: &ExtensionValues,
    ) -> Result<Binding, DropReason> {
        let producers = &self.producers;
        let is_silent =
            |known: Binding| producers[known.producer].streams[usize::from(known.encoding)].is_silent(now);
        let ssrcs = &mut self.transports[key].incoming.ssrcs;
        let binding = ssrcs.learn(view.ssrc(), view.payload_type(), values, is_silent)?;
        if !binding.is_repair {
            self.producers[binding.producer].streams[usize::from(binding.encoding)].bind(view.ssrc());
        }
        Ok(binding)
    }

    fn tell_conflict(&mut self, now: Instant, key: TransportKey, ssrc: Ssrc) {
        let transport = &mut self.transports[key];
        let told = &mut transport.incoming.told_conflict;
        if told.is_none_or(|(before, at)| before != ssrc && now >= at + CONFLICT_SPACING) {
            *told = Some((ssrc, now));
            let transport_id = transport.id;
            self.notify(Notification::SsrcConflict { transport_id, ssrc });
        }
    }

    /// Has the producer take a packet in. Tells whether it is to be handed on.
    fn take_for_producer(
        &mut self,
        now: Instant,
        key: TransportKey,
        binding: Binding,
        arrived: &Arrived<'_>,
    ) -> bool {
        let transport = &mut self.transports[key];
        let producer = &mut self.producers[binding.producer];
        let format = producer.formats.get(arrived.info.format);
        let stream = &mut producer.streams[usize::from(binding.encoding)];
        if let Err(reason) = stream.handle_packet(now, &self.clock, format, arrived) {
            stream.drop_packet(reason);
            return false;
        }
        transport.deadlines.want(Due::Nacks, stream.nack.poll_timeout());
        if stream.report_at.is_none() {
            stream.report_at = Some(now + self.chance.around(FIRST_REPORT_AFTER));
            transport.deadlines.want(Due::Reports, stream.report_at);
        }
        if stream.nack.take_given_up() {
            let due = producer.wish_key_frame(now, usize::from(binding.encoding));
            transport.deadlines.want(Due::KeyFrames, due);
        }
        self.note_media(now, key, binding.producer, arrived);
        !self.producers[binding.producer].paused
    }

    /// Tells what the packet says beside its media.
    fn note_media(
        &mut self,
        now: Instant,
        key: TransportKey,
        producer_key: ProducerKey,
        arrived: &Arrived<'_>,
    ) {
        let producer = &mut self.producers[producer_key];
        let producer_id = producer.id;
        if let Some(level) = arrived.values.audio_level
            && !arrived.is_repair
            && !producer.paused
        {
            for listening in &producer.listeners {
                self.observers[listening.observer].hear(listening.member, level.dbov);
            }
        }
        if !producer.is_active {
            producer.is_active = true;
            self.transports[key].deadlines.want(Due::Silence, Some(now + SILENCE));
            self.notes.push_back(Notification::ProducerActive { producer_id, active: true }.into());
        }
        if let Some(orientation) = arrived.values.video_orientation
            && orientation != producer.orientation
        {
            producer.orientation = orientation;
            let (rotation_degrees, mirrored) = turn(orientation);
            let note = Notification::ProducerVideoOrientation { producer_id, rotation_degrees, mirrored };
            self.notes.push_back(note.into());
        }
    }

    /// Hands a packet to each of the producer's consumers.
    fn fan_out(&mut self, now: Instant, binding: Binding, arrived: &Arrived<'_>, egress: &mut impl Egress) {
        let producer = &mut self.producers[binding.producer];
        let encoding = usize::from(binding.encoding);
        let stream = &mut producer.streams[encoding];
        let generation = stream.generation;
        if producer.repairing_consumers > 0 && !arrived.payload.is_empty() {
            stream.keep(now, arrived);
        }
        let mut values = ExtensionValues { rid: None, repaired_rid: None, ..arrived.values };
        let mut is_key_frame_awaited = false;
        for &consumer_key in &producer.consumers {
            let consumer = &mut self.consumers[consumer_key];
            if consumer.encoding != encoding {
                continue;
            }
            if consumer.producer != binding.producer {
                let Some(former) = consumer.come_over(arrived) else {
                    is_key_frame_awaited = true;
                    continue;
                };
                self.switched.push((consumer_key, former));
            }
            let transport_key = consumer.transport;
            let transport = &mut self.transports[transport_key];
            let packet = (generation, arrived);
            match consumer.forward(now, &self.clock, packet, &mut values, transport, egress) {
                Ok(is_sent) if is_sent && consumer.report_at.is_none() => {
                    consumer.report_at = Some(now + self.chance.around(FIRST_REPORT_AFTER));
                    transport.deadlines.want(Due::Reports, consumer.report_at);
                    let sleeper = Sleeper::Transport(transport_key);
                    self.timers.wake_by(sleeper, &mut transport.alarm, transport.deadlines.next());
                }
                Ok(_) => {}
                Err(reason) => {
                    consumer.drops.add(reason);
                    is_key_frame_awaited |= reason == DropReason::AwaitingKeyFrame;
                }
            }
        }
        self.part_switched();
        if is_key_frame_awaited {
            let producer = &mut self.producers[binding.producer];
            let due = producer.wish_key_frame(now, encoding);
            self.transports[producer.transport].deadlines.want(Due::KeyFrames, due);
        }
    }

    /// Former producers forget the consumers that came over to others.
    fn part_switched(&mut self) {
        while let Some((consumer, former)) = self.switched.pop() {
            self.part(former, consumer);
        }
    }
}

impl Transport {
    /// Remembers when a packet came, for whatever feedback its sender wants.
    fn note_arrival(&mut self, now: Instant, view: &RtpView<'_>, values: &ExtensionValues, len: usize) {
        if let (Some(recorder), Some(seq)) = (&mut self.incoming.recorder, values.transport_seq) {
            recorder.handle_arrival(now, seq, view.ssrc());
            self.deadlines.want(Due::Feedback, recorder.poll_timeout());
        }
        if let (Some(estimator), Some(time)) = (&mut self.incoming.estimator, values.abs_send_time) {
            estimator.handle_arrival(now, time, len, view.ssrc());
            self.deadlines.want(Due::Estimate, estimator.poll_timeout());
        }
    }
}

/// A packet with its retransmission unwrapped (RFC 4588 section 4). `None` for a retransmission that is all padding, by
/// which senders probe the path.
fn unwrap<'a>(
    producer: &Producer,
    binding: Binding,
    view: &RtpView<'a>,
    values: ExtensionValues,
    (index, len): (SeqNo, usize),
) -> Result<Option<Arrived<'a>>, DropReason> {
    let kind = producer.formats.kind(view.payload_type()).ok_or(DropReason::UnknownPayloadType)?;
    let stream = &producer.streams[usize::from(binding.encoding)];
    let (format, seq, payload) = match (kind, binding.is_repair) {
        (PayloadKind::Media(format), false) => (format, index, view.payload()),
        (PayloadKind::Repair(_), true) if view.payload().is_empty() => return Ok(None),
        (PayloadKind::Repair(format), true) => {
            let (osn, payload) = rtx::split_osn(view.payload()).ok_or(DropReason::BadRtx)?;
            if payload.is_empty() {
                return Ok(None);
            }
            (format, stream.original(osn).ok_or(DropReason::BadRtx)?, payload)
        }
        (PayloadKind::Repair(_), false) | (PayloadKind::Media(_), true) => {
            return Err(DropReason::UnknownPayloadType);
        }
    };
    let info = PacketInfo { seq, rtp_time: view.rtp_time(), marker: view.marker(), format };
    let codec = producer.formats.get(format).codec;
    Ok(Some(Arrived {
        info,
        payload_type: view.payload_type(),
        values,
        payload,
        is_repair: binding.is_repair,
        is_key_frame_start: producer.kind == MediaKind::Video && is_key_frame_start(codec, payload),
        len,
    }))
}

/// Degrees clockwise and whether mirrored.
fn turn(orientation: VideoOrientation) -> (u16, bool) {
    let degrees = match orientation.rotation {
        Rotation::Degrees0 => 0,
        Rotation::Degrees90 => 90,
        Rotation::Degrees180 => 180,
        Rotation::Degrees270 => 270,
    };
    (degrees, orientation.flipped)
}
