//! Against `sctp-proto`, which shares no code with the library behind this door.

mod link;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use link::{End, FAIR, FOUL, Link, Ours, Weather, message};
use motet_control::DtlsRole;
use motet_sctp::{ChannelId, ChannelParameters, DcepMessage, Event, MessageKind, Reliability, Settings};
use sctp_proto::{
    Association, AssociationHandle, ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Payload,
    PayloadProtocolIdentifier, ReliabilityType, ServerConfig, StreamEvent,
};

/// What the peer was told.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Told {
    Connected,
    Message(u16, u32, Vec<u8>),
    Finished(u16),
    Lost,
}

struct Theirs {
    endpoint: Endpoint,
    association: Option<(AssociationHandle, Association)>,
    asks: bool,
    packets: Vec<Vec<u8>>,
    told: Vec<Told>,
}

impl Theirs {
    /// A side that asks, or one that waits to be asked.
    fn new(asks: bool) -> Self {
        let server = (!asks).then(|| Arc::new(ServerConfig::new()));
        let mut config = EndpointConfig::new();
        config.max_payload_size(1_100);
        let mut endpoint = Endpoint::new(Arc::new(config), server);
        let association =
            asks.then(|| endpoint.connect(ClientConfig::new(), address()).expect("it is the first"));
        Self { endpoint, association, asks, packets: Vec::new(), told: Vec::new() }
    }

    fn association(&mut self) -> &mut Association {
        &mut self.association.as_mut().expect("it is connected").1
    }

    fn write(&mut self, stream: u16, payload: PayloadProtocolIdentifier, data: &[u8]) {
        let association = self.association();
        if !association.stream_ids().contains(&stream) {
            association.open_stream(stream, payload).expect("the stream is free");
        }
        let mut stream = association.stream(stream).expect("the stream is there");
        assert_eq!(stream.write_with_ppi(data, payload).expect("it takes this"), data.len());
    }

    fn settle(&mut self, now: Instant) {
        let Some((handle, association)) = &mut self.association else { return };
        loop {
            let mut is_quiet = true;
            while let Some(event) = association.poll_endpoint_event() {
                is_quiet = false;
                if let Some(event) = self.endpoint.handle_event(*handle, event) {
                    association.handle_event(event);
                }
            }
            while let Some(event) = association.poll() {
                is_quiet = false;
                match event {
                    sctp_proto::Event::Connected => self.told.push(Told::Connected),
                    sctp_proto::Event::AssociationLost { .. } => self.told.push(Told::Lost),
                    sctp_proto::Event::Stream(StreamEvent::Finished { id }) => {
                        self.told.push(Told::Finished(id));
                    }
                    _ => {}
                }
            }
            for id in association.stream_ids() {
                while let Ok(Some(chunks)) = association.stream(id).expect("it was listed").read_sctp() {
                    is_quiet = false;
                    let mut data = vec![0; chunks.len()];
                    let bytes = chunks.read(&mut data).expect("there is room");
                    data.truncate(bytes);
                    self.told.push(Told::Message(id, chunks.ppi as u32, data));
                }
            }
            while let Some(transmit) = association.poll_transmit(now) {
                is_quiet = false;
                if let Payload::RawEncode(packets) = transmit.payload {
                    self.packets.extend(packets.into_iter().map(|packet| packet.to_vec()));
                }
            }
            if is_quiet {
                break;
            }
        }
    }
}

impl End for Theirs {
    fn receive(&mut self, now: Instant, packet: &[u8]) {
        // It has no answer for a request of ours that crosses its own.
        if self.asks && packet[12] == INIT {
            return;
        }
        let packet = Bytes::copy_from_slice(packet);
        match self.endpoint.handle(now, address(), None, None, packet) {
            Some((handle, DatagramEvent::NewAssociation(association))) => {
                self.association = Some((handle, association));
            }
            Some((_, DatagramEvent::AssociationEvent(event))) => self.association().handle_event(event),
            None => {}
        }
        while let Some(transmit) = self.endpoint.poll_transmit() {
            if let Payload::RawEncode(packets) = transmit.payload {
                self.packets.extend(packets.into_iter().map(|packet| packet.to_vec()));
            }
        }
        self.settle(now);
    }

    fn tick(&mut self, now: Instant) {
        if let Some((_, association)) = &mut self.association {
            association.handle_timeout(now);
        }
        self.settle(now);
    }

    fn timeout(&self) -> Option<Instant> {
        self.association.as_ref().and_then(|(_, association)| association.poll_timeout())
    }

    fn transmit(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.settle(now);
        if self.packets.is_empty() { None } else { Some(self.packets.remove(0)) }
    }

    fn describe(&self) -> String {
        format!("{:?}", self.told.last())
    }
}

fn address() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 5000))
}

fn connected(weather: Weather, seed: u64, asks: bool) -> Link<Ours, Theirs> {
    let now = Instant::now();
    let ours = Ours::new(DtlsRole::Client, Settings::default(), now, seed);
    let mut link = Link::new(ours, Theirs::new(asks), now, weather, seed);
    link.run_until(|link| link.a.association.is_connected() && link.b.told.contains(&Told::Connected));
    link
}

/// The type of the chunk that asks for an association.
const INIT: u8 = 1;
const DCEP: u32 = 50;
const STRING: u32 = 51;
const STRING_EMPTY: u32 = 56;

#[test]
fn either_side_may_ask() {
    for asks in [false, true] {
        for (weather, seed) in [(FAIR, 1), (FOUL, 2), (FOUL, 3), (FOUL, 4)] {
            connected(weather, seed, asks);
        }
    }
}

