//! The packets of one producer's stream, kept once for all its consumers so that losses can be made good.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use motet_rtp::ext::{
    AbsCaptureTime, AudioLevel, DependencyDescriptor, ExtensionValues, PlayoutDelay, VideoOrientation,
};
use motet_rtp::{RtpTime, SeqNo};

/// How much a store keeps at most. It takes memory as it needs it, in doubling steps, and gives all of it back when it is
/// cleared: a stream at rest costs nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreLimits {
    /// Packets; a power of two.
    pub(crate) packets: usize,
    /// Bytes of payload; a power of two.
    pub(crate) bytes: usize,
    /// Age: no receiver asks for anything older with success.
    pub(crate) age: Duration,
}

/// A second of video at 10 Mbit/s.
pub(crate) const VIDEO_LIMITS: StoreLimits =
    StoreLimits { packets: 1024, bytes: 2 << 20, age: Duration::from_secs(2) };
/// Two seconds of audio in packets of 20 ms.
pub(crate) const AUDIO_LIMITS: StoreLimits =
    StoreLimits { packets: 128, bytes: 128 << 10, age: Duration::from_secs(2) };

/// The first steps of growth.
const PACKETS_MIN: usize = 32;
const BYTES_MIN: usize = 16 << 10;

const _: () = assert!(VIDEO_LIMITS.packets.is_power_of_two() && AUDIO_LIMITS.packets.is_power_of_two());
const _: () = assert!(PACKETS_MIN <= AUDIO_LIMITS.packets && BYTES_MIN <= AUDIO_LIMITS.bytes);

/// What is kept of a packet besides its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketInfo {
    pub(crate) seq: SeqNo,
    pub(crate) rtp_time: RtpTime,
    pub(crate) marker: bool,
    /// Which of the producer's formats it has.
    pub(crate) format: u8,
}

/// A packet found again.
#[derive(Debug)]
pub(crate) struct Stored<'a> {
    pub(crate) info: PacketInfo,
    /// The extensions that travel with a packet; those that each transport writes for itself are absent.
    pub(crate) values: ExtensionValues,
    pub(crate) payload: &'a [u8],
}

/// Extensions that travel, the long one apart: its bytes stand after the payload's.
#[derive(Clone, Copy, Debug)]
struct Travelling {
    audio_level: Option<AudioLevel>,
    video_orientation: Option<VideoOrientation>,
    playout_delay: Option<PlayoutDelay>,
    abs_capture_time: Option<AbsCaptureTime>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    info: PacketInfo,
    travelling: Travelling,
    at: Instant,
    offset: u32,
    payload_len: u16,
    descriptor_len: u16,
}

impl Record {
    fn bytes_len(&self) -> usize {
        usize::from(self.payload_len) + usize::from(self.descriptor_len)
    }
}

/// A ring of payload bytes and a queue of records about them, both in order of arrival, and a table from sequence number
/// to record. Sequence numbers that share their low bits push each other out of the table.
#[derive(Debug)]
pub(crate) struct PacketStore {
    limits: StoreLimits,
    bytes: Vec<u8>,
    /// Where the next payload begins, if it fits there.
    tail: usize,
    records: VecDeque<Record>,
    /// How many records were ever taken out at the front: a record's number less this is its place in `records`.
    taken: u64,
    /// By the low bits of the sequence number: the record's number.
    numbers: Vec<u64>,
}

impl PacketStore {
    pub(crate) fn new(limits: StoreLimits) -> Self {
        Self { limits, bytes: Vec::new(), tail: 0, records: VecDeque::new(), taken: 0, numbers: Vec::new() }
    }

    /// Packets kept.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Bytes kept.
    pub(crate) fn bytes(&self) -> usize {
        self.records.iter().map(Record::bytes_len).sum()
    }

    /// Keeps a packet, pushing out what is too old or too much. One longer than any datagram is not kept.
    pub(crate) fn insert(
        &mut self,
        now: Instant,
        info: PacketInfo,
        values: &ExtensionValues,
        payload: &[u8],
    ) {
        let descriptor =
            values.dependency_descriptor.as_ref().map_or(&[][..], DependencyDescriptor::as_bytes);
        let Ok(payload_len) = u16::try_from(payload.len()) else { return };
        self.expire(now);
        let len = payload.len() + descriptor.len();
        let Some(offset) = self.reserve(len) else { return };
        self.bytes[offset..offset + payload.len()].copy_from_slice(payload);
        self.bytes[offset + payload.len()..offset + len].copy_from_slice(descriptor);
        self.tail = offset + len;
        let record = Record {
            info,
            travelling: Travelling {
                audio_level: values.audio_level,
                video_orientation: values.video_orientation,
                playout_delay: values.playout_delay,
                abs_capture_time: values.abs_capture_time,
            },
            at: now,
            // Offsets stay below the limit of bytes, lengths of descriptors below 256.
            offset: offset as u32,
            payload_len,
            descriptor_len: descriptor.len() as u16,
        };
        let number = self.taken + self.records.len() as u64;
        self.records.push_back(record);
        let place = self.place(info.seq);
        self.numbers[place] = number;
    }

