use std::time::{Duration, Instant};

use super::*;
use crate::ports::{IcmpError, PortOptions};

fn port() -> UdpPort {
    let options = PortOptions { is_shared: false, buffer_bytes: None };
    UdpPort::open("127.0.0.1:0".parse().unwrap(), options).unwrap()
}

/// Receives until `count` datagrams came, and gives them.
fn receive(pool: &mut Pool, port: &UdpPort, count: usize) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut got = Vec::new();
    let patience = Instant::now() + Duration::from_secs(10);
    while got.len() < count && Instant::now() < patience {
        let mut counters = PortCounters::default();
        pool.receive(port, true, &mut counters, |pool, datagram| {
            got.push((datagram.from, pool.bytes(datagram.range).to_vec()));
        })
        .unwrap();
        pool.clear();
    }
    got
}

#[test]
fn what_came_goes_on_from_where_it_lies_behind_the_bytes_given() {
    let (client, mut ports, peer) = (port(), Ports::default(), port());
    let (_, relay) = (ports.insert(port()), ports.insert(port()));
    let (mut pool, mut forwards, mut counters) = (Pool::new(), Forwards::default(), PortCounters::default());
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for byte in 0..5u8 {
        sender.send_to(&[byte; 100], client.local_addr()).unwrap();
    }
    sender.send_to(&[9; 30], client.local_addr()).unwrap();
    sender.send_to(&[], client.local_addr()).unwrap();
    let mut ranges = Vec::new();
    while ranges.len() < 7 {
        pool.receive(&client, true, &mut counters, |_, datagram| ranges.push(datagram.range)).unwrap();
    }
    for (index, range) in ranges.into_iter().enumerate() {
        forwards.push(relay, peer.local_addr(), &[7, index as u8], range, 0).unwrap();
    }
    assert_eq!(forwards.messages.len(), 2, "what is shorter ends a message, and one more begins");
    forwards.flush(&pool, &mut ports, &mut counters);
    assert_eq!((counters.received, counters.sent, counters.sent_bytes), (7, 7, 530 + 14));
    assert!(forwards.is_empty());
    pool.clear();
    let got = receive(&mut pool, &peer, 7);
    let lens: Vec<usize> = got.iter().map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(lens, [102, 102, 102, 102, 102, 32, 2]);
    for (index, (from, bytes)) in got.iter().enumerate() {
        assert_eq!((*from, &bytes[..2]), (ports.get(relay).unwrap().local_addr(), &[7, index as u8][..]));
    }
}

#[test]
fn a_port_that_is_gone_loses_its_own_datagrams_and_no_other() {
    let (mut ports, peer) = (Ports::default(), port());
    let (mut pool, mut forwards, mut counters) = (Pool::new(), Forwards::default(), PortCounters::default());
    ports.insert(port());
    let gone = ports.insert(port());
    assert!(ports.remove(gone).is_some() && ports.len() == 1);
    for (id, text) in [(0, b"a"), (1, b"b"), (0, b"c"), (2, b"d")] {
        forwards.push(PortId(id), peer.local_addr(), text, 0..0, 0).unwrap();
    }
    forwards.flush(&pool, &mut ports, &mut counters);
    let got: Vec<Vec<u8>> = receive(&mut pool, &peer, 2).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(got, [b"a", b"c"]);
    assert_eq!(counters.sent, 2);
}

#[test]
fn a_port_without_gso_sends_one_by_one() {
    let (mut ports, mut relay, peer) = (Ports::default(), port(), port());
    relay.has_gso = false;
    let (mut pool, mut forwards, mut counters) = (Pool::new(), Forwards::default(), PortCounters::default());
    for byte in 0..70u8 {
        forwards.push(PortId(0), peer.local_addr(), &[byte; 10], 0..0, 0).unwrap();
    }
    ports.insert(relay);
    forwards.flush(&pool, &mut ports, &mut counters);
    let got = receive(&mut pool, &peer, 70);
    assert_eq!(got.len(), 70);
    assert!(got.iter().enumerate().all(|(index, (_, bytes))| bytes == &[index as u8; 10]));
}

