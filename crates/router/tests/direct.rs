//! A program beside the worker is a peer like any other: it hears and is heard, in the clear.

mod peer;

use motet_control::{Consume, ConsumerId, Produce, ProducerId, Refusal, Request, RtpParameters, TransportId};
use motet_rtp::ext::ExtensionValues;
use motet_rtp::rtcp::{self, Packet};
use motet_rtp::{HEADER_LEN_MAX, RtpView, Ssrc, is_rtcp, write_header};

use peer::*;

const PROGRAM: TransportId = TransportId(50);
const MIX: ProducerId = ProducerId(300);
const MIX_CONSUMER: u64 = 9;

fn open(world: &mut World) {
    world.must(Request::CreateDirectTransport { router_id: ROUTER, transport_id: PROGRAM });
}

fn consume(world: &mut World, id: u64, producer_id: ProducerId, rtp_parameters: RtpParameters) {
    let consumer_id = ConsumerId(id);
    let consume = Consume { transport_id: PROGRAM, consumer_id, producer_id, rtp_parameters, paused: false };
    world.must(Request::Consume(Box::new(consume)));
}

fn produce(world: &mut World, producer_id: ProducerId, rtp_parameters: RtpParameters) {
    let kind = rtp_parameters.codecs[0].codec.kind();
    let produce = Produce { transport_id: PROGRAM, producer_id, kind, rtp_parameters, paused: false };
    world.must(Request::Produce(Box::new(produce)));
}

/// What came to the program since the last look.
fn heard(world: &mut World) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let all = std::mem::take(&mut world.sent.1);
    assert!(all.iter().all(|(to, _)| *to == PROGRAM));
    all.into_iter().map(|(_, packet)| packet).partition(|packet| !is_rtcp(packet))
}

fn send_video(world: &mut World, seq: u64, is_key: bool) {
    let mut packet = vec![0; HEADER_LEN_MAX];
    let values = ExtensionValues::default();
    let len = write_header(&video_header(seq), &values, &extension_map(), &mut packet).unwrap();
    packet.truncate(len);
    packet.extend(frame(seq, is_key));
    send(world, &packet);
}

fn send(world: &mut World, packet: &[u8]) {
    world.router.handle_direct(world.now, PROGRAM, packet, &mut world.sent);
    world.pass_ms(0);
}

#[test]
fn a_program_hears_a_peer_in_the_clear() {
    let (mut world, mut publisher, _) = World::call();
    open(&mut world);
    consume(&mut world, MIX_CONSUMER, VIDEO, video_out(7));
    publisher.stream_video(&mut world, 1..20, true);
    let (packets, reports) = heard(&mut world);
    let numbers: Vec<u64> =
        packets.iter().map(|packet| number(RtpView::parse(packet).unwrap().payload())).collect();
    assert_eq!(numbers, (1..20).collect::<Vec<_>>());
    let ssrcs: Vec<Ssrc> = packets.iter().map(|packet| RtpView::parse(packet).unwrap().ssrc()).collect();
    assert!(ssrcs.iter().all(|ssrc| *ssrc == Ssrc(0x10_0007)));
    let values = ExtensionValues::read(&RtpView::parse(&packets[0]).unwrap(), &out_extension_map());
    assert_eq!(values.mid, "v".parse().ok(), "with extensions by the program's ids");
    // What comes to an unready guest is for nobody to wait for: nothing here asks whether it is there.
    assert!(reports.iter().all(|compound| rtcp::packets(compound).all(|packet| packet.is_ok())));
}

#[test]
fn peers_hear_a_program_and_their_keyframe_requests_reach_it() {
    let mut world = World::new();
    open(&mut world);
    produce(&mut world, MIX, video_parameters());
    let mut viewer = world.connect(2);
    world.consume(&viewer, 1, MIX, video_out(1));
    world.pass_ms(100);
    assert_eq!(plis(&heard(&mut world).1), 1, "a viewer waits for a keyframe, before anything is sent");
    send_video(&mut world, 1, false);
    (2..10).for_each(|seq| send_video(&mut world, seq, seq == 2));
    assert_eq!(numbers(&viewer.media(&mut world)), (2..10).collect::<Vec<_>>());
    world.pass_ms(600);
    heard(&mut world);
    viewer.send_rtcp(&mut world, |writer| writer.pli(Ssrc(1), Ssrc(0x10_0001)).unwrap());
    world.pass_ms(1);
    assert_eq!(plis(&heard(&mut world).1), 1);
}