    /// The packet with this sequence number, if it is kept.
    pub(crate) fn get(&self, seq: SeqNo) -> Option<Stored<'_>> {
        let number = *self.numbers.get(self.place(seq))?;
        let record = self.records.get(usize::try_from(number.checked_sub(self.taken)?).ok()?)?;
        if record.info.seq != seq {
            return None;
        }
        let start = record.offset as usize;
        let (payload, descriptor) =
            self.bytes[start..start + record.bytes_len()].split_at(usize::from(record.payload_len));
        let Travelling { audio_level, video_orientation, playout_delay, abs_capture_time } =
            record.travelling;
        let values = ExtensionValues {
            audio_level,
            video_orientation,
            playout_delay,
            abs_capture_time,
            dependency_descriptor: DependencyDescriptor::new(descriptor),
            ..ExtensionValues::default()
        };
        Some(Stored { info: record.info, values, payload })
    }

    /// Forgets all packets and gives the memory back.
    pub(crate) fn clear(&mut self) {
        *self = Self { taken: self.taken + self.records.len() as u64, ..Self::new(self.limits) };
    }

    fn place(&self, seq: SeqNo) -> usize {
        // The table's length is a power of two, or zero, when nothing is found at any place.
        seq.0 as usize & self.numbers.len().saturating_sub(1)
    }

    fn expire(&mut self, now: Instant) {
        while self.records.front().is_some_and(|oldest| self.is_expired(oldest, now)) {
            self.take_oldest();
        }
    }

    fn is_expired(&self, record: &Record, now: Instant) -> bool {
        now.saturating_duration_since(record.at) > self.limits.age
    }

    fn take_oldest(&mut self) {
        if self.records.pop_front().is_some() {
            self.taken += 1;
        }
    }

    /// A place for `len` bytes and one record, by growing up to the limits, then by pushing out the oldest packets.
    fn reserve(&mut self, len: usize) -> Option<usize> {
        if len > self.limits.bytes {
            return None;
        }
        if self.records.len() == self.limits.packets {
            self.take_oldest();
        }
        if self.records.len() == self.numbers.len() / 2 || self.numbers.is_empty() {
            self.grow_table();
        }
        loop {
            if let Some(offset) = self.free_place(len) {
                return Some(offset);
            }
            if self.bytes.len() < self.limits.bytes {
                self.grow_bytes(len);
            } else {
                self.take_oldest();
            }
        }
    }

    /// Free bytes lie from the tail to the oldest packet, across the end of the ring if that is behind the tail.
    fn free_place(&self, len: usize) -> Option<usize> {
        let end = self.bytes.len();
        let (Some(oldest), Some(newest)) = (self.records.front(), self.records.back()) else {
            return (len <= end).then_some(0);
        };
        let head = oldest.offset as usize;
        let is_wrapped = newest.offset < oldest.offset;
        if is_wrapped {
            return (self.tail + len <= head).then_some(self.tail);
        }
        if self.tail + len <= end {
            return Some(self.tail);
        }
        (len <= head).then_some(0)
    }

    fn grow_bytes(&mut self, len: usize) {
        let wanted =
            (self.bytes.len() * 2).max(len.next_power_of_two()).max(BYTES_MIN).min(self.limits.bytes);
        let mut grown = Vec::with_capacity(wanted);
        for record in &mut self.records {
            let start = record.offset as usize;
            record.offset = grown.len() as u32;
            grown.extend_from_slice(&self.bytes[start..start + record.bytes_len()]);
        }
        self.tail = grown.len();
        grown.resize(wanted, 0);
        self.bytes = grown;
    }

    /// The table is twice as long as the records are many, so that late packets rarely push others out of it.
    fn grow_table(&mut self) {
        let wanted = (self.numbers.len() * 2).max(PACKETS_MIN * 2).min(self.limits.packets * 2);
        self.numbers = vec![u64::MAX; wanted];
        self.records.reserve_exact(wanted / 2 - self.records.len());
        for index in 0..self.records.len() {
            let place = self.place(self.records[index].info.seq);
            self.numbers[place] = self.taken + index as u64;
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
