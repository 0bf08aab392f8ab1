//! RFC 4571 over real connections on loopback.

mod drive;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use drive::{echo, endpoint, receive, receive_until, send};
use motet_control::CandidateProtocol;
use motet_ice::Tuple;
use motet_net::{DropReason, Endpoint, EndpointSettings, TcpLimits};

fn connect(endpoint: &Endpoint) -> TcpStream {
    let stream = TcpStream::connect(endpoint.listen_addrs()[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(payload);
    bytes
}

fn read_frame(stream: &mut TcpStream) -> Vec<u8> {
    let mut prefix = [0; 2];
    stream.read_exact(&mut prefix).unwrap();
    let mut payload = vec![0; usize::from(u16::from_be_bytes(prefix))];
    stream.read_exact(&mut payload).unwrap();
    payload
}

fn is_ended(stream: &mut TcpStream) -> bool {
    !matches!(stream.read(&mut [0]), Ok(count) if count > 0)
}

/// Receives and lets time pass until `count` connections are open.
fn until_open(endpoint: &mut Endpoint, count: usize) {
    receive_until(endpoint, |_, _, _| {}, |_, endpoint| endpoint.tcp_connections() == count);
}

fn dropped(endpoint: &Endpoint, reason: DropReason) -> u64 {
    endpoint.counters().dropped(reason)
}

#[test]
fn frames_come_apart_and_answers_are_framed() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(&[frame(b"one"), frame(b"two"), frame(&[7; 1500])].concat()).unwrap();
    let came = receive_until(&mut endpoint, echo, |came, _| came.len() == 3);
    assert_eq!(came[0].0.protocol, CandidateProtocol::Tcp);
    assert_eq!(came[0].0.remote, peer.local_addr().unwrap());
    assert_eq!(endpoint.local_addr(came[0].0.socket), Some(endpoint.listen_addrs()[0]));
    assert_eq!(came[1].1, b"two");
    assert_eq!(read_frame(&mut peer), b"one");
    assert_eq!(read_frame(&mut peer), b"two");
    assert_eq!(read_frame(&mut peer), [7; 1500]);
}

#[test]
fn a_frame_may_come_byte_by_byte() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.set_nodelay(true).unwrap();
    until_open(&mut endpoint, 1);
    for byte in [frame(b"slow"), frame(b"er")].concat() {
        peer.write_all(&[byte]).unwrap();
        endpoint.wait(Some(Duration::from_secs(1))).unwrap();
        endpoint.receive(Instant::now(), 10, |_, bytes, _| assert!(bytes == b"slow" || bytes == b"er"));
    }
    receive_until(&mut endpoint, |_, _, _| {}, |_, endpoint| endpoint.counters().received_packets == 2);
}

#[test]
fn more_frames_than_one_read_takes_all_come() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    let writer = std::thread::spawn(move || {
        (0..2000u32).for_each(|index| peer.write_all(&frame(&index.to_be_bytes().repeat(200))).unwrap());
        peer
    });
    let came = receive(&mut endpoint, 2000);
    let in_order =
        |(index, (_, bytes)): (usize, &(Tuple, Vec<u8>))| bytes[..4] == (index as u32).to_be_bytes();
    assert!(came.iter().enumerate().all(in_order));
    drop(writer.join().unwrap());
}

#[test]
fn an_empty_frame_is_counted_and_passed_over() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(&[frame(b""), frame(b"x")].concat()).unwrap();
    assert_eq!(receive(&mut endpoint, 1)[0].1, b"x");
    assert_eq!(dropped(&endpoint, DropReason::TcpFrameEmpty), 1);
}

#[test]
fn a_frame_announced_too_long_ends_the_connection() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    receive_until(&mut endpoint, |_, _, _| {}, |_, end| dropped(end, DropReason::TcpFrameTooLong) == 1);
    assert_eq!(endpoint.poll_closed().unwrap().remote, peer.local_addr().unwrap());
    assert!(is_ended(&mut peer));
}

#[test]
fn the_peers_end_is_told_once_after_its_last_frame() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(&frame(b"bye")).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    let came =
        receive_until(&mut endpoint, |_, _, _| {}, |came, end| came.len() == 1 && end.tcp_connections() == 0);
    assert_eq!(endpoint.poll_closed(), Some(came[0].0));
    assert_eq!(endpoint.poll_closed(), None);
    assert_eq!(endpoint.local_addr(came[0].0.socket), None);
}

