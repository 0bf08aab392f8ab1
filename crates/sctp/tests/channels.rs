//! Channels come and go, and both sides agree on which there are.

mod link;

use std::time::Duration;

use link::{FAIR, FOUL, Link, message};
use motet_sctp::{
    ChannelId, ChannelParameters, DropReason, Event, LABEL_BYTES_MAX, MessageKind, OpenError,
    PROTOCOL_BYTES_MAX, Reliability, STREAMS_MAX, SendError, Settings,
};

fn labelled(label: &str) -> ChannelParameters {
    ChannelParameters { label: label.to_owned(), ..ChannelParameters::default() }
}

#[test]
fn the_client_opens_even_streams_and_the_server_odd_ones() {
    let mut link = Link::connected(FAIR, 1);
    let (a, b) = (&mut link.a.association, &mut link.b.association);
    let opened = [a.open(link.now, labelled("a")), a.open(link.now, labelled("b"))];
    assert_eq!(opened, [Ok(ChannelId(0)), Ok(ChannelId(2))]);
    let opened = [b.open(link.now, labelled("c")), b.open(link.now, labelled("d"))];
    assert_eq!(opened, [Ok(ChannelId(1)), Ok(ChannelId(3))]);
    link.run_for(Duration::from_secs(1));
    for id in [0, 2] {
        assert!(link.a.told(&Event::Ready(ChannelId(id))));
    }
    let names: Vec<_> =
        link.b.opened().into_iter().map(|(id, parameters)| (id.0, parameters.label)).collect();
    assert_eq!(names, [(0, "a".to_owned()), (2, "b".to_owned())]);
}

#[test]
fn the_peer_is_told_what_the_channel_is_like() {
    let kinds = [Reliability::Reliable, Reliability::Retransmits(3), Reliability::LifetimeMs(70_000)];
    for reliability in kinds {
        for ordered in [true, false] {
            let parameters = ChannelParameters {
                label: "Grüße".to_owned(),
                protocol: "chat.v1".to_owned(),
                ordered,
                reliability,
                priority: 512,
            };
            let mut link = Link::connected(FAIR, 2);
            let id = link.open(parameters.clone());
            assert_eq!(link.b.opened(), [(id, parameters)]);
        }
    }
}

#[test]
fn a_channel_may_be_opened_before_there_is_an_association() {
    let mut link = Link::ours(FAIR, 3);
    let id = link.a.association.open(link.now, labelled("early")).unwrap();
    let sent = link.a.association.send(link.now, id, MessageKind::Text, b"too early".to_vec());
    assert_eq!(sent, Err(SendError::NotConnected));
    link.run_until(|link| link.a.told(&Event::Connected));
    link.a.association.send(link.now, id, MessageKind::Text, b"in time".to_vec()).unwrap();
    link.run_for(Duration::from_secs(1));
    assert_eq!(link.b.messages(id), [(MessageKind::Text, b"in time".to_vec())]);
    let told: Vec<_> = link.a.events.iter().collect();
    assert_eq!(told, [&Event::Connected, &Event::Ready(id)]);
    assert_eq!(link.b.events[0], Event::Connected, "the association comes first, then what is on it");
}

#[test]
fn a_channel_closed_before_there_is_an_association_was_never_there() {
    let mut link = Link::ours(FAIR, 4);
    let id = link.a.association.open(link.now, labelled("never")).unwrap();
    link.a.association.close_channel(link.now, id);
    link.a.fetch();
    assert_eq!(link.a.events, [Event::Closed(id)]);
    link.run_for(Duration::from_secs(2));
    assert!(link.b.opened().is_empty());
}

#[test]
fn negotiated_channels_need_no_word() {
    let mut link = Link::ours(FAIR, 5);
    let id = ChannelId(7);
    for end in [&mut link.a, &mut link.b] {
        end.association.open_negotiated(link.now, id, labelled("agreed")).unwrap();
        assert_eq!(end.association.open_negotiated(link.now, id, labelled("x")), Err(OpenError::InUse));
    }
    link.run_until(|link| link.a.told(&Event::Ready(id)) && link.b.told(&Event::Ready(id)));
    link.a.association.send(link.now, id, MessageKind::Text, b"hi".to_vec()).unwrap();
    link.run_until(|link| link.b.messages(id) == [(MessageKind::Text, b"hi".to_vec())]);
    assert!(link.b.opened().is_empty());

    // One that the peer does not have: its messages are nobody's.
    link.a.association.open_negotiated(link.now, ChannelId(9), labelled("half")).unwrap();
    link.a.association.send(link.now, ChannelId(9), MessageKind::Text, b"hi".to_vec()).unwrap();
    link.run_for(Duration::from_secs(1));
    assert_eq!(link.b.association.drops().count(DropReason::NoChannel), 1);
}

