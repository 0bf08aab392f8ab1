//! The first ClientHello: put together from its fragments and looked at, before any library sees a byte of the peer.

use crate::record::{self, FRAGMENT_HEADER_LEN, Piece, RECORD_HEADER_LEN};

/// The largest ClientHello taken, in bytes. Chromium's and Firefox's with post-quantum key shares have 1,500 to 2,000.
pub(crate) const HELLO_BYTES_MAX: usize = 8 * 1024;
const DTLS_1_2: u16 = 0xfefd;
const DTLS_1_3: u16 = 0xfefc;
const SUPPORTED_VERSIONS: u16 = 43;

/// A whole ClientHello.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Hello {
    /// The message as one record of one fragment. Libraries hash the message, not how it was cut (RFC 6347 section
    /// 4.2.6, RFC 9147 section 5.2), so that they need never see the peer's own fragments.
    pub(crate) datagram: Vec<u8>,
    /// Whether the peer offers DTLS 1.3.
    pub(crate) offers_1_3: bool,
    /// Whether the peer offers DTLS 1.2.
    pub(crate) offers_1_2: bool,
}

/// Collects the fragments of one ClientHello in any order, in bounded space. A fragment of a message of another length
/// begins anew: the peer did, or somebody injects, and then the peer's next retransmission wins the buffer back.
#[derive(Default)]
pub(crate) struct HelloBuffer {
    body: Vec<u8>,
    /// Which bytes of `body` have come.
    come: Vec<bool>,
    fragments: u64,
}

impl HelloBuffer {
    /// Takes a datagram; everything in it that is no part of a first ClientHello is ignored. The hello, once it is whole.
    pub(crate) fn take(&mut self, datagram: &[u8]) -> Option<Hello> {
        for piece in record::pieces(datagram) {
            let Piece::Record(record) = piece else { return None };
            if record.content != record::content::HANDSHAKE || record.epoch != 0 {
                continue;
            }
            for fragment in record::fragments(record.body).unwrap_or_default() {
                if fragment.message == record::message::CLIENT_HELLO && fragment.message_seq == 0 {
                    self.insert(&fragment);
                }
            }
            if let Some(hello) = self.whole(&record) {
                return Some(hello);
            }
        }
        None
    }

    /// How many fragments were taken.
    pub(crate) const fn fragments(&self) -> u64 {
        self.fragments
    }

    fn insert(&mut self, fragment: &record::Fragment<'_>) {
        if fragment.message_len > HELLO_BYTES_MAX {
            return;
        }
        if self.body.len() != fragment.message_len {
            self.body.clear();
            self.body.resize(fragment.message_len, 0);
            self.come.clear();
            self.come.resize(fragment.message_len, false);
        }
        self.fragments += 1;
        let range = fragment.offset..fragment.offset + fragment.body.len();
        self.body[range.clone()].copy_from_slice(fragment.body);
        self.come[range].fill(true);
    }

    /// The hello if all of it has come and it makes sense; the buffer is empty afterwards. What makes no sense is
    /// forgotten, so that the peer's own hello finds room.
    fn whole(&mut self, last: &record::Record<'_>) -> Option<Hello> {
        if self.body.is_empty() || self.come.contains(&false) {
            return None;
        }
        self.come.clear();
        let body = std::mem::take(&mut self.body);
        let (offers_1_2, offers_1_3) = offered_versions(&body)?;
        Some(Hello { datagram: one_record(&body, last), offers_1_3, offers_1_2 })
    }
}

/// The message in one record with the version and sequence number of the record that completed it.
fn one_record(body: &[u8], last: &record::Record<'_>) -> Vec<u8> {
    let len = (body.len() as u32).to_be_bytes();
    let mut datagram = Vec::with_capacity(RECORD_HEADER_LEN + FRAGMENT_HEADER_LEN + body.len());
    datagram.push(record::content::HANDSHAKE);
    datagram.extend(last.version);
    datagram.extend([0, 0]);
    datagram.extend(&last.seq.to_be_bytes()[2..]);
    datagram.extend(((FRAGMENT_HEADER_LEN + body.len()) as u16).to_be_bytes());
    datagram.push(record::message::CLIENT_HELLO);
    datagram.extend(&len[1..]);
    datagram.extend([0, 0, 0, 0, 0]);
    datagram.extend(&len[1..]);
    datagram.extend(body);
    datagram
}

/// Whether 1.2 and 1.3 are offered (RFC 8446 section 4.2.1); `None` when the message is malformed.
fn offered_versions(hello: &[u8]) -> Option<(bool, bool)> {
    let mut reader = Reader(hello);
    let legacy_version = reader.u16()?;
    reader.bytes(32)?;
    reader.vector_8()?; // session id
    reader.vector_8()?; // cookie
    reader.vector_16()?; // cipher suites
    reader.vector_8()?; // compression methods
    // DTLS versions count down.
    let by_legacy_version = Some((legacy_version >> 8 == 0xfe && legacy_version <= DTLS_1_2, false));
    if reader.0.is_empty() {
        return by_legacy_version;
    }
    let mut extensions = Reader(reader.vector_16()?);
    while !extensions.0.is_empty() {
        let kind = extensions.u16()?;
        let content = extensions.vector_16()?;
        if kind == SUPPORTED_VERSIONS {
            let versions = Reader(content).vector_8()?;
            let offers = |version: u16| versions.chunks_exact(2).any(|chunk| chunk == version.to_be_bytes());
            return Some((offers(DTLS_1_2), offers(DTLS_1_3)));
        }
    }
    by_legacy_version
}

/// Takes lengths and what they cover off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(front)
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn vector_8(&mut self) -> Option<&'a [u8]> {
        let len = self.bytes(1)?[0];
        self.bytes(len.into())
    }

    fn vector_16(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.bytes(len.into())
    }
}

#[cfg(test)]
mod tests;