#[test]
fn there_is_an_end_to_what_waits() {
    let mut forwards = Forwards::default();
    let to = "127.0.0.1:9".parse().unwrap();
    let mut pushed = 0;
    while forwards.push(PortId(0), to, &[0; 1200], 0..0, 0).is_ok() {
        pushed += 1;
    }
    assert_eq!(pushed, ARENA_BYTES / 1200);
}

#[test]
fn what_is_filled_up_is_filled_with_zeros() {
    let (mut ports, peer) = (Ports::default(), port());
    let (mut pool, mut forwards, mut counters) = (Pool::new(), Forwards::default(), PortCounters::default());
    let id = ports.insert(port());
    for padding in 0..4 {
        forwards.push(id, peer.local_addr(), &[9; 5], 0..0, padding).unwrap();
    }
    forwards.flush(&pool, &mut ports, &mut counters);
    let got: Vec<Vec<u8>> = receive(&mut pool, &peer, 4).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(got, [&[9; 5][..], &[9, 9, 9, 9, 9, 0], &[9, 9, 9, 9, 9, 0, 0], &[9, 9, 9, 9, 9, 0, 0, 0]]);
}

#[test]
fn a_datagram_that_must_stay_whole_is_refused_where_it_is_too_long_and_the_port_says_what_fits() {
    // What a datagram may have at most is more than loopback takes at once, but over IPv6 only.
    let options = PortOptions { is_shared: false, buffer_bytes: None };
    let open = || UdpPort::open("[::1]:0".parse().unwrap(), options);
    let Ok(peer) = open() else { return };
    let mut relay = open().unwrap();
    relay.hear_errors();
    let (mut ports, mut pool, mut forwards) = (Ports::default(), Pool::new(), Forwards::default());
    let (id, mut counters) = (ports.insert(relay), PortCounters::default());
    let (to, long) = (peer.local_addr(), [7; 65_500]);
    forwards.push(id, to, b"before", 0..0, 0).unwrap();
    forwards.push_whole(id, to, &long, 0..0).unwrap();
    forwards.push_whole(id, to, b"short", 0..0).unwrap();
    forwards.push(id, to, &long, 0..0, 0).unwrap();
    forwards.flush(&pool, &mut ports, &mut counters);
    assert_eq!((counters.sent, counters.send_refused), (3, 1));
    let lens: Vec<usize> = receive(&mut pool, &peer, 3).iter().map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(lens, [6, 5, long.len()]);
    let error = ports.get(id).unwrap().next_error().unwrap();
    assert_eq!((error.to, error.kind, error.code), (to, 2, 0));
    assert!((1_280..long.len() as u32 + 48).contains(&error.mtu), "{error:?}");
}

#[test]
fn a_port_that_hears_errors_tells_who_does_not_listen_and_loses_nothing_for_others() {
    let (mut ports, mut relay, peer) = (Ports::default(), port(), port());
    let nobody = port().local_addr();
    relay.hear_errors();
    let (mut pool, mut forwards) = (Pool::new(), Forwards::default());
    let (id, mut counters) = (ports.insert(relay), PortCounters::default());
    for round in 0..20u8 {
        forwards.push(id, nobody, b"hello", 0..0, 0).unwrap();
        forwards.push(id, peer.local_addr(), &[round], 0..0, 0).unwrap();
        forwards.flush(&pool, &mut ports, &mut counters);
    }
    let got: Vec<Vec<u8>> = receive(&mut pool, &peer, 20).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(got, (0..20u8).map(|round| vec![round]).collect::<Vec<_>>());
    let relay = ports.get(id).unwrap();
    let told: Vec<IcmpError> = std::iter::from_fn(|| relay.next_error()).collect();
    assert!(!told.is_empty());
    for error in told {
        assert_eq!(error, IcmpError { to: nobody, kind: 3, code: 3, mtu: 0 });
    }
}
