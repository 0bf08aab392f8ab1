//! DTLS records and handshake fragments as bytes, as far as they are readable without keys (RFC 6347 section 4.1,
//! RFC 9147 section 4).

/// Content types of plaintext record headers.
pub(crate) mod content {
    pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(crate) const ALERT: u8 = 21;
    pub(crate) const HANDSHAKE: u8 = 22;
    pub(crate) const ACK: u8 = 26;
}

/// Handshake message types that stand in clear.
pub(crate) mod message {
    pub(crate) const CLIENT_HELLO: u8 = 1;
    pub(crate) const SERVER_HELLO: u8 = 2;
    pub(crate) const HELLO_VERIFY_REQUEST: u8 = 3;
    pub(crate) const CERTIFICATE: u8 = 11;
    pub(crate) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(crate) const CERTIFICATE_REQUEST: u8 = 13;
    pub(crate) const SERVER_HELLO_DONE: u8 = 14;
    pub(crate) const CERTIFICATE_VERIFY: u8 = 15;
    pub(crate) const CLIENT_KEY_EXCHANGE: u8 = 16;
}

/// Type, version, epoch, sequence number, length.
pub(crate) const RECORD_HEADER_LEN: usize = 13;
/// Type, length, sequence, fragment offset, fragment length.
pub(crate) const FRAGMENT_HEADER_LEN: usize = 12;
/// The most that a record's body may be: 2^14 and what protection adds (RFC 6347 section 4.1.2).
const RECORD_BODY_MAX: usize = (1 << 14) + 2048;

/// A piece of a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Piece<'a> {
    /// A record with the plaintext header of DTLS 1.2, which DTLS 1.3 uses for what it does not encrypt.
    Record(Record<'a>),
    /// The rest of a datagram from a record with DTLS 1.3's ciphertext header on.
    Ciphertext(&'a [u8]),
}

/// A record with a plaintext header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) content: u8,
    pub(crate) version: [u8; 2],
    pub(crate) epoch: u16,
    /// The 48 bits that count within the epoch.
    pub(crate) seq: u64,
    pub(crate) body: &'a [u8],
    /// Header and body.
    pub(crate) whole: &'a [u8],
}

/// The pieces of a datagram, up to the first that is no record (RFC 6347 section 4.1.2.7: garbage is ignored).
pub(crate) fn pieces(datagram: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.first()? & 0xe0 == 0x20 {
            return Some(Piece::Ciphertext(std::mem::take(&mut rest)));
        }
        let record = read_record(rest)?;
        rest = &rest[record.whole.len()..];
        Some(Piece::Record(record))
    })
}

/// The record at the front of `bytes`.
pub(crate) fn read_record(bytes: &[u8]) -> Option<Record<'_>> {
    let header: &[u8; RECORD_HEADER_LEN] = bytes.first_chunk()?;
    let is_known = matches!(header[0], content::CHANGE_CIPHER_SPEC..=content::ACK);
    let len = usize::from(u16::from_be_bytes([header[11], header[12]]));
    if !is_known || header[1] != 0xfe || len > RECORD_BODY_MAX {
        return None;
    }
    let whole = bytes.get(..RECORD_HEADER_LEN + len)?;
    Some(Record {
        content: header[0],
        version: [header[1], header[2]],
        epoch: u16::from_be_bytes([header[3], header[4]]),
        seq: u64::from_be_bytes([0, 0, header[5], header[6], header[7], header[8], header[9], header[10]]),
        body: &whole[RECORD_HEADER_LEN..],
        whole,
    })
}

/// A part of a handshake message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fragment<'a> {
    pub(crate) message: u8,
    /// Of the whole message.
    pub(crate) message_len: usize,
    pub(crate) message_seq: u16,
    pub(crate) offset: usize,
    pub(crate) body: &'a [u8],
}

/// The fragments in a handshake record's body; `None` when any is malformed or bytes are left over.
pub(crate) fn fragments(mut body: &[u8]) -> Option<Vec<Fragment<'_>>> {
    let mut fragments = Vec::new();
    while !body.is_empty() {
        let header: &[u8; FRAGMENT_HEADER_LEN] = body.first_chunk()?;
        let len = u24(&header[9..12]);
        let fragment = Fragment {
            message: header[0],
            message_len: u24(&header[1..4]),
            message_seq: u16::from_be_bytes([header[4], header[5]]),
            offset: u24(&header[6..9]),
            body: body.get(FRAGMENT_HEADER_LEN..FRAGMENT_HEADER_LEN + len)?,
        };
        // An empty fragment of a message that is not empty says nothing, and could be sent for ever.
        if fragment.offset + len > fragment.message_len || (len == 0 && fragment.message_len > 0) {
            return None;
        }
        fragments.push(fragment);
        body = &body[FRAGMENT_HEADER_LEN + len..];
    }
    Some(fragments)
}

fn u24(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_up_to_the_first_that_is_none() {
        let mut datagram = vec![22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 7, 0, 2, 0xaa, 0xbb];
        datagram.extend([20, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1, 1]);
        datagram.extend([22, 3, 3, 0, 0, 0]);
        let read: Vec<_> = pieces(&datagram).collect();
        let [Piece::Record(first), Piece::Record(second)] = read[..] else { panic!("{read:?}") };
        assert_eq!((first.content, first.epoch, first.seq, first.body), (22, 1, 7, &[0xaa, 0xbb][..]));
        assert_eq!((second.content, second.seq, second.body), (20, 8, &[1][..]));
    }

    #[test]
    fn a_ciphertext_header_takes_the_rest() {
        assert_eq!(pieces(&[0x2f, 1, 2]).collect::<Vec<_>>(), [Piece::Ciphertext(&[0x2f, 1, 2])]);
    }

    #[test]
    fn a_fragment_must_lie_within_its_message() {
        let fits = [11, 0, 0, 3, 0, 2, 0, 0, 1, 0, 0, 2, 8, 9];
        let read = fragments(&fits).unwrap();
        assert_eq!(
            read,
            [Fragment { message: 11, message_len: 3, message_seq: 2, offset: 1, body: &[8, 9] }]
        );
        let mut reaches_out = fits;
        reaches_out[8] = 2;
        assert_eq!(fragments(&reaches_out), None);
        assert_eq!(fragments(&fits[..13]), None);
        assert_eq!(
            fragments(&[11, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0]),
            None,
            "empty, of a message that is not"
        );
        assert_eq!(fragments(&[14, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]).map(|read| read.len()), Some(1));
    }
}
