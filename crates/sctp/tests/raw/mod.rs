//! A peer that is no SCTP at all: it connects by the book, and then sends what the test makes up.
#![allow(dead_code, reason = "each test uses its part")]

use std::time::{Duration, Instant};

use motet_control::DtlsRole;
use motet_sctp::{Association, ChannelParameters, DcepMessage, DropReason, Event, Settings};

pub(crate) const DATA: u8 = 0;
pub(crate) const INIT: u8 = 1;
pub(crate) const HEARTBEAT: u8 = 4;
pub(crate) const ERROR: u8 = 9;
pub(crate) const COOKIE_ECHO: u8 = 10;
pub(crate) const RE_CONFIG: u8 = 130;
pub(crate) const FORWARD_TSN: u8 = 192;
/// A message in one piece.
pub(crate) const WHOLE: u8 = 0b11;
pub(crate) const UNORDERED: u8 = 0b100;
pub(crate) const DCEP: u32 = 50;
pub(crate) const BINARY: u32 = 53;

const OUR_TAG: u32 = 0x0102_0304;
/// The number of the first DATA chunk, and of the first request to re-configure.
pub(crate) const FIRST_TSN: u32 = 1_000;

/// The attacked association, connected, and the peer's place in it.
pub(crate) struct Raw {
    pub(crate) association: Association,
    pub(crate) now: Instant,
    /// The next TSN to use.
    pub(crate) tsn: u32,
    tag: u32,
}

impl Raw {
    /// The attacked side is the DTLS server, so that the peer opens even streams.
    pub(crate) fn connected(settings: Settings) -> Self {
        let now = Instant::now();
        let mut association = Association::new(DtlsRole::Server, settings, now, 7);
        let init = association.poll_transmit().expect("it asks at once");
        let tag = u32::from_be_bytes(*init[16..].first_chunk().expect("an INIT has a tag"));
        let mut raw = Self { association, now, tsn: FIRST_TSN, tag };

        let mut value = OUR_TAG.to_be_bytes().to_vec();
        value.extend(0x0010_0000_u32.to_be_bytes());
        value.extend([0xff, 0xff, 0xff, 0xff]);
        value.extend(FIRST_TSN.to_be_bytes());
        // Forward-TSN supported; supported extensions: re-configuration and forward-TSN.
        value.extend([0xc0, 0, 0, 4, 0x80, 0x08, 0, 6, RE_CONFIG, FORWARD_TSN, 0, 0]);
        raw.give(&with_header(0, &[chunk(INIT, 0, &value)]));
        let ack = raw.association.poll_transmit().expect("an INIT is answered");
        let cookie = cookie_of(&ack);
        raw.send(&[chunk(COOKIE_ECHO, 0, &cookie)]);
        assert_eq!(raw.association.poll_event(), Some(Event::Connected));
        raw.drain();
        raw
    }

    /// Gives a packet of these chunks.
    pub(crate) fn send(&mut self, chunks: &[Vec<u8>]) {
        let packet = with_header(self.tag, chunks);
        self.give(&packet);
    }

    pub(crate) fn give(&mut self, packet: &[u8]) {
        self.association.handle_packet(self.now, packet);
    }

    /// A DATA chunk with the next TSN.
    pub(crate) fn data(&mut self, flags: u8, stream: u16, ssn: u16, payload_id: u32, data: &[u8]) -> Vec<u8> {
        let tsn = self.tsn;
        self.tsn += 1;
        data_chunk(tsn, flags, stream, ssn, payload_id, data)
    }

    /// Opens a channel, on which the next sequence number is then 1.
    pub(crate) fn open(&mut self, stream: u16) {
        let open = DcepMessage::Open(ChannelParameters::default()).write().expect("it has no names");
        let chunk = self.data(WHOLE, stream, 0, DCEP, &open);
        self.send(&[chunk]);
    }

    pub(crate) fn drain(&mut self) -> (Vec<Event>, Vec<Vec<u8>>) {
        let mut told = (Vec::new(), Vec::new());
        while let Some(event) = self.association.poll_event() {
            told.0.push(event);
        }
        while let Some(packet) = self.association.poll_transmit() {
            told.1.push(packet);
        }
        told
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.association.handle_timeout(self.now);
    }

    pub(crate) fn dropped(&self, reason: DropReason) -> u64 {
        self.association.drops().count(reason)
    }
}

pub(crate) fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let mut chunk = vec![kind, flags];
    chunk.extend((value.len() as u16 + 4).to_be_bytes());
    chunk.extend(value);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

pub(crate) fn data_chunk(
    tsn: u32,
    flags: u8,
    stream: u16,
    ssn: u16,
    payload_id: u32,
    data: &[u8],
) -> Vec<u8> {
    let mut value = tsn.to_be_bytes().to_vec();
    value.extend(stream.to_be_bytes());
    value.extend(ssn.to_be_bytes());
    value.extend(payload_id.to_be_bytes());
    value.extend(data);
    chunk(DATA, flags, &value)
}

pub(crate) fn forward_chunk(tsn: u32, skipped: &[(u16, u16)]) -> Vec<u8> {
    let mut value = tsn.to_be_bytes().to_vec();
    for (stream, ssn) in skipped {
        value.extend(stream.to_be_bytes());
        value.extend(ssn.to_be_bytes());
    }
    chunk(FORWARD_TSN, 0, &value)
}

/// The peer resets its halves of `streams`, all before `last_tsn` being sent (RFC 6525 section 4.1).
pub(crate) fn reset_chunk(request: u32, last_tsn: u32, streams: &[u16]) -> Vec<u8> {
    let mut parameter = vec![0, 13];
    parameter.extend((16 + 2 * streams.len() as u16).to_be_bytes());
    for number in [request, 0, last_tsn] {
        parameter.extend(number.to_be_bytes());
    }
    parameter.extend(streams.iter().flat_map(|stream| stream.to_be_bytes()));
    chunk(RE_CONFIG, 0, &parameter)
}

/// Ports, tag, and the zero that stands for a checksum where DTLS has checked (RFC 9653).
pub(crate) fn with_header(tag: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend(tag.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(chunks.concat());
    packet
}

/// The state cookie (parameter 7) of an INIT ACK.
pub(crate) fn cookie_of(packet: &[u8]) -> Vec<u8> {
    let mut parameters = &packet[32..];
    while let Some(&[k0, k1, l0, l1]) = parameters.first_chunk() {
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if [k0, k1] == [0, 7] {
            return parameters[4..length].to_vec();
        }
        parameters = &parameters[length.next_multiple_of(4)..];
    }
    panic!("an INIT ACK has a cookie");
}