#[test]
fn all_that_was_sent_before_closing_arrives_before_the_close() {
    for seed in 0..8 {
        let mut link = Link::connected(FOUL, seed);
        let id = link.open(ChannelParameters::default());
        for number in 0..40 {
            link.a.association.send(link.now, id, MessageKind::Binary, message(number, 3_000)).unwrap();
        }
        link.a.association.close_channel(link.now, id);
        let refused = link.a.association.send(link.now, id, MessageKind::Text, vec![1]);
        assert_eq!(refused, Err(SendError::Closing));
        link.run_until(|link| link.a.told(&Event::Closed(id)) && link.b.told(&Event::Closed(id)));
        assert_eq!(link.b.messages(id).len(), 40, "seed {seed}");
        assert_eq!(link.b.events.last(), Some(&Event::Closed(id)));
        assert_eq!(link.a.association.buffered_bytes(), 0);
    }
}

#[test]
fn a_closed_stream_serves_the_next_channel() {
    for seed in 0..8 {
        let mut link = Link::connected(FOUL, seed);
        for round in 0..10_u32 {
            let id = link.open(labelled(&round.to_string()));
            assert_eq!(id, ChannelId(0), "seed {seed}");
            link.a.association.send(link.now, id, MessageKind::Text, message(round, 9)).unwrap();
            link.a.events.clear();
            link.run_until(|link| link.b.messages(id).len() == round as usize + 1);
            // Either side may be the one that closes.
            let end = if round % 2 == 0 { &mut link.a } else { &mut link.b };
            end.association.close_channel(link.now, id);
            link.run_until(|link| link.a.told(&Event::Closed(id)));
            link.a.events.clear();
        }
        link.run_for(Duration::from_secs(5));
        let closed = link.b.events.iter().filter(|event| matches!(event, Event::Closed(_))).count();
        assert_eq!((link.b.opened().len(), closed), (10, 10), "seed {seed}");
        let told: Vec<_> = link.b.messages(ChannelId(0)).into_iter().map(|(_, data)| data).collect();
        assert_eq!(told, (0..10).map(|round| message(round, 9)).collect::<Vec<_>>(), "seed {seed}");
    }
}

#[test]
fn both_sides_may_close_at_once() {
    for seed in 0..8 {
        let mut link = Link::connected(FOUL, seed);
        let id = link.open(ChannelParameters::default());
        link.a.association.close_channel(link.now, id);
        link.b.association.close_channel(link.now, id);
        link.run_until(|link| link.a.told(&Event::Closed(id)) && link.b.told(&Event::Closed(id)));
        let again = link.open(ChannelParameters::default());
        assert_eq!(again, id);
    }
}

#[test]
fn names_are_bounded() {
    let mut link = Link::connected(FAIR, 6);
    let long = |bytes| "x".repeat(bytes);
    let label = labelled(&long(LABEL_BYTES_MAX + 1));
    assert_eq!(link.a.association.open(link.now, label), Err(OpenError::LabelTooLong));
    let protocol = ChannelParameters { protocol: long(PROTOCOL_BYTES_MAX + 1), ..labelled("") };
    assert_eq!(link.a.association.open(link.now, protocol), Err(OpenError::ProtocolTooLong));
    let longest =
        ChannelParameters { protocol: long(PROTOCOL_BYTES_MAX), ..labelled(&long(LABEL_BYTES_MAX)) };
    let id = link.open(longest.clone());
    assert_eq!(link.b.opened(), [(id, longest)]);
}

#[test]
fn channels_are_bounded_on_either_side() {
    let few = Settings { channels_max: 3, ..Settings::default() };
    let mut link = Link::with_settings(FAIR, 7, Settings::default(), few);
    link.run_until(|link| link.a.told(&Event::Connected) && link.b.told(&Event::Connected));
    for _ in 0..5 {
        link.a.association.open(link.now, labelled("one of five")).unwrap();
    }
    link.run_for(Duration::from_secs(3));
    assert_eq!(link.b.opened().len(), 3);
    assert_eq!(link.b.association.drops().count(DropReason::DcepTooManyChannels), 2);
    for refused in [6, 8] {
        assert!(link.a.told(&Event::Closed(ChannelId(refused))), "{refused} was refused");
    }
    assert_eq!(link.b.association.open(link.now, labelled("a fourth")), Err(OpenError::TooManyChannels));

    let beyond = link.a.association.open_negotiated(link.now, ChannelId(STREAMS_MAX), labelled(""));
    assert_eq!(beyond, Err(OpenError::OutOfRange));
}

