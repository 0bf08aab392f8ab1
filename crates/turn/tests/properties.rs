//! Whatever comes in: no panic, well-formed answers, ranges inside what came.

mod world;

use motet_turn::{ClientProtocol, FromClient, stream};
use proptest::prelude::*;
use world::message::{Answer, Message};
use world::{Client, World, addr, attribute, method, settings, socket, udp};

/// Attributes that the server knows, and some that it does not.
const KINDS: [u16; 24] = [
    0x0001, 0x0006, 0x0008, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0017, 0x0018, 0x0019, 0x001a,
    0x001c, 0x001d, 0x001e, 0x0022, 0x0026, 0x002a, 0x8000, 0x8002, 0x8022, 0x8028, 0x8777,
];
const METHODS: [u16; 8] = [0x001, 0x003, 0x004, 0x008, 0x009, 0x00a, 0x00b, 0x123];

fn attributes() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..24),
        Just(vec![17, 0, 0, 0]),
        Just(vec![6, 0, 0, 0]),
        Just(vec![0, 0, 0, 0]),
        Just(vec![2, 0, 0, 0]),
        Just(vec![0x40, 0, 0, 0]),
        Just(vec![0x80]),
        Just(vec![0, 1, 0x21, 0x13, 9 ^ 0x21, 9 ^ 0x12, 9 ^ 0xa4, 9 ^ 0x42]),
    ];
    proptest::collection::vec((proptest::sample::select(&KINDS[..]), value), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_survived(data in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut world = World::new(settings());
        let mut anna = Client::anna(udp("198.51.100.1:4000"));
        anna.allocate(&mut world);
        anna.bind(&mut world, 0x4000, addr("9.9.9.9:1"));
        if let FromClient::ToPeer { payload, .. } = world.give(anna.socket, &data) {
            prop_assert!(payload.end <= data.len());
        }
        while world.try_answer().is_some() {}
    }

    #[test]
    fn any_attributes_are_answered_once_and_well(
        requests in proptest::collection::vec((proptest::sample::select(&METHODS[..]), attributes(), any::<bool>()), 1..8),
        protocol in proptest::sample::select(vec![ClientProtocol::Udp, ClientProtocol::Tls]),
    ) {
        let mut world = World::new(settings());
        let mut anna = Client::anna(socket(protocol, "198.51.100.1:4000"));
        anna.learn_nonce(&mut world);
        for (method, attributes, is_signed) in requests {
            let request = anna.request(method);
            let request = attributes.iter().fold(request, |request, (kind, value)| request.with(*kind, value));
            let request = if is_signed { anna.sign(request) } else { request };
            let outcome = world.give(anna.socket, &request.0);
            prop_assert_eq!(outcome, FromClient::Nothing);
            if let Some(answer) = world.try_answer() {
                prop_assert_eq!(&answer.bytes[4..20], &request.0[4..20]);
                prop_assert!(answer.is_success() || answer.code() >= 400);
            }
            prop_assert!(world.answers.is_empty());
        }
    }

    #[test]
    fn what_a_peer_sends_comes_out_as_it_went_in(len in 0_usize..66_000, on_channel: bool, is_stream: bool) {
        let mut world = World::new(settings());
        let protocol = if is_stream { ClientProtocol::Tcp } else { ClientProtocol::Udp };
        let mut anna = Client::anna(socket(protocol, "198.51.100.1:4000"));
        let relayed = anna.allocate(&mut world);
        let peer = addr("9.9.9.9:1");
        anna.permit(&mut world, &[peer]);
        if on_channel {
            anna.bind(&mut world, 0x4abc, peer);
        }
        let payload = vec![7; len];
        let Some(to_client) = world.peer_sends(relayed, peer, len) else {
            prop_assert!(len > 65_535 - 40);
            return Ok(());
        };
        let mut bytes = [to_client.prefix.as_bytes(), &payload].concat();
        bytes.resize(bytes.len() + usize::from(to_client.padding), 0);
        if is_stream {
            let whole = stream::next_message(&bytes);
            let is_whole = matches!(whole, stream::Framed::Message { consumed, .. } if consumed == bytes.len());
            prop_assert!(is_whole);
        }
        if on_channel {
            prop_assert_eq!(&bytes[..4], &[0x4a, 0xbc, (len >> 8) as u8, len as u8]);
        } else {
            let indication = Answer::read(anna.socket, bytes);
            prop_assert_eq!(indication.get(attribute::DATA), Some(&payload[..]));
            prop_assert_eq!(indication.address(attribute::PEER), Some(peer));
        }
    }

    #[test]
    fn a_stream_of_messages_is_taken_apart_where_it_was_put_together(
        lens in proptest::collection::vec((0_usize..40, any::<bool>()), 1..20),
    ) {
        let mut whole = Vec::new();
        let mut messages = Vec::new();
        for (len, is_stun) in lens {
            let message = if is_stun {
                Message::indication(method::SEND, 1).with(attribute::DATA, &vec![1; len]).0
            } else {
                world::message::channel_data(0x4001, &vec![2; len])
            };
            whole.extend_from_slice(&message);
            whole.resize(whole.len().next_multiple_of(4), 0);
            messages.push(message);
        }
        let mut unread = &whole[..];
        for message in messages {
            let stream::Framed::Message { len, consumed } = stream::next_message(unread) else {
                return Err(TestCaseError::fail("a whole message"));
            };
            prop_assert_eq!(&unread[..len], &message[..]);
            unread = &unread[consumed..];
        }
        prop_assert!(unread.is_empty());
    }
}