fn plis(reports: &[Vec<u8>]) -> usize {
    let packets = reports.iter().flat_map(|compound| rtcp::packets(compound));
    packets.filter(|packet| matches!(packet, Ok(Packet::Pli { media: VIDEO_SSRC, .. }))).count()
}

#[test]
fn what_a_viewer_of_a_program_misses_is_sent_again() {
    let mut world = World::new();
    open(&mut world);
    produce(&mut world, MIX, video_parameters());
    let mut viewer = world.connect(2);
    world.consume(&viewer, 1, MIX, video_out(1));
    (1..10).for_each(|seq| send_video(&mut world, seq, seq == 1));
    let seqs: Vec<u16> = viewer.media(&mut world).iter().map(|(header, ..)| header.seq).collect();
    viewer.send_rtcp(&mut world, |writer| {
        writer.nack(Ssrc(1), Ssrc(0x10_0001), [seqs[3]]).unwrap();
    });
    let repaired = viewer.media(&mut world);
    assert_eq!(repaired.len(), 1);
    assert_eq!(repaired[0].2[..2], seqs[3].to_be_bytes(), "an RTX packet names its original");
}

#[test]
fn numbers_go_on_across_the_wrap_of_a_programs_stream() {
    let mut world = World::new();
    open(&mut world);
    produce(&mut world, MIX, video_parameters());
    let mut viewer = world.connect(2);
    world.consume(&viewer, 1, MIX, video_out(1));
    (65_530..65_545).for_each(|seq| send_video(&mut world, seq, seq == 65_530));
    let media = viewer.media(&mut world);
    assert_eq!(numbers(&media), (65_530..65_545).collect::<Vec<_>>());
    let first = media[0].0.seq;
    assert!(media.iter().zip(0..).all(|((header, ..), offset)| header.seq == first.wrapping_add(offset)));
}

#[test]
fn garbage_from_a_program_is_a_counted_drop() {
    let mut world = World::new();
    open(&mut world);
    for garbage in [&[][..], &[0x80], &[0x80, 96, 0, 0], &[0x80, 200, 0, 9, 0, 0, 0, 0], &[0xff; 1_200]] {
        send(&mut world, garbage);
    }
    send_video(&mut world, 1, true);
    let drops = world.drops(PROGRAM);
    assert!(drops.iter().map(|(_, count)| count).sum::<u64>() >= 4, "{drops:?}");
    assert!(drops.iter().any(|(name, _)| *name == "unknown_ssrc"), "{drops:?}");
}

#[test]
fn datagrams_and_webrtc_requests_do_not_reach_a_program() {
    let mut world = World::new();
    open(&mut world);
    let stranger = world.open(3);
    world.handle(PROGRAM, stranger.tuple, &[0x80; 100]);
    world.handle(PROGRAM, stranger.tuple, &[22, 254, 253]);
    world.router.handle_tuple_closed(world.now, PROGRAM, stranger.tuple);
    assert_eq!(world.drops(PROGRAM).iter().map(|(_, count)| count).sum::<u64>(), 2);
    let dtls = stranger.dtls_parameters();
    let connect = Request::ConnectWebRtcTransport { transport_id: PROGRAM, remote_ufrag: None, dtls };
    assert!(matches!(world.ask(connect), Err(Refusal::BadState(_))));
    let restart = Request::RestartIce { transport_id: PROGRAM, ice: credentials("another") };
    assert!(matches!(world.ask(restart), Err(Refusal::BadState(_))));
}

#[test]
fn closing_a_programs_transport_ends_what_it_produced() {
    let mut world = World::new();
    open(&mut world);
    produce(&mut world, MIX, video_parameters());
    let viewer = world.connect(2);
    world.consume(&viewer, 1, MIX, video_out(1));
    heard(&mut world);
    world.must(Request::CloseTransport { transport_id: PROGRAM });
    assert!(!world.router.has_producer(MIX) && !world.router.has_consumer(ConsumerId(1)));
    send_video(&mut world, 1, true);
    assert!(world.sent.1.is_empty());
}
