//! The way of one packet through a consumer: is it wanted, under which numbers, sealed for its receiver.

use std::time::Instant;

use motet_control::{Codec, MediaKind};
use motet_layers::{Admission, Rewritten};
use motet_rtp::RtpHeader;
use motet_rtp::ext::ExtensionValues;

use super::descriptor::Renumbered;
use super::{Consumer, OutFormat};
use crate::clock::NtpClock;
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::producer::{Arrival, Arrived};
use crate::transport::{Transport, Unstamped};

/// Two clocks said to be one that differ by more than this share of a second are not.
const STEP_SHARE: u32 = 2;

impl Consumer {
    /// Forwards a packet of its producer, in stream generation `generation`. `values` are the packet's extensions, of
    /// which those that belong to this consumer and its transport are written over. Tells whether the packet went out.
    ///
    /// # Errors
    /// Why it did not, where that is anybody's fault or wait; a paused consumer just answers `false`.
    pub(crate) fn forward(
        &mut self,
        now: Instant,
        clock: &NtpClock,
        (generation, arrived): (u32, &Arrived<'_>),
        values: &mut ExtensionValues,
        transport: &mut Transport,
        egress: &mut impl Egress,
    ) -> Result<bool, DropReason> {
        if self.paused {
            return Ok(false);
        }
        if !transport.link.is_ready() {
            return Err(DropReason::NotConnected);
        }
        let Some(format) = self.formats.get(usize::from(arrived.info.format)).copied().flatten() else {
            self.rewriter.skip(arrived.info.seq);
            return Err(DropReason::NoFormat);
        };
        self.follow(now, generation, format);
        if arrived.payload.is_empty() {
            // Padding has served its end on the way here.
            self.rewriter.skip(arrived.info.seq);
            return Ok(false);
        }
        let rewritten = self.place(arrived)?;
        values.mid = self.mid;
        let header = RtpHeader {
            marker: arrived.info.marker,
            payload_type: format.payload_type,
            seq: rewritten.seq.wire(),
            rtp_time: rewritten.rtp_time,
            ssrc: self.ssrc,
        };
        let descriptor = match format.codec {
            Codec::Vp8 => Renumbered::forward(&mut self.frames, rewritten.seq, arrived.payload),
            _ => None,
        };
        let extensions = &self.extensions;
        let packet = Unstamped {
            header,
            index: rewritten.seq,
            values,
            extensions,
            parts: &Renumbered::parts(descriptor.as_ref(), arrived.payload),
            is_padding: false,
        };
        let len = transport.send_rtp(now, clock, packet, egress)?;
        self.last_rtp_time = Some(rewritten.rtp_time);
        self.count(now, len, format, arrived);
        Ok(true)
    }

    /// Begins anew with another source of the producer's stream.
    fn follow(&mut self, now: Instant, generation: u32, format: OutFormat) {
        if self.generation.replace(generation) == Some(generation) {
            return;
        }
        if let Some(last) = self.last_sent_at {
            let elapsed = now.saturating_duration_since(last).as_micros() * u128::from(format.clock_rate);
            // A pause of more than half the clock's range (hours) has no length that a receiver could tell.
            let elapsed = u32::try_from(elapsed / 1_000_000).unwrap_or(u32::MAX / 2).max(1);
            match std::mem::take(&mut self.is_in_step) {
                true => {
                    let ascends = self.kind == MediaKind::Video;
                    self.rewriter.switch_in_step(elapsed, format.clock_rate / STEP_SHARE, ascends);
                }
                false => self.rewriter.switch_source(elapsed),
            }
        }
        self.gate.close();
    }

    /// The numbers under which the packet goes out.
    fn place(&mut self, arrived: &Arrived<'_>) -> Result<Rewritten, DropReason> {
        if self.kind == MediaKind::Video {
            match self.gate.admit(arrived.is_key_frame_start) {
                Admission::Refused => return Err(DropReason::AwaitingKeyFrame),
                Admission::Opened => {
                    self.resume();
                    self.frames.start_run();
                }
                Admission::Passed => {}
            }
        } else if self.is_resuming {
            self.resume();
        }
        let info = arrived.info;
        let rewritten = self.rewriter.forward(info.seq, info.rtp_time).ok_or(DropReason::NotPlaced)?;
        match self.sealed.insert(rewritten.seq) {
            Arrival::New => Ok(rewritten),
            Arrival::Duplicate | Arrival::TooOld => Err(DropReason::NotPlaced),
        }
    }

    fn resume(&mut self) {
        self.is_resuming = false;
        self.rewriter.resume();
    }

    fn count(&mut self, now: Instant, len: usize, format: OutFormat, arrived: &Arrived<'_>) {
        self.counters.packets += 1;
        self.counters.bytes += len as u64;
        self.counters.payload_bytes += arrived.payload.len() as u64;
        self.counters.payload_type = Some(format.payload_type);
        self.counters.key_frames += u64::from(arrived.is_key_frame_start);
        self.rate.add(now, len);
        self.budget.earn(len);
        self.first_sent_at.get_or_insert(now);
        self.last_sent_at = Some(now);
    }
}
