//! The packet store against a plain list as its model.

use proptest::prelude::*;

use super::*;

const SMALL: StoreLimits = StoreLimits { packets: 64, bytes: 16 << 10, age: Duration::from_secs(2) };

fn info(seq: u64) -> PacketInfo {
    PacketInfo {
        seq: SeqNo(seq),
        rtp_time: RtpTime(seq as u32 * 3_000),
        marker: seq.is_multiple_of(3),
        format: 0,
    }
}

fn payload(seq: u64, len: usize) -> Vec<u8> {
    (0..len).map(|index| (seq as usize * 31 + index) as u8).collect()
}

fn insert(store: &mut PacketStore, now: Instant, seq: u64, len: usize) {
    store.insert(now, info(seq), &ExtensionValues::default(), &payload(seq, len));
}

#[test]
fn a_packet_comes_back_with_its_travelling_extensions_and_no_others() {
    let mut store = PacketStore::new(SMALL);
    let descriptor = DependencyDescriptor::new(&[0xc0, 0, 7, 1, 2, 3]);
    let values = ExtensionValues {
        audio_level: Some(AudioLevel { dbov: -30, voice: true }),
        dependency_descriptor: descriptor,
        transport_seq: Some(5),
        ..ExtensionValues::default()
    };
    store.insert(Instant::now(), info(9), &values, b"frame");
    let stored = store.get(SeqNo(9)).unwrap();
    assert_eq!(stored.payload, b"frame");
    assert_eq!(stored.values, ExtensionValues { transport_seq: None, ..values });
    assert!(stored.info.marker);
}

#[test]
fn what_was_never_kept_is_not_found() {
    let mut store = PacketStore::new(SMALL);
    assert!(store.get(SeqNo(0)).is_none());
    insert(&mut store, Instant::now(), 5, 10);
    assert!(store.get(SeqNo(4)).is_none());
    assert!(store.get(SeqNo(5 + 64)).is_none(), "the same place in the table");
}

#[test]
fn packets_expire_by_age() {
    let (now, mut store) = (Instant::now(), PacketStore::new(SMALL));
    insert(&mut store, now, 1, 100);
    insert(&mut store, now + Duration::from_secs(3), 2, 100);
    assert!(store.get(SeqNo(1)).is_none());
    assert_eq!((store.len(), store.bytes()), (1, 100));
}

#[test]
fn memory_grows_to_the_need_and_is_given_back() {
    let (now, mut store) = (Instant::now(), PacketStore::new(VIDEO_LIMITS));
    assert_eq!(store.bytes.capacity() + store.numbers.capacity() + store.records.capacity(), 0);
    for seq in 0..5_000 {
        insert(&mut store, now, seq, 1_200);
    }
    assert_eq!(store.len(), 1024);
    assert!(store.bytes.capacity() <= VIDEO_LIMITS.bytes);
    assert!(store.records.capacity() <= VIDEO_LIMITS.packets);
    store.clear();
    assert_eq!(store.bytes.capacity() + store.numbers.capacity() + store.records.capacity(), 0);
    assert!(store.get(SeqNo(4_999)).is_none());
    insert(&mut store, now, 5_000, 10);
    assert!(store.get(SeqNo(5_000)).is_some());
}

proptest! {
    #[test]
    fn whatever_it_gives_back_is_right_and_the_newest_are_there(
        packets in prop::collection::vec((0u64..6, 1usize..1_500), 1..300),
    ) {
        let (now, mut store) = (Instant::now(), PacketStore::new(SMALL));
        let mut kept: Vec<(u64, usize)> = Vec::new();
        let mut highest = 1_000;
        for (back, len) in packets {
            // A back of 0 is the next packet; others fill the recent past, where it is still empty.
            let seq = if back == 0 { highest + 2 } else { highest - back };
            if kept.iter().any(|(known, _)| *known == seq) {
                continue;
            }
            highest = highest.max(seq);
            insert(&mut store, now, seq, len);
            kept.push((seq, len));
        }
        for (seq, len) in &kept {
            if let Some(stored) = store.get(SeqNo(*seq)) {
                prop_assert_eq!(stored.payload, payload(*seq, *len));
                prop_assert_eq!(stored.info.rtp_time, info(*seq).rtp_time);
            }
        }
        // Eight packets of the longest kind fit the limit of bytes whatever the fragmentation.
        for (seq, _) in kept.iter().rev().take(5) {
            prop_assert!(store.get(SeqNo(*seq)).is_some(), "{} is gone", seq);
        }
        prop_assert!(store.len() <= SMALL.packets);
        prop_assert!(store.bytes() <= SMALL.bytes);
    }
}
