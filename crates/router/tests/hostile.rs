//! Peers that hold keys and mean harm, or are broken: whatever they send, their neighbours are unhurt.

mod peer;

use motet_control::Notification;
use motet_rtp::ext::ExtensionValues;
use motet_rtp::rtcp::TransportCcFeedback;
use motet_rtp::{RtpHeader, RtpTime, Ssrc};
use proptest::prelude::*;

use peer::{AUDIO, Peer, VIDEO, World, frame, numbers, payload_type, video_header, video_out};

/// An RTP packet of any kind that might confuse: near misses of what was agreed on, and jumps of all sizes.
#[derive(Clone, Debug)]
enum Blow {
    Rtp { ssrc: u32, payload_type: u8, jump: u16, mid: Option<&'static str>, payload: Vec<u8> },
    Rtcp(Vec<u8>),
    Raw(Vec<u8>),
    Wait(u64),
}

fn blow() -> impl Strategy<Value = Blow> {
    let ssrc = prop_oneof![Just(0x1000u32), Just(0x1001), Just(0x2000), 0u32..20];
    let kind = prop_oneof![Just(96u8), Just(97), Just(111), 0u8..128];
    let jump = prop_oneof![0u16..4, any::<u16>()];
    let mid = prop_oneof![Just(None), Just(Some("0")), Just(Some("1")), Just(Some("nobody"))];
    let bytes = || prop::collection::vec(any::<u8>(), 0..60);
    let rtcp_type = prop_oneof![200u8..208, Just(192u8)];
    let rtcp = (0u8..32, rtcp_type, bytes()).prop_map(|(count, packet_type, mut body)| {
        // A compound shorter than a header and an SSRC cannot be protected.
        body.resize((body.len() / 4 * 4).max(4), 0);
        let mut packet = vec![0x80 | count, packet_type, 0, (body.len() / 4) as u8];
        packet.extend(body);
        packet
    });
    prop_oneof![
        4 => (ssrc, kind, jump, mid, bytes()).prop_map(|(ssrc, payload_type, jump, mid, payload)| {
            Blow::Rtp { ssrc, payload_type, jump, mid, payload }
        }),
        3 => rtcp.prop_map(Blow::Rtcp),
        1 => bytes().prop_map(Blow::Raw),
        1 => (0u64..3_000).prop_map(Blow::Wait),
    ]
}

fn strike(world: &mut World, attacker: &mut Peer, seq: &mut u64, blow: Blow) {
    match blow {
        Blow::Rtp { ssrc, payload_type: kind, jump, mid, payload } => {
            *seq += u64::from(jump);
            let header = RtpHeader {
                marker: jump % 2 == 0,
                payload_type: payload_type(kind),
                seq: *seq as u16,
                rtp_time: RtpTime(*seq as u32 * 7),
                ssrc: Ssrc(ssrc),
            };
            let mid = mid.and_then(|mid| mid.parse().ok());
            let values = ExtensionValues { mid, ..ExtensionValues::default() };
            attacker.send_rtp(world, (header, *seq), &values, &payload);
        }
        Blow::Rtcp(compound) => attacker.send_compound(world, &compound),
        Blow::Raw(datagram) => world.handle(attacker.id, attacker.tuple, &datagram),
        Blow::Wait(ms) => world.pass_ms(ms),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_peers_with_keys_send_others_are_served(
        blows in prop::collection::vec((any::<bool>(), blow()), 1..150),
    ) {
        let (mut world, mut publisher, mut subscriber) = World::call();
        // Two of one call strike; two of another one in the same router must not notice.
        let (mut honest, mut viewer) = (world.connect(5), world.connect(6));
        world.produce(&honest, motet_control::ProducerId(900), peer::video_parameters());
        world.consume(&viewer, 900, motet_control::ProducerId(900), video_out(900));
        let (mut first, mut second) = (0, 0);
        for (is_first, blow) in blows {
            match is_first {
                true => strike(&mut world, &mut publisher, &mut first, blow),
                false => strike(&mut world, &mut subscriber, &mut second, blow),
            }
        }
        for producer in [VIDEO, AUDIO] {
            let stats = world.producer_stats(producer);
            prop_assert!(stats.stored_packets <= 1_024 && stats.stored_bytes <= 2 << 20);
        }
        // The waits may have been longer than consent lasts.
        honest.check(&mut world);
        viewer.check(&mut world);
        honest.stream_video(&mut world, 1..4, true);
        prop_assert_eq!(numbers(&viewer.media(&mut world)), [1, 2, 3]);
        // And the blows themselves reach a receiver, if at all, under numbers never used before: it opens them.
        subscriber.receive(&mut world);
    }
}

#[test]
fn a_sender_of_a_thousand_ssrcs_takes_one_place() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    let named = ExtensionValues { mid: "0".parse().ok(), ..ExtensionValues::default() };
    publisher.send_video(&mut world, 1, true);
    for ssrc in 0..1_000 {
        let header = RtpHeader { ssrc: Ssrc(0x9000 + ssrc), ..video_header(7) };
        publisher.send_rtp(&mut world, (header, 7), &named, &frame(7, true));
    }
    assert_eq!(numbers(&subscriber.media(&mut world)), [1]);
    assert_eq!(world.drops(publisher.id), [("ssrc_conflict", 1_000)]);
    let told = world.notifications.iter().filter(|it| matches!(it, Notification::SsrcConflict { .. }));
    assert_eq!(told.count(), 1, "whoever asked is not told a thousand times");
}

#[test]
fn feedback_of_the_longest_kind_costs_nothing_but_its_count() {
    let (mut world, mut publisher, mut subscriber) = World::call();
    publisher.stream_video(&mut world, 1..3, true);
    let arrivals = vec![Some(1i16); 400];
    let feedback =
        TransportCcFeedback { base_seq: 0, reference_time_64ms: 0, feedback_count: 0, arrivals: &arrivals };
    for _ in 0..100 {
        subscriber.send_rtcp(&mut world, |writer| {
            writer.transport_cc(Ssrc(1), Ssrc(2), &feedback).expect("it fits");
        });
    }
    assert!(world.drops(subscriber.id).is_empty());
}