#[test]
fn the_send_buffer_is_bounded_and_says_when_it_is_low() {
    let small = Settings { send_buffer_bytes_max: 100_000, ..Settings::default() };
    let mut link = Link::with_settings(FAIR, 8, small, Settings::default());
    link.run_until(|link| link.a.told(&Event::Connected) && link.b.told(&Event::Connected));
    let id = link.open(ChannelParameters::default());
    link.a.association.tell_buffered_low(id, 10_000);
    let mut sent = 0;
    let full = loop {
        match link.a.association.send(link.now, id, MessageKind::Binary, message(sent, 4_000)) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    let buffered_bytes = link.a.association.buffered_bytes();
    assert_eq!(full, SendError::BufferFull { buffered_bytes, max: 100_000 });
    assert!((90_000..=100_000).contains(&buffered_bytes));
    link.run_until(|link| link.a.told(&Event::BufferedLow(id)));
    assert!(link.a.association.channel_buffered_bytes(id) <= 10_000);
    link.run_until(|link| link.a.told(&Event::BufferHasRoom));
    assert!((40_000..=50_000).contains(&link.a.association.buffered_bytes()));
    link.run_until(|link| link.b.messages(id).len() == sent as usize);
    link.run_until(|link| link.a.association.buffered_bytes() == 0);

    // Many tiny messages fill it as well.
    link.weather.loss_percent = 100;
    let tiny =
        (0..).take_while(|_| link.a.association.send(link.now, id, MessageKind::Binary, vec![1]).is_ok());
    assert!(tiny.count() < 1_000);
}

#[test]
fn messages_are_as_long_as_the_other_side_takes() {
    let settings = Settings { peer_message_bytes_max: 1_000, ..Settings::default() };
    let mut link = Link::with_settings(FAIR, 9, settings, Settings::default());
    link.run_until(|link| link.a.told(&Event::Connected));
    let id = link.open(ChannelParameters::default());
    let mut send = |bytes| link.a.association.send(link.now, id, MessageKind::Binary, vec![7; bytes]);
    assert_eq!(send(1_001), Err(SendError::TooLong { bytes: 1_001, max: 1_000 }));
    assert_eq!(send(1_000), Ok(()));

    // A peer that does not keep to what it was told: the message is dropped, the channel lives.
    let careless = Settings { peer_message_bytes_max: 0, ..Settings::default() };
    let strict = Settings { message_bytes_max: 10_000, ..Settings::default() };
    let mut link = Link::with_settings(FAIR, 9, careless, strict);
    link.run_until(|link| link.a.told(&Event::Connected));
    let id = link.open(ChannelParameters::default());
    for bytes in [10_001, 10_000] {
        link.a.association.send(link.now, id, MessageKind::Binary, vec![7; bytes]).unwrap();
    }
    link.run_until(|link| link.b.messages(id) == [(MessageKind::Binary, vec![7; 10_000])]);
    assert_eq!(link.b.association.drops().count(DropReason::MessageTooLong), 1);
}

#[test]
fn the_largest_message_of_a_browser_arrives() {
    let settings = Settings { peer_message_bytes_max: 262_144, ..Settings::default() };
    let mut link = Link::with_settings(FOUL, 11, settings, Settings::default());
    link.run_until(|link| link.a.told(&Event::Connected));
    let id = link.open(ChannelParameters::default());
    link.a.association.send(link.now, id, MessageKind::Binary, message(1, 262_144)).unwrap();
    link.run_until(|link| link.b.messages(id) == [(MessageKind::Binary, message(1, 262_144))]);
}

#[test]
fn messages_that_nobody_fetches_hold_the_peer_back() {
    let roomy = Settings { send_buffer_bytes_max: 64 << 20, ..Settings::default() };
    let mut link = Link::with_settings(FAIR, 12, roomy, Settings::default());
    link.run_until(|link| link.a.told(&Event::Connected) && link.b.told(&Event::Connected));
    let id = link.open(ChannelParameters::default());
    for number in 0..1_000 {
        link.a.association.send(link.now, id, MessageKind::Binary, message(number, 8_000)).unwrap();
    }
    // `b` is driven here without its events being fetched.
    let mut now = link.now;
    for _ in 0..2_000 {
        now += Duration::from_millis(5);
        link.a.association.handle_timeout(now);
        while let Some(packet) = link.a.association.poll_transmit() {
            link.b.association.handle_packet(now, &packet);
        }
        link.b.association.handle_timeout(now);
        while let Some(packet) = link.b.association.poll_transmit() {
            link.a.association.handle_packet(now, &packet);
        }
    }
    assert!(link.a.association.buffered_bytes() > 5_000_000, "most of it waits with the sender");
    link.now = now;
    link.b.fetch();
    assert!(link.b.messages(id).len() < 300);
    link.run_until(|link| link.b.messages(id).len() == 1_000);
    assert!(link.b.messages(id).iter().zip(0..).all(|((_, data), number)| *data == message(number, 8_000)));
}

#[test]
fn closing_the_association_tells_the_peer() {
    let mut link = Link::connected(FAIR, 13);
    link.open(ChannelParameters::default());
    link.a.association.close(link.now);
    link.a.fetch();
    link.run_for(Duration::from_secs(1));
    assert_eq!(link.a.events.last(), Some(&Event::Ended(motet_sctp::End::Closed)));
    assert_eq!(link.b.events.last(), Some(&Event::Ended(motet_sctp::End::Aborted)));
    assert_eq!(link.a.association.open(link.now, labelled("late")), Err(OpenError::Ended));
    assert_eq!(link.a.association.poll_timeout(), None);
}