#[test]
fn a_channel_that_we_open_is_read_as_the_rfc_writes_it() {
    let mut link = connected(FAIR, 5, false);
    let parameters = ChannelParameters {
        label: "ours".to_owned(),
        reliability: Reliability::Retransmits(5),
        ordered: false,
        ..ChannelParameters::default()
    };
    let id = link.a.association.open(link.now, parameters.clone()).unwrap();
    link.run_for(Duration::from_secs(1));
    let open = DcepMessage::Open(parameters).write().unwrap();
    assert_eq!(link.b.told[1..], [Told::Message(id.0, DCEP, open)]);
    assert!(!link.a.told(&Event::Ready(id)));
    link.b.write(id.0, PayloadProtocolIdentifier::Dcep, &[0x02]);
    link.run_until(|link| link.a.told(&Event::Ready(id)));

    link.a.association.send(link.now, id, MessageKind::Text, b"hello".to_vec()).unwrap();
    link.a.association.send(link.now, id, MessageKind::Text, Vec::new()).unwrap();
    link.run_for(Duration::from_secs(1));
    assert_eq!(
        link.b.told[2..],
        [Told::Message(id.0, STRING, b"hello".to_vec()), Told::Message(id.0, STRING_EMPTY, vec![0])]
    );
}

#[test]
fn a_channel_that_they_open_is_acknowledged_and_closed() {
    for (weather, seed) in [(FAIR, 6), (FOUL, 7), (FOUL, 8)] {
        let mut link = connected(weather, seed, true);
        let parameters = ChannelParameters { label: "theirs".to_owned(), ..ChannelParameters::default() };
        let open = DcepMessage::Open(parameters.clone()).write().unwrap();
        link.b.write(1, PayloadProtocolIdentifier::Dcep, &open);
        link.run_until(|link| link.b.told.contains(&Told::Message(1, DCEP, vec![0x02])));
        let id = ChannelId(1);
        assert_eq!(link.a.opened(), [(id, parameters)]);

        link.b.association().stream(1).unwrap().close().unwrap();
        link.run_until(|link| link.a.told(&Event::Closed(id)) && link.b.told.contains(&Told::Finished(1)));
    }
}

#[test]
fn a_channel_that_we_close_is_finished_for_them() {
    let mut link = connected(FOUL, 9, false);
    let id = link.a.association.open(link.now, ChannelParameters::default()).unwrap();
    for number in 0..20 {
        link.a.association.send(link.now, id, MessageKind::Binary, message(number, 5_000)).unwrap();
    }
    link.a.association.close_channel(link.now, id);
    link.run_until(|link| link.a.told(&Event::Closed(id)));
    assert_eq!(link.b.told.len(), 1 + 1 + 20 + 1, "connected, the channel, its messages, and its end");
    assert_eq!(link.b.told.last(), Some(&Told::Finished(id.0)));
}

#[test]
fn messages_arrive_once_and_in_order_both_ways() {
    for seed in 10..16 {
        let mut link = connected(FOUL, seed, seed % 2 == 0);
        let id = link.a.association.open(link.now, ChannelParameters::default()).unwrap();
        link.run_until(|link| link.b.told.len() == 2);
        link.b.write(id.0, PayloadProtocolIdentifier::Dcep, &[0x02]);
        let (mut from_us, mut from_them) = (Vec::new(), Vec::new());
        for number in 0..60 {
            let data = message(number, [4, 100, 3_000, 20_000][link.below(4)]);
            if link.below(2) == 0 {
                link.a.association.send(link.now, id, MessageKind::Text, data.clone()).unwrap();
                from_us.push(Told::Message(id.0, STRING, data));
            } else {
                link.b.write(id.0, PayloadProtocolIdentifier::String, &data);
                from_them.push((MessageKind::Text, data));
            }
            link.run_for(Duration::from_millis(13));
        }
        let all = from_us.len();
        link.run_until(|link| link.a.messages(id).len() == from_them.len() && link.b.told.len() == 2 + all);
        assert!(link.b.told[2..] == from_us, "seed {seed}");
        assert!(link.a.messages(id) == from_them, "seed {seed}");
    }
}

#[test]
fn what_they_give_up_does_not_stall_the_channel() {
    let mut link = connected(FOUL, 20, true);
    let parameters =
        ChannelParameters { reliability: Reliability::Retransmits(0), ..ChannelParameters::default() };
    let open = DcepMessage::Open(parameters).write().unwrap();
    link.b.write(1, PayloadProtocolIdentifier::Dcep, &open);
    link.run_until(|link| !link.a.opened().is_empty());
    link.b
        .association()
        .stream(1)
        .unwrap()
        .set_reliability_params(false, ReliabilityType::Rexmit, 0)
        .unwrap();
    for number in 0..200 {
        link.b.write(1, PayloadProtocolIdentifier::Binary, &message(number, 500));
        link.run_for(Duration::from_millis(20));
    }
    link.run_for(Duration::from_secs(20));
    let arrived = link.a.messages(ChannelId(1));
    assert!((100..200).contains(&arrived.len()), "{} arrived", arrived.len());
    assert!(arrived.is_sorted_by_key(|(_, data)| data[..4].to_vec()), "in order");
    link.b.write(1, PayloadProtocolIdentifier::Dcep, &[0x02]);
}

#[test]
fn the_end_is_told_to_them_and_theirs_to_us() {
    let mut link = connected(FAIR, 21, false);
    link.a.association.close(link.now);
    link.run_until(|link| link.b.told.contains(&Told::Lost));

    let mut link = connected(FAIR, 22, false);
    link.b.association().shutdown().unwrap();
    link.run_until(|link| link.a.told(&Event::Ended(motet_sctp::End::Closed)));
}
