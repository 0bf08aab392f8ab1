//! TCP between the relay and peers (RFC 6062).

mod world;

use std::time::Duration;

use motet_turn::{ClientProtocol, ConnectionId, FromClient, RelayId};
use world::message::Answer;
use world::{Client, World, addr, attribute, method, settings, settings_with, shared, socket};

const PEER: &str = "9.9.9.9:80";

fn tcp(remote: &str) -> Client {
    Client::anna(socket(ClientProtocol::Tcp, remote))
}

fn allocated(world: &mut World) -> Client {
    let mut anna = tcp("198.51.100.1:4000");
    assert!(world.server.handle_client_opened(world.now, anna.socket));
    let request = anna.request(method::ALLOCATE).with(attribute::TRANSPORT, &[6, 0, 0, 0]);
    assert!(anna.ask(world, request).is_success());
    anna
}

/// Connects without waiting for the peer.
fn connect(world: &mut World, anna: &mut Client, peer: &str) -> Option<Answer> {
    let request = anna.request(method::CONNECT).with_peer(addr(peer));
    let signed = anna.sign(request);
    world.give(anna.socket, &signed.0);
    world.try_answer()
}

fn connected(world: &mut World, anna: &mut Client) -> ConnectionId {
    assert!(connect(world, anna, PEER).is_none(), "the peer first");
    let (connection, peer) = world.connecting.pop().unwrap();
    assert_eq!(peer, addr(PEER));
    let now = world.now;
    world.server.handle_peer_connected(now, connection, true);
    world.settle();
    let answer = world.answer();
    assert!(answer.is_success());
    assert_eq!(answer.get(attribute::CONNECTION_ID), Some(&connection.0.to_be_bytes()[..]));
    connection
}

fn join(world: &mut World, client: &mut Client, connection: ConnectionId) -> FromClient {
    let request = client.request(method::CONNECTION_BIND);
    let request = client.sign(request.with(attribute::CONNECTION_ID, &connection.0.to_be_bytes()));
    world.give(client.socket, &request.0)
}

fn data_connection(world: &mut World, anna: &Client, remote: &str) -> Client {
    let mut data = tcp(remote);
    data.nonce = anna.nonce.clone();
    assert!(world.server.handle_client_opened(world.now, data.socket));
    data
}

#[test]
fn a_client_connects_to_a_peer_and_joins() {
    let mut world = World::new(settings());
    let mut anna = allocated(&mut world);
    let connection = connected(&mut world, &mut anna);
    let mut data = data_connection(&mut world, &anna, "198.51.100.1:4001");
    assert_eq!(join(&mut world, &mut data, connection), FromClient::Join { connection });
    assert!(world.answer().is_success());
    let now = world.now;
    assert_eq!(world.server.admit_joined(now, connection, 4096), 4096);
    assert_eq!(world.server.counters().connections, 2);
    world.advance(Duration::from_secs(60));
    assert!(
        world.closed_clients.is_empty() && world.closed_peers.is_empty(),
        "joined is no longer half-open"
    );
    world.server.handle_peer_closed(now, connection);
    assert_eq!(world.server.admit_joined(now, connection, 4096), 0);
    assert_eq!(world.server.counters().connections, 1);
}

#[test]
fn a_peer_with_permission_connects_and_the_client_is_told() {
    let mut world = World::new(settings());
    let mut anna = allocated(&mut world);
    let (relay, now): (RelayId, _) = (*world.relays.keys().next().unwrap(), world.now);
    assert_eq!(world.server.handle_peer_accepted(now, relay, addr("9.9.9.9:5000")), None);
    assert_eq!(anna.permit(&mut world, &[addr(PEER)]), 0);
    let connection = world.server.handle_peer_accepted(now, relay, addr("9.9.9.9:5000")).unwrap();
    world.settle();
    let told = world.answer();
    assert_eq!((told.to, &told.bytes[..2]), (anna.socket, &[0x00, 0x1c][..]));
    assert_eq!(told.address(attribute::PEER), Some(addr("9.9.9.9:5000")));
    let mut data = data_connection(&mut world, &anna, "198.51.100.1:4001");
    assert_eq!(join(&mut world, &mut data, connection), FromClient::Join { connection });
    world.server.handle_client_closed(now, anna.socket);
    world.settle();
    assert_eq!(world.closed_peers, [connection], "all ends with the control connection");
}