#[test]
fn a_connection_that_has_not_proved_itself_is_closed_after_ten_seconds() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut silent = connect(&endpoint);
    until_open(&mut endpoint, 1);
    let mut proven = connect(&endpoint);
    proven.write_all(&frame(b"check")).unwrap();
    let came = receive_until(&mut endpoint, echo, |came, _| came.len() == 1);
    endpoint.keep_tuple(came[0].0);
    let now = Instant::now();
    endpoint.handle_timeout(now + Duration::from_secs(5));
    assert_eq!(endpoint.tcp_connections(), 2);
    endpoint.handle_timeout(now + Duration::from_secs(11));
    assert_eq!(endpoint.tcp_connections(), 1);
    assert_eq!(dropped(&endpoint, DropReason::TcpTooSlow), 1);
    assert!(is_ended(&mut silent));
    assert_eq!(read_frame(&mut proven), b"check");
}

#[test]
fn a_frame_begun_and_not_finished_in_ten_seconds_ends_the_connection() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(&frame(b"check")).unwrap();
    let came = receive_until(&mut endpoint, echo, |came, _| came.len() == 1);
    endpoint.keep_tuple(came[0].0);
    assert_eq!(read_frame(&mut peer), b"check");
    peer.write_all(&[0, 9, 1]).unwrap();
    endpoint.wait(None).unwrap();
    endpoint.receive(Instant::now(), 10, |_, _, _| unreachable!("no whole frame"));
    endpoint.handle_timeout(Instant::now() + Duration::from_secs(11));
    assert!(is_ended(&mut peer));
}

#[test]
fn the_sweep_for_slow_connections_runs_only_while_there_are_connections() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    assert_eq!(endpoint.poll_timeout(), None);
    let peer = connect(&endpoint);
    until_open(&mut endpoint, 1);
    assert!(endpoint.poll_timeout().is_some());
    drop(peer);
    until_open(&mut endpoint, 0);
    endpoint.handle_timeout(Instant::now() + Duration::from_secs(2));
    assert_eq!(endpoint.poll_timeout(), None);
}

fn limited(limits: TcpLimits) -> Endpoint {
    Endpoint::bind(&EndpointSettings { tcp_limits: limits, ..EndpointSettings::default() }).unwrap()
}

#[test]
fn one_connection_too_many_is_closed_and_a_freed_place_is_given_again() {
    for (limits, reason) in [
        (TcpLimits { connections_max: 2, connections_per_ip_max: 9 }, DropReason::TcpConnectionsFull),
        (TcpLimits { connections_max: 9, connections_per_ip_max: 2 }, DropReason::TcpConnectionsOfIpFull),
    ] {
        let mut endpoint = limited(limits);
        let first = connect(&endpoint);
        let _second = connect(&endpoint);
        until_open(&mut endpoint, 2);
        let mut third = connect(&endpoint);
        receive_until(&mut endpoint, |_, _, _| {}, |_, end| dropped(end, reason) == 1);
        assert!(is_ended(&mut third));
        drop(first);
        until_open(&mut endpoint, 1);
        let mut fourth = connect(&endpoint);
        fourth.write_all(&frame(b"in")).unwrap();
        assert_eq!(receive(&mut endpoint, 1)[0].1, b"in");
    }
}

#[test]
fn a_peer_that_does_not_read_loses_the_newest_frames_and_gets_the_rest_in_order() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(&frame(b"x")).unwrap();
    let tuple = receive(&mut endpoint, 1)[0].0;
    let mut index = 0u32;
    while dropped(&endpoint, DropReason::TcpOutputFull) == 0 {
        send(endpoint.outbox(), tuple, &index.to_be_bytes().repeat(300));
        endpoint.flush();
        index += 1;
    }
    let sent = index - 1;
    let reader =
        std::thread::spawn(move || (0..sent).all(|index| read_frame(&mut peer)[..4] == index.to_be_bytes()));
    while !reader.is_finished() {
        endpoint.wait(Some(Duration::from_millis(10))).unwrap();
        endpoint.receive(Instant::now(), 10, |_, _, _| {});
        endpoint.flush();
    }
    assert!(reader.join().unwrap());
    assert_eq!(endpoint.counters().sent_packets, u64::from(sent));
}

#[test]
fn an_end_that_is_not_told_yet_ends_the_sleep() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(&frame(b"x")).unwrap();
    let tuple = receive(&mut endpoint, 1)[0].0;
    endpoint.close_tuple(tuple);
    endpoint.wait(None).unwrap();
    assert_eq!(endpoint.poll_closed(), Some(tuple));
}

#[test]
fn a_closed_tuple_takes_nothing_more_even_if_its_place_is_given_again() {
    let mut endpoint = endpoint(&["127.0.0.1"]);
    let mut peer = connect(&endpoint);
    peer.write_all(&frame(b"x")).unwrap();
    let tuple = receive(&mut endpoint, 1)[0].0;
    endpoint.close_tuple(tuple);
    assert_eq!(endpoint.poll_closed(), Some(tuple));
    assert!(is_ended(&mut peer));
    let _next = connect(&endpoint);
    until_open(&mut endpoint, 1);
    send(endpoint.outbox(), tuple, b"late");
    assert_eq!(dropped(&endpoint, DropReason::TcpGone), 1);
}
