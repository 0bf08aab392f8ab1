//! Header extensions: one id for each kind, the profile, then the elements.

use motet_rtp::ext::{ExtensionKind, ExtensionMap, ExtensionValues};
use motet_rtp::{HEADER_LEN_MAX, RtpView, write_header};

const KINDS: usize = ExtensionKind::ALL.len();

/// Reads values out of a packet made of `data`, writes them, and reads them again.
pub fn header_extensions(data: &[u8]) {
    let Some((ids, rest)) = data.split_first_chunk::<KINDS>() else { return };
    let Some((profile, elements)) = rest.split_first_chunk::<2>() else { return };
    let map = ExtensionMap::new(ExtensionKind::ALL.into_iter().zip(ids.iter().copied()));
    assert!(map.iter().all(|(kind, id)| map.kind(id) == Some(kind)));

    let packet = packet(*profile, elements);
    let view = RtpView::parse(&packet).expect("the packet is well formed around its elements");
    let values = ExtensionValues::read(&view, &map);

    let mut out = [0; HEADER_LEN_MAX];
    let len = write_header(&view.header(), &values, &map, &mut out).expect("the buffer is as large as any header");
    let written = RtpView::parse(&out[..len]).expect("what is written can be read");
    assert_eq!(ExtensionValues::read(&written, &map), values);
}

/// An RTP packet whose header extension is `elements`, filled up with zeroes to whole words.
fn packet(profile: [u8; 2], elements: &[u8]) -> Vec<u8> {
    let words = elements.len().div_ceil(4).min(usize::from(u16::MAX));
    let mut packet = vec![0x90, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    packet.extend(profile);
    packet.extend((words as u16).to_be_bytes());
    packet.extend(elements.iter().take(words * 4));
    packet.resize(16 + words * 4, 0);
    packet
}
