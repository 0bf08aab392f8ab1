use super::*;

/// A hello with the given versions in its extension, filled up to at least `len` bytes.
fn hello_body(versions: Option<&[u16]>, len: usize) -> Vec<u8> {
    let mut body = vec![0xfe, 0xfd];
    body.extend([9; 32]);
    body.extend([0, 0, 0, 2, 0xc0, 0x2b, 1, 0]);
    let mut extensions = Vec::new();
    if let Some(versions) = versions {
        let list: Vec<u8> = versions.iter().flat_map(|version| version.to_be_bytes()).collect();
        extensions.extend(SUPPORTED_VERSIONS.to_be_bytes());
        extensions.extend([0, list.len() as u8 + 1, list.len() as u8]);
        extensions.extend(list);
    }
    let padding = len.saturating_sub(body.len() + 2 + extensions.len() + 4);
    extensions.extend([0, 21]);
    extensions.extend((padding as u16).to_be_bytes());
    extensions.resize(extensions.len() + padding, 0);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    body
}

fn fragment(body: &[u8], range: std::ops::Range<usize>) -> Vec<u8> {
    let u24 = |value: usize| [0, (value >> 8) as u8, value as u8];
    let mut datagram = vec![22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, range.start as u8];
    datagram.extend(((12 + range.len()) as u16).to_be_bytes());
    datagram.push(1);
    datagram.extend(u24(body.len()));
    datagram.extend([0, 0]);
    datagram.extend(u24(range.start));
    datagram.extend(u24(range.len()));
    datagram.extend(&body[range]);
    datagram
}

#[test]
fn versions_are_read_from_the_extension_or_else_from_the_old_field() {
    assert_eq!(offered_versions(&hello_body(Some(&[DTLS_1_3, DTLS_1_2]), 0)), Some((true, true)));
    assert_eq!(offered_versions(&hello_body(Some(&[DTLS_1_3]), 0)), Some((false, true)));
    assert_eq!(offered_versions(&hello_body(None, 0)), Some((true, false)));
    let mut old = hello_body(None, 0);
    old[1] = 0xff;
    assert_eq!(offered_versions(&old), Some((false, false)));
}

#[test]
fn fragments_in_any_order_make_the_hello_as_one_record() {
    let body = hello_body(Some(&[DTLS_1_3, DTLS_1_2]), 1800);
    let mut buffer = HelloBuffer::default();
    assert_eq!(buffer.take(&fragment(&body, 1500..body.len())), None);
    assert_eq!(buffer.take(&fragment(&body, 0..1000)), None);
    assert_eq!(buffer.take(&fragment(&body, 0..1000)), None, "a repetition adds nothing");
    let hello = buffer.take(&fragment(&body, 900..1600)).unwrap();
    assert!(hello.offers_1_3 && hello.offers_1_2);
    let [Piece::Record(record)] = record::pieces(&hello.datagram).collect::<Vec<_>>()[..] else { panic!() };
    let fragments = record::fragments(record.body).unwrap();
    assert_eq!(fragments.len(), 1);
    assert_eq!(fragments[0].body, body);
}

#[test]
fn a_poisoned_buffer_is_won_back_by_the_next_whole_hello() {
    let body = hello_body(None, 300);
    let mut buffer = HelloBuffer::default();
    buffer.take(&fragment(&vec![0xee; 5000], 0..1000));
    assert_eq!(buffer.take(&fragment(&vec![0xee; 300], 0..300)), None, "whole, but no hello");
    assert!(buffer.take(&fragment(&body, 0..body.len())).is_some());
}

#[test]
fn a_hello_beyond_the_limit_reserves_nothing() {
    let mut buffer = HelloBuffer::default();
    let body = vec![0; HELLO_BYTES_MAX + 1];
    assert_eq!(buffer.take(&fragment(&body, 0..1000)), None);
    assert_eq!(buffer.body.capacity(), 0);
}

#[test]
fn garbage_before_the_hello_is_ignored() {
    let body = hello_body(None, 300);
    let mut buffer = HelloBuffer::default();
    for garbage in [&[][..], &[22], &[0x30; 100], &[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]]
    {
        assert_eq!(buffer.take(garbage), None);
    }
    assert!(buffer.take(&fragment(&body, 0..body.len())).is_some());
}
