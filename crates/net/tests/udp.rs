//! UDP through real sockets on loopback.

mod drive;

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use drive::{echo, endpoint, receive, receive_until, send};
use motet_control::CandidateProtocol;
use motet_ice::{SocketId, Tuple};
use motet_net::{DATAGRAM_MAX_BYTES, DropReason, Endpoint, EndpointSettings};

fn peer(addr: &str) -> UdpSocket {
    let socket = UdpSocket::bind(addr).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

fn to(remote: SocketAddr) -> Tuple {
    Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote }
}

fn datagram(peer: &UdpSocket) -> Vec<u8> {
    let mut bytes = vec![0; 70_000];
    let len = peer.recv(&mut bytes).unwrap();
    bytes.truncate(len);
    bytes
}

#[test]
fn a_datagram_comes_with_its_tuple_and_its_answer_goes_back_the_same_way() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let peer = peer("127.0.0.1:0");
    peer.send_to(b"ping", endpoint.listen_addrs()[0]).unwrap();
    let came = receive_until(&mut endpoint, echo, |came, _| came.len() == 1);
    assert_eq!(came, [(to(peer.local_addr().unwrap()), b"ping".to_vec())]);
    assert_eq!(datagram(&peer), b"ping");
    let counters = endpoint.counters();
    assert_eq!((counters.received_packets, counters.received_bytes), (1, 4));
    assert_eq!((counters.sent_packets, counters.sent_bytes), (1, 4));
}

#[test]
fn interleaved_packets_reach_each_of_many_receivers_whole_and_in_order() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let peers: Vec<UdpSocket> = (0..40).map(|_| peer("127.0.0.1:0")).collect();
    let sizes = [1200, 1200, 1200, 700, 1200, 90, 90];
    for (index, size) in sizes.iter().enumerate() {
        for peer in &peers {
            send(endpoint.outbox(), to(peer.local_addr().unwrap()), &vec![index as u8; *size]);
        }
    }
    endpoint.flush();
    for peer in &peers {
        for (index, size) in sizes.iter().enumerate() {
            assert_eq!(datagram(peer), vec![index as u8; *size]);
        }
    }
    assert_eq!(endpoint.counters().sent_packets, 280);
}

#[test]
fn a_burst_that_the_kernel_joins_comes_apart_again() {
    let mut receiver = endpoint(&["127.0.0.1"]);
    let mut sender = endpoint(&["127.0.0.1"]);
    let addr = receiver.listen_addrs()[0];
    for index in 0..150u8 {
        let len = if index == 149 { 33 } else { 1100 };
        send(sender.outbox(), to(addr), &vec![index; len]);
    }
    sender.flush();
    let came = receive(&mut receiver, 150);
    assert!(came.iter().enumerate().all(|(index, (tuple, bytes))| {
        tuple.remote == sender.listen_addrs()[0] && bytes.iter().all(|byte| *byte == index as u8)
    }));
    assert_eq!((came[0].1.len(), came[149].1.len(), came.len()), (1100, 33, 150));
}

#[test]
fn a_batch_larger_than_the_outbox_is_sent_on_the_way() {
    let mut receiver = endpoint(&["127.0.0.1"]);
    let mut sender = endpoint(&["127.0.0.1"]);
    let addr = receiver.listen_addrs()[0];
    for index in 0..1500u32 {
        send(sender.outbox(), to(addr), &index.to_be_bytes().repeat(250));
    }
    let on_the_way = sender.counters().sent_packets;
    assert!((1000..1500).contains(&on_the_way), "{on_the_way} left before the flush");
    sender.flush();
    let came = receive(&mut receiver, 1500);
    let in_order =
        |(index, (_, bytes)): (usize, &(Tuple, Vec<u8>))| bytes[..4] == (index as u32).to_be_bytes();
    assert!(came.iter().enumerate().all(in_order));
}

#[test]
fn ipv4_and_ipv6_share_one_port_and_never_mix() {
    let mut endpoint = endpoint(&["127.0.0.1", "::1"]);
    let [four, six] = endpoint.listen_addrs() else { panic!("two addresses") };
    assert_eq!((four.port(), six.port()), (endpoint.port(), endpoint.port()));
    let (peer4, peer6) = (peer("127.0.0.1:0"), peer("[::1]:0"));
    peer4.send_to(b"four", four).unwrap();
    peer6.send_to(b"six", six).unwrap();
    let mut came = receive_until(&mut endpoint, echo, |came, _| came.len() == 2);
    came.sort_by_key(|(tuple, _)| tuple.socket);
    assert_eq!(came[0].0.socket, SocketId(0));
    assert_eq!(came[1].0, Tuple { socket: SocketId(1), ..to(peer6.local_addr().unwrap()) });
    assert_eq!(endpoint.local_addr(SocketId(1)), Some(endpoint.listen_addrs()[1]));
    assert_eq!((datagram(&peer4), datagram(&peer6)), (b"four".to_vec(), b"six".to_vec()));
}