#[test]
fn a_peer_that_does_not_answer_and_a_client_that_does_not_come_are_given_up() {
    let mut world = World::new(settings());
    let mut anna = allocated(&mut world);
    assert!(connect(&mut world, &mut anna, PEER).is_none());
    world.advance(Duration::from_secs(30));
    assert_eq!(world.try_answer().unwrap().code(), 447);
    assert_eq!(world.closed_peers.len(), 1);
    world.connecting.clear();
    connected(&mut world, &mut anna);
    world.advance(Duration::from_secs(30));
    assert_eq!(world.closed_peers.len(), 2);
    assert!(connect(&mut world, &mut anna, PEER).is_none());
    let connection = world.connecting.pop().unwrap().0;
    let now = world.now;
    world.server.handle_peer_connected(now, connection, false);
    world.settle();
    assert_eq!(world.answer().code(), 447);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut world = World::new(settings_with(|settings| settings.quotas.connections_max = 1));
    let mut anna = allocated(&mut world);
    assert_eq!(connect(&mut world, &mut anna, "127.0.0.1:22").unwrap().code(), 403);
    assert_eq!(connect(&mut world, &mut anna, "[2606:4700::1]:80").unwrap().code(), 443);
    connected(&mut world, &mut anna);
    assert_eq!(connect(&mut world, &mut anna, PEER).unwrap().code(), 446);
    assert_eq!(connect(&mut world, &mut anna, "9.9.9.8:80").unwrap().code(), 508);
    assert_eq!(anna.bind(&mut world, 0x4000, addr(PEER)), 400, "channels are UDP's");
    let mut udp = Client::anna(socket(ClientProtocol::Tcp, "198.51.100.1:5000"));
    udp.allocate(&mut world);
    assert_eq!(connect(&mut world, &mut udp, PEER).unwrap().code(), 400);
    let mut none = tcp("198.51.100.1:5001");
    none.nonce = anna.nonce.clone();
    assert_eq!(connect(&mut world, &mut none, PEER).unwrap().code(), 437);
}

#[test]
fn nobody_joins_anothers_connection_or_one_that_is_not_there() {
    let mut world = World::new(settings());
    let mut anna = allocated(&mut world);
    let connection = connected(&mut world, &mut anna);
    let mut thief = Client::participant(socket(ClientProtocol::Tcp, "198.51.100.1:6000"), "thief");
    thief.nonce = anna.nonce.clone();
    assert_eq!(join(&mut world, &mut thief, connection), FromClient::Nothing);
    assert_eq!(world.answer().code(), 441);
    let mut data = data_connection(&mut world, &anna, "198.51.100.1:4001");
    assert_eq!(join(&mut world, &mut data, ConnectionId(connection.0 ^ 1)), FromClient::Nothing);
    assert_eq!(world.answer().code(), 400);
    assert_eq!(join(&mut world, &mut anna, connection), FromClient::Nothing, "a control connection is none");
    assert_eq!(world.answer().code(), 400);
    let mut datagrams = Client::anna(socket(ClientProtocol::Udp, "198.51.100.1:4009"));
    datagrams.nonce = anna.nonce.clone();
    assert_eq!(join(&mut world, &mut datagrams, connection), FromClient::Nothing);
    assert_eq!(world.answer().code(), 400);
}

#[test]
fn a_connection_of_another_server_is_found_there() {
    let (shared, now) = shared(settings());
    let [mut first, mut second] = [0, 1].map(|number| World::with(shared.clone(), now, number));
    let mut anna = allocated(&mut second);
    let connection = connected(&mut second, &mut anna);
    let mut data = data_connection(&mut first, &anna, "198.51.100.1:4001");
    assert_eq!(join(&mut first, &mut data, connection), FromClient::Elsewhere { server: 1 });
    assert!(first.answers.is_empty());
    assert_eq!(first.server.counters().connections, 0);
    assert!(second.server.handle_client_opened(now, data.socket));
    assert_eq!(join(&mut second, &mut data, connection), FromClient::Join { connection });
    let nowhere = ConnectionId(connection.0 | 0xff00_0000);
    assert_eq!(join(&mut first, &mut data, nowhere), FromClient::Nothing);
}

#[test]
fn joined_bytes_are_held_to_the_rate() {
    let mut world = World::new(settings_with(|settings| {
        settings.quotas.bytes_per_second_per_user_max = Some(10_000);
    }));
    let mut anna = allocated(&mut world);
    let connection = connected(&mut world, &mut anna);
    let mut data = data_connection(&mut world, &anna, "198.51.100.1:4001");
    join(&mut world, &mut data, connection);
    let now = world.now;
    let admitted: usize = (0..100).map(|_| world.server.admit_joined(now, connection, 1_000)).sum();
    assert!(admitted <= 11_000, "{admitted}");
    world.advance(Duration::from_secs(2));
    let now = world.now;
    assert_eq!(world.server.admit_joined(now, connection, 1_000), 1_000);
}
