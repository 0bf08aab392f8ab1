//! SCTP: whatever an authenticated peer sends, the library holds, the queues keep to their limits, and the end comes once.

use std::time::Instant;

use motet_control::DtlsRole;
use motet_sctp::{
    Association, ChannelId, ChannelParameters, DropReason, End, Event, MessageKind, PACKET_BYTES_MAX, Settings,
    TRANSMITS_MAX,
};

/// Takes the first byte as the state to begin from and the rest as packets without their header, each after its length in
/// two bytes; a length of 0 lets time pass instead. The header is the right one, with the checksum that DTLS makes needless,
/// unless the length's highest bit is set: then the packet is as it is given.
pub fn sctp_door(data: &[u8]) {
    let Some((state, mut packets)) = data.split_first() else { return };
    let mut attacked = begin(state % 4);
    while let Some((length, rest)) = packets.split_first_chunk() {
        let length = u16::from_be_bytes(*length);
        let (chunks, rest) = rest.split_at(usize::from(length & 0x7fff).min(rest.len()));
        packets = rest;
        if chunks.is_empty() {
            attacked.pass_time();
        } else if length & 0x8000 == 0 {
            attacked.give(&with_header(attacked.tag_for(chunks), chunks));
        } else {
            attacked.give(chunks);
        }
    }
}

struct Attacked {
    association: Association,
    tag: u32,
    now: Instant,
    has_ended: bool,
}

impl Attacked {
    fn give(&mut self, packet: &[u8]) {
        let drops = self.dropped();
        self.association.handle_packet(self.now, packet);
        self.drain();
        if self.has_ended {
            assert!(self.association.poll_timeout().is_none());
        }
        assert!(self.dropped() >= drops);
    }

    fn pass_time(&mut self) {
        self.now = self.association.poll_timeout().unwrap_or(self.now);
        self.association.handle_timeout(self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(event) = self.association.poll_event() {
            assert!(!self.has_ended, "the end comes last");
            self.has_ended = matches!(event, Event::Ended(_));
            assert_ne!(event, Event::Ended(End::LibraryFailed));
        }
        for count in 0.. {
            let Some(packet) = self.association.poll_transmit() else { break };
            assert!(count < 2 * TRANSMITS_MAX && packet.len() <= PACKET_BYTES_MAX);
        }
    }

    /// A request to connect has none (RFC 9260 section 8.5.1).
    fn tag_for(&self, chunks: &[u8]) -> u32 {
        const INIT: u8 = 1;
        if chunks[0] == INIT { 0 } else { self.tag }
    }

    fn dropped(&self) -> u64 {
        DropReason::ALL.iter().map(|reason| self.association.drops().count(*reason)).sum()
    }
}

/// 0: asking to connect; 1: connected; 2: with channels of either side; 3: with much to send on one that is closing.
fn begin(state: u8) -> Attacked {
    let now = Instant::now();
    let mut association = Association::new(DtlsRole::Server, Settings::default(), now, 1);
    let mut peer = Association::new(DtlsRole::Client, Settings::default(), now, 2);
    let init = association.poll_transmit().expect("it asks at once");
    let tag = u32::from_be_bytes(*init[16..].first_chunk().expect("an INIT has a tag"));
    if state > 0 {
        peer.handle_packet(now, &init);
        pass(&mut peer, &mut association, now);
    }
    if state > 1 {
        peer.open(now, ChannelParameters::default()).expect("there is room");
        association.open(now, ChannelParameters::default()).expect("there is room");
        pass(&mut peer, &mut association, now);
    }
    if state > 2 {
        for _ in 0..100 {
            let data = vec![7; 2_000];
            association.send(now, ChannelId(1), MessageKind::Binary, data).expect("there is room");
        }
        association.close_channel(now, ChannelId(1));
    }
    let mut attacked = Attacked { association, tag, now, has_ended: false };
    attacked.drain();
    attacked
}

fn pass(peer: &mut Association, association: &mut Association, now: Instant) {
    loop {
        if let Some(packet) = peer.poll_transmit() {
            association.handle_packet(now, &packet);
        } else if let Some(packet) = association.poll_transmit() {
            peer.handle_packet(now, &packet);
        } else {
            break;
        }
    }
}

fn with_header(tag: u32, chunks: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend(tag.to_be_bytes());
    packet.extend([0; 4]);
    packet.extend(chunks);
    packet
}