#[test]
fn joined_packets_go_out_over_ipv6_too() {
    let mut endpoint = endpoint(&["::1"]);
    let peer = peer("[::1]:0");
    for index in 0..5 {
        send(endpoint.outbox(), to(peer.local_addr().unwrap()), &[index; 1000]);
    }
    endpoint.flush();
    (0..5).for_each(|index| assert_eq!(datagram(&peer), [index; 1000]));
}

#[test]
fn a_receiver_that_cannot_be_reached_costs_the_others_nothing() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let peer = peer("127.0.0.1:0");
    let reachable = to(peer.local_addr().unwrap());
    // Port 0 is nobody, IPv6 does not leave by an IPv4 socket, and broadcasts need a permission.
    for nobody in ["127.0.0.1:0", "[::1]:9", "255.255.255.255:9"] {
        send(endpoint.outbox(), to(nobody.parse().unwrap()), b"a");
        send(endpoint.outbox(), reachable, b"b");
        send(endpoint.outbox(), to(nobody.parse().unwrap()), b"c");
    }
    endpoint.flush();
    (0..3).for_each(|_| assert_eq!(datagram(&peer), b"b"));
    assert_eq!(endpoint.counters().dropped(DropReason::UdpSendRefused), 6);
    assert_eq!(endpoint.counters().sent_packets, 3);
}

#[test]
fn a_closed_port_at_the_peer_does_not_disturb_the_socket() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let gone = peer("127.0.0.1:0").local_addr().unwrap();
    let peer = peer("127.0.0.1:0");
    for _ in 0..5 {
        send(endpoint.outbox(), to(gone), b"anyone?");
        endpoint.flush();
    }
    peer.send_to(b"here", endpoint.listen_addrs()[0]).unwrap();
    assert_eq!(receive(&mut endpoint, 1)[0].1, b"here");
}

#[test]
fn what_cannot_be_a_datagram_or_has_no_socket_is_counted() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let peer = peer("127.0.0.1:0");
    let there = to(peer.local_addr().unwrap());
    endpoint.outbox().send(there, DATAGRAM_MAX_BYTES + 1, |_| unreachable!("not asked to fill"));
    endpoint.outbox().send(Tuple { socket: SocketId(7), ..there }, 1, |_| unreachable!("not asked to fill"));
    assert_eq!(endpoint.counters().dropped(DropReason::SendImpossible), 2);
    send(endpoint.outbox(), there, &vec![1; DATAGRAM_MAX_BYTES]);
    endpoint.flush();
    assert_eq!(datagram(&peer).len(), DATAGRAM_MAX_BYTES);
}

#[test]
fn an_empty_datagram_is_handed_over_like_any_other() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let peer = peer("127.0.0.1:0");
    peer.send_to(b"", endpoint.listen_addrs()[0]).unwrap();
    peer.send_to(b"x", endpoint.listen_addrs()[0]).unwrap();
    let came = receive(&mut endpoint, 2);
    assert_eq!(came.iter().map(|(_, bytes)| &bytes[..]).collect::<Vec<_>>(), [&b""[..], b"x"]);
    assert_eq!(endpoint.counters().received_packets, 2);
}

#[test]
fn a_flood_is_taken_in_portions_of_the_budget() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let peer = peer("127.0.0.1:0");
    for _ in 0..500 {
        peer.send_to(b"flood", endpoint.listen_addrs()[0]).unwrap();
    }
    endpoint.wait(None).unwrap();
    let mut came = 0;
    assert!(endpoint.receive(Instant::now(), 64, |_, _, _| came += 1), "more is left");
    assert!((64..200).contains(&came), "{came}");
    assert_eq!(receive(&mut endpoint, 500 - came).len(), 500 - came);
}

#[test]
fn what_the_kernel_drops_at_a_full_socket_is_counted() {
    let settings = EndpointSettings { socket_buffer_bytes: 1, ..EndpointSettings::default() };
    let mut endpoint = Endpoint::bind(&settings).unwrap();
    let peer = peer("127.0.0.1:0");
    for _ in 0..100 {
        peer.send_to(&[7; 1000], endpoint.listen_addrs()[0]).unwrap();
    }
    let dropped = endpoint.counters().dropped(DropReason::UdpReceiveFull);
    assert!((50..100).contains(&dropped), "{dropped}");
    let came = receive(&mut endpoint, 100 - dropped as usize);
    assert_eq!(came.len() as u64 + dropped, 100);
}

#[test]
fn a_waker_ends_the_sleep_even_if_used_before_it() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let waker = endpoint.waker();
    waker.wake();
    endpoint.wait(None).unwrap();
    let thread = std::thread::spawn(move || waker.wake());
    endpoint.wait(None).unwrap();
    thread.join().unwrap();
}
