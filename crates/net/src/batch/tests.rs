use motet_control::CandidateProtocol;
use proptest::prelude::*;

use super::*;

fn tuple(port: u16) -> Tuple {
    let remote = ([10, 0, 0, 1], port).into();
    Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote }
}

fn push(batch: &mut SendBatch, port: u16, byte: u8, len: usize) {
    batch.push(tuple(port), 1500, SEGMENTS_MAX, |out| {
        out[..len].fill(byte);
        len
    });
}

fn shapes(batch: &SendBatch) -> Vec<(u16, usize, usize)> {
    batch.messages_of(SocketId(0)).map(|m| (m.to.remote.port(), m.segments, m.len)).collect()
}

#[test]
fn interleaved_packets_of_equal_size_form_one_message_per_receiver() {
    let mut batch = SendBatch::new();
    for byte in 0..3 {
        push(&mut batch, 1, byte, 1000);
        push(&mut batch, 2, byte, 1000);
    }
    assert_eq!(shapes(&batch), [(1, 3, 3000), (2, 3, 3000)]);
    let message = *batch.messages_of(SocketId(0)).next().unwrap();
    assert_eq!(batch.pieces_of(&message).count(), 3);
    assert!(batch.segments_of(&message).enumerate().all(|(index, bytes)| bytes == [index as u8; 1000]));
}

#[test]
fn neighbours_in_the_arena_are_one_piece() {
    let mut batch = SendBatch::new();
    (0..5).for_each(|byte| push(&mut batch, 1, byte, 100));
    let message = *batch.messages_of(SocketId(0)).next().unwrap();
    assert_eq!(batch.pieces_of(&message).count(), 1);
    assert_eq!(batch.segments_of(&message).count(), 5);
}

#[test]
fn a_shorter_packet_ends_its_message_and_a_longer_one_begins_another() {
    let mut batch = SendBatch::new();
    for len in [1000, 1000, 400, 400, 1000] {
        push(&mut batch, 1, 7, len);
    }
    assert_eq!(shapes(&batch), [(1, 3, 2400), (1, 1, 400), (1, 1, 1000)]);
}

#[test]
fn a_message_holds_sixty_four_segments_and_less_than_an_ip_packet() {
    let mut batch = SendBatch::new();
    (0..65).for_each(|_| push(&mut batch, 1, 7, 100));
    (0..60).for_each(|_| push(&mut batch, 2, 7, 1400));
    assert_eq!(shapes(&batch), [(1, 64, 6400), (1, 1, 100), (2, 46, 64_400), (2, 14, 19_600)]);
}

#[test]
fn without_gso_every_packet_is_a_message() {
    let mut batch = SendBatch::new();
    for _ in 0..3 {
        batch.push(tuple(1), 10, 1, |_| 10);
    }
    assert_eq!(shapes(&batch).len(), 3);
}

#[test]
fn a_packet_of_no_bytes_is_not_sent() {
    let mut batch = SendBatch::new();
    batch.push(tuple(1), 1500, SEGMENTS_MAX, |_| 0);
    assert!(batch.is_empty());
}

#[test]
fn a_full_batch_says_so_and_is_usable_after_a_clear() {
    let mut batch = SendBatch::new();
    let mut pushed = 0;
    while batch.has_room(1500) {
        push(&mut batch, 1, 0, 1500);
        pushed += 1;
    }
    assert_eq!(pushed, ARENA_BYTES / 1500);
    batch.clear();
    push(&mut batch, 1, 0, 1500);
    assert_eq!(shapes(&batch), [(1, 1, 1500)]);
}

proptest! {
    /// Whatever is pushed, each receiver gets exactly its packets, whole and in order, even across a clear.
    #[test]
    fn every_receiver_gets_its_packets_in_order(
        packets in proptest::collection::vec((0u16..5000, 1usize..5), 1..300),
        clear_at in 0usize..300,
    ) {
        let mut batch = SendBatch::new();
        let mut expected: std::collections::HashMap<u16, Vec<Vec<u8>>> = Default::default();
        for (index, (port, size)) in packets.into_iter().enumerate() {
            if index == clear_at {
                batch.clear();
                expected.clear();
            }
            // Many ports share few slots only sometimes; a handful of busy ones makes runs.
            let port = if index % 3 == 0 { port } else { port % 4 };
            let bytes = vec![index as u8; size * 100];
            batch.push(tuple(port), 1500, SEGMENTS_MAX, |out| {
                out[..bytes.len()].copy_from_slice(&bytes);
                bytes.len()
            });
            expected.entry(port).or_default().push(bytes);
        }
        let mut got: std::collections::HashMap<u16, Vec<Vec<u8>>> = Default::default();
        for message in batch.messages_of(SocketId(0)) {
            let segments: Vec<_> = batch.segments_of(message).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(segments.len(), message.segments);
            prop_assert!(segments[..segments.len() - 1].iter().all(|s| s.len() == message.segment_len));
            got.entry(message.to.remote.port()).or_default().extend(segments);
        }
        prop_assert_eq!(got, expected);
    }
}
