//! Clients that waste a connection: slow ones, silent ones, many of them, and those that never read.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use motet_relay::protocol::stream::MESSAGE_LEN_MAX;

use crate::client::{Client, Peer, read, relay_both_ways};
use crate::message::{Message, attribute, method};
use crate::pipes::{Pipe, Streamed, tcp, tls};
use crate::stage::{Stage, dropped};

fn binding() -> Message {
    Message::request(method::BINDING, 1)
}

/// Waits until the server has ended a connection, whatever it says before.
fn is_ended(mut stream: &TcpStream) -> bool {
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

#[test]
fn bytes_that_come_one_by_one_are_a_message_all_the_same() {
    let stage = Stage::new();
    let mut plain = Streamed::over(tcp(stage.addr()));
    let mut secured = Streamed::over(tls(stage.addr(), &stage.certificate.der).unwrap());
    for byte in binding().0 {
        plain.stream.write_all(&[byte]).unwrap();
        // Each in a record of its own.
        secured.stream.write_all(&[byte]).unwrap();
        secured.stream.flush().unwrap();
    }
    let mapped = |answer: Vec<u8>| read(answer).address(attribute::MAPPED).unwrap();
    assert_eq!(mapped(plain.receive().unwrap()), plain.stream.local_addr().unwrap());
    assert_eq!(mapped(secured.receive().unwrap()), secured.stream.sock.local_addr().unwrap());
}

#[test]
fn who_comes_without_an_allocation_does_not_stay() {
    let stage = Stage::with(|settings| settings.server.lifetimes.half_open = Duration::from_secs(1));
    let begun = [
        &b""[..],
        b"\0",
        // The beginning of a hello.
        b"\x16\x03\x01\x02\x00\x01",
        // A whole request, and then no other.
        &binding().0,
    ];
    let clients: Vec<TcpStream> = begun
        .iter()
        .map(|bytes| {
            let mut stream = tcp(stage.addr());
            stream.write_all(bytes).unwrap();
            stream
        })
        .collect();
    assert!(clients.iter().all(is_ended));
    stage.wait_for("each is counted", |counters| {
        dropped(counters, "half_open_late") == clients.len() as u64 && counters.connections == 0
    });
}

#[test]
fn a_connection_that_was_begun_elsewhere_does_not_stay_either() {
    let stage = Stage::with(|settings| settings.server.lifetimes.half_open = Duration::from_secs(1));
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let adopted = |read: &[u8]| {
        let client = tcp(elsewhere.local_addr().unwrap());
        stage.server.adopt(elsewhere.accept().unwrap().0, None, read.to_vec());
        client
    };
    // One byte was read of it, and no other comes; nothing; a whole request; nonsense.
    let clients = [&b"\0"[..], b"", &binding().0, b"\xff"].map(adopted);
    assert!(clients.iter().all(is_ended));
    stage.wait_for("each is counted", |counters| {
        (dropped(counters, "half_open_late"), dropped(counters, "no_protocol")) == (3, 1)
            && counters.connections == 0
    });
}

#[test]
fn half_open_connections_of_one_address_are_few_and_its_calls_go_on() {
    let stage = Stage::with(|settings| settings.server.quotas.half_open_per_address_max = 3);
    let (mut caller, peer) = (Client::over(Streamed::over(tcp(stage.addr()))), Peer::new());
    let relayed = caller.allocate();
    assert_eq!(caller.bind(peer.addr()), 0);
    let half_open: Vec<TcpStream> = (0..3).map(|_| tcp(stage.addr())).collect();
    stage.wait_for("they are in", |counters| counters.connections == 4);
    let refused: Vec<TcpStream> = (0..20).map(|_| tcp(stage.addr())).collect();
    assert!(refused.iter().all(is_ended));
    stage.wait_for("each is counted", |counters| dropped(counters, "half_open") == refused.len() as u64);
    relay_both_ways(&mut caller, &peer, relayed);
    // Whoever goes leaves room.
    drop(half_open);
    stage.wait_for("they are gone", |counters| counters.connections == 1);
    Client::over(Streamed::over(tcp(stage.addr()))).allocate();
}

#[test]
fn connections_have_an_end_whoever_they_are_from() {
    let stage = Stage::with(|settings| settings.connections_max = 4);
    let full: Vec<TcpStream> = (0..4).map(|_| tcp(stage.addr())).collect();
    stage.wait_for("they are in", |counters| counters.connections == 4);
    assert!(is_ended(&tcp(stage.addr())));
    stage.wait_for("it is counted", |counters| dropped(counters, "connections_full") == 1);
    Client::udp(stage.addr()).allocate();
    drop(full);
}

#[test]
fn what_is_neither_stun_nor_channel_data_nor_tls_ends_the_connection() {
    let stage = Stage::new();
    let garbage =
        [&b"\xff\xff\xff\xff"[..], b"\x80\0\0\0", b"\0\x01\0\x03\x21\x12\xa4\x42", b"\x17\x03\x03\0\x05"];
    for (index, bytes) in garbage.iter().enumerate() {
        let mut stream = tcp(stage.addr());
        stream.write_all(bytes).unwrap();
        if index < 2 {
            assert!(is_ended(&stream), "{bytes:?}");
        } else {
            drop(stream);
        }
    }
    // A hello that is none: TLS says so, and ends.
    let mut broken = tcp(stage.addr());
    broken.write_all(b"\x16\x03\x01\0\x05hello").unwrap();
    assert!(is_ended(&broken));
    stage.wait_for("each is counted", |counters| {
        dropped(counters, "no_protocol") >= 2
            && dropped(counters, "tls_failed") == 1
            && counters.connections == 0
    });
}

#[test]
fn what_is_left_unfinished_is_given_up_also_of_a_client_with_an_allocation() {
    let stage = Stage::new();
    let (mut caller, peer) = (Client::udp(stage.addr()), Peer::new());
    let relayed = caller.allocate();
    assert_eq!(caller.bind(peer.addr()), 0);
    let stream = tcp(stage.addr());
    let mut dawdler = Client::over(Streamed::over(stream.try_clone().unwrap()));
    dawdler.allocate();
    // The longest message there is, of which all but the end comes.
    let mut begun = binding().0;
    let length = (MESSAGE_LEN_MAX - 20) as u16;
    begun[2..4].copy_from_slice(&length.to_be_bytes());
    begun.resize(MESSAGE_LEN_MAX - 1, 0);
    (&stream).write_all(&begun).unwrap();
    let hello = crate::dtls::begin_handshake(&stage);
    stage.wait_for("all are there", |counters| (counters.connections, counters.allocations) == (2, 2));
    relay_both_ways(&mut caller, &peer, relayed);
    assert!(is_ended(&stream));
    stage.wait_for("both are counted and gone", |counters| {
        dropped(counters, "too_slow") == 2 && (counters.connections, counters.allocations) == (0, 1)
    });
    relay_both_ways(&mut caller, &peer, relayed);
    drop(hello);
}

/// Floods a relay through its client's connection, of which nothing is read, until more datagrams were lost there than before.
fn flood(stage: &Stage, peer: &Peer, relayed: SocketAddr, before: u64, mut meanwhile: impl FnMut()) {
    while dropped(&stage.server.counters(), "output_full") == before {
        for _ in 0..64 {
            peer.0.send_to(&FLOOD, relayed).unwrap();
        }
        meanwhile();
    }
}

const FLOOD: [u8; 1_000] = [0x77; 1_000];

#[test]
fn who_never_reads_loses_datagrams_and_nobody_else_does() {
    let stage = Stage::with(|settings| {
        // Both are one user at one address here.
        settings.server.quotas.bytes_per_second_per_user_max = None;
        settings.server.quotas.bytes_per_second_per_address_max = None;
    });
    let (peer, mut neighbour) = (Peer::new(), Client::udp(stage.addr()));
    let others = neighbour.allocate();
    assert_eq!(neighbour.bind(peer.addr()), 0);
    let streams: [Box<dyn Fn() -> Client>; 2] = [
        Box::new(|| Client::over(Streamed::over(tcp(stage.addr())))),
        Box::new(|| Client::over(Streamed::over(tls(stage.addr(), &stage.certificate.der).unwrap()))),
    ];
    let mut before = 0;
    for connect in streams {
        let mut deaf = connect();
        let relayed = deaf.allocate();
        assert_eq!(deaf.bind(peer.addr()), 0);
        flood(&stage, &peer, relayed, before, || relay_both_ways(&mut neighbour, &peer, others));
        // Once it reads again, all that it gets is whole, and what is sent then arrives.
        let mut got = 0;
        loop {
            peer.0.send_to(b"the end", relayed).unwrap();
            match deaf.receive_on_channel().as_slice() {
                b"the end" => break,
                payload => assert_eq!(payload, FLOOD),
            }
            got += 1;
        }
        assert!(got > 100, "what waited was kept: {got}");
        drop(deaf);
        stage.wait_for("it is gone", |counters| counters.allocations == 1);
        before = dropped(&stage.server.counters(), "output_full");
    }
}
