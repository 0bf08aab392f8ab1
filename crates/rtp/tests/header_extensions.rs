//! Header extensions out of packets and into them: bytes of each kind, both forms, and malformed values.

use motet_rtp::ext::{
    AbsCaptureTime, AudioLevel, DependencyDescriptor, ExtensionKind, ExtensionMap, ExtensionValues,
    PlayoutDelay, Rotation, VideoOrientation,
};
use motet_rtp::{
    HEADER_LEN_MAX, NtpTime, PayloadType, RtpHeader, RtpTime, RtpView, ShortId, Ssrc, WriteError,
    write_header,
};

const HEADER: RtpHeader = RtpHeader {
    marker: true,
    payload_type: match PayloadType::new(96) {
        Some(payload_type) => payload_type,
        None => unreachable!(),
    },
    seq: 0x1234,
    rtp_time: RtpTime(90_000),
    ssrc: Ssrc(0xcafe_babe),
};

/// Ids 1 to 10, in the kinds' order.
fn map() -> ExtensionMap {
    ExtensionMap::new(ExtensionKind::ALL.into_iter().zip(1..))
}

fn id(text: &str) -> Option<ShortId> {
    Some(text.parse().unwrap())
}

fn written(values: &ExtensionValues, map: &ExtensionMap) -> Vec<u8> {
    let mut out = [0xaa; HEADER_LEN_MAX];
    let len = write_header(&HEADER, values, map, &mut out).unwrap();
    out[..len].to_vec()
}

/// What is read when the only element, of `kind`, is `data`; in the two-byte form, which holds any length.
fn read(kind: ExtensionKind, data: &[u8]) -> ExtensionValues {
    let mut elements = vec![map().id(kind).unwrap(), data.len() as u8];
    elements.extend(data);
    elements.resize(elements.len().next_multiple_of(4), 0);
    let mut packet = vec![0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x00, 0];
    packet.push((elements.len() / 4) as u8);
    packet.extend(elements);
    ExtensionValues::read(&RtpView::parse(&packet).unwrap(), &map())
}

#[test]
fn without_values_or_ids_there_is_no_extension() {
    let fixed = [0x80, 0xe0, 0x12, 0x34, 0, 1, 0x5f, 0x90, 0xca, 0xfe, 0xba, 0xbe];
    assert_eq!(written(&ExtensionValues::default(), &map()), fixed);
    let values = ExtensionValues { transport_seq: Some(1), ..Default::default() };
    assert_eq!(written(&values, &ExtensionMap::default()), fixed);
}

#[test]
fn short_values_are_written_in_the_one_byte_form() {
    let values = ExtensionValues {
        mid: id("0"),
        transport_seq: Some(0xabcd),
        audio_level: Some(AudioLevel { dbov: -30, voice: true }),
        ..Default::default()
    };
    let expected = [0xbe, 0xde, 0, 2, 0x10, b'0', 0x51, 0xab, 0xcd, 0x60, 0x9e, 0];
    assert_eq!(written(&values, &map())[12..], expected);
}

#[test]
fn a_long_value_or_a_large_id_makes_it_the_two_byte_form() {
    let descriptor = DependencyDescriptor::new(&[0x80; 17]).unwrap();
    let values = ExtensionValues { dependency_descriptor: Some(descriptor), ..Default::default() };
    assert_eq!(written(&values, &map())[12..18], [0x10, 0x00, 0, 5, 10, 17]);

    let values = ExtensionValues { mid: id("0"), ..Default::default() };
    let large = ExtensionMap::new([(ExtensionKind::Mid, 15)]);
    assert_eq!(written(&values, &large)[12..], [0x10, 0x00, 0, 1, 15, 1, b'0', 0]);
}

#[test]
fn every_extension_at_its_longest_fits_the_longest_header() {
    let values = ExtensionValues {
        audio_level: Some(AudioLevel { dbov: -127, voice: false }),
        video_orientation: Some(VideoOrientation::default()),
        transport_seq: Some(1),
        abs_send_time: Some(2),
        mid: ShortId::new(&[b'm'; 16]),
        rid: ShortId::new(&[b'r'; 16]),
        repaired_rid: ShortId::new(&[b'p'; 16]),
        playout_delay: Some(PlayoutDelay { min_10ms: 0, max_10ms: 0 }),
        abs_capture_time: Some(AbsCaptureTime { captured: NtpTime(3), clock_offset: Some(-4) }),
        dependency_descriptor: DependencyDescriptor::new(&[0x80; DependencyDescriptor::LEN_MAX]),
    };
    let bytes = written(&values, &map());
    assert_eq!(bytes.len(), HEADER_LEN_MAX);
    assert_eq!(ExtensionValues::read(&RtpView::parse(&bytes).unwrap(), &map()), values);
}

#[test]
fn a_buffer_that_is_too_small_is_refused() {
    let values = ExtensionValues { transport_seq: Some(1), ..Default::default() };
    let mut out = [0; 20];
    assert!((0..20).all(|len| {
        write_header(&HEADER, &values, &map(), &mut out[..len]) == Err(WriteError::BufferTooSmall)
    }));
    assert_eq!(write_header(&HEADER, &values, &map(), &mut out), Ok(20));
}

#[test]
fn audio_levels_count_down_from_overload() {
    let level = |byte| read(ExtensionKind::AudioLevel, &[byte]).audio_level;
    assert_eq!(level(0x00), Some(AudioLevel { dbov: 0, voice: false }));
    assert_eq!(level(0xff), Some(AudioLevel { dbov: -127, voice: true }));
}

#[test]
fn video_orientation_is_read_bit_by_bit() {
    let turned = VideoOrientation { back_camera: true, flipped: false, rotation: Rotation::Degrees270 };
    assert_eq!(read(ExtensionKind::VideoOrientation, &[0x0b]).video_orientation, Some(turned));
    let flipped = VideoOrientation { back_camera: false, flipped: true, rotation: Rotation::Degrees0 };
    assert_eq!(read(ExtensionKind::VideoOrientation, &[0x04]).video_orientation, Some(flipped));
}

#[test]
fn playout_delay_is_two_times_twelve_bits() {
    let delay = PlayoutDelay { min_10ms: 0x123, max_10ms: 0x456 };
    assert_eq!(read(ExtensionKind::PlayoutDelay, &[0x12, 0x34, 0x56]).playout_delay, Some(delay));
    assert_eq!(
        read(ExtensionKind::PlayoutDelay, &[0x45, 0x61, 0x23]).playout_delay,
        None,
        "least above most"
    );
}

#[test]
fn capture_time_comes_with_or_without_the_clock_offset() {
    let mut bytes = [0; 16];
    bytes[7] = 5;
    let captured = NtpTime(5);
    let short = Some(AbsCaptureTime { captured, clock_offset: None });
    assert_eq!(read(ExtensionKind::AbsCaptureTime, &bytes[..8]).abs_capture_time, short);
    bytes[8..].fill(0xff);
    let long = Some(AbsCaptureTime { captured, clock_offset: Some(-1) });
    assert_eq!(read(ExtensionKind::AbsCaptureTime, &bytes).abs_capture_time, long);
}

#[test]
fn an_identifier_ends_at_its_first_zero() {
    assert_eq!(read(ExtensionKind::Mid, b"audio\0\0").mid, id("audio"));
    assert_eq!(read(ExtensionKind::Rid, b"\0h").rid, None);
}

#[test]
fn the_dependency_descriptor_tells_its_mandatory_fields() {
    let values = read(ExtensionKind::DependencyDescriptor, &[0x81, 0x12, 0x34, 0x80, 7]);
    let descriptor = values.dependency_descriptor.unwrap();
    assert!(descriptor.is_start_of_frame() && !descriptor.is_end_of_frame());
    assert_eq!((descriptor.frame_number(), descriptor.has_template_structure()), (0x1234, true));
    assert_eq!(descriptor.as_bytes(), [0x81, 0x12, 0x34, 0x80, 7]);
}

#[test]
fn values_of_a_wrong_length_are_skipped() {
    use ExtensionKind::*;
    let wrong: [(ExtensionKind, &[usize]); 10] = [
        (Mid, &[0, 17]),
        (Rid, &[0, 17]),
        (RepairedRid, &[0, 17]),
        (AbsSendTime, &[0, 2, 4]),
        (TransportSeq, &[0, 1, 3]),
        (AudioLevel, &[0, 2]),
        (VideoOrientation, &[0, 2]),
        (PlayoutDelay, &[0, 2, 4]),
        (AbsCaptureTime, &[0, 7, 9, 15, 17]),
        (DependencyDescriptor, &[0, 2, 129]),
    ];
    for (kind, lens) in wrong {
        for len in lens {
            assert_eq!(read(kind, &vec![b'a'; *len]), ExtensionValues::default(), "{kind:?} of {len} bytes");
        }
    }
}

#[test]
fn a_malformed_repetition_does_not_undo_a_value() {
    let packet = [0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 2, 0x51, 0, 7, 0x50, 9, 0, 0, 0];
    let values = ExtensionValues::read(&RtpView::parse(&packet).unwrap(), &map());
    assert_eq!(values.transport_seq, Some(7));
}
