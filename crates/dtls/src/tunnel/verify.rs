//! Cookies (RFC 6347 section 4.2.1): who asks to begin is asked to repeat it with a few bytes that were sent to the address it
//! claims. Nothing is remembered meanwhile.

use std::net::{IpAddr, SocketAddr};

use aws_lc_rs::{constant_time, hmac};

use crate::record::{self, FRAGMENT_HEADER_LEN, Piece, RECORD_HEADER_LEN, content, message};

/// Enough that it cannot be guessed.
const COOKIE_BYTES: usize = 16;
/// How long a cookie is good for at the least; at the most, twice that.
const COOKIE_LIFETIME_S: u64 = 30;
/// The longest hello that is looked at. Those without keys of the newest kinds have 150 to 400 bytes.
const HELLO_BYTES_MAX: usize = 2048;
/// Asking is done in the oldest version, which every client understands (RFC 6347 section 4.2.1).
const DTLS_1_0: [u8; 2] = [0xfe, 0xff];
/// Of a hello: version and random.
const FIXED_BYTES: usize = 2 + 32;

/// What cookies are made with.
pub(super) struct CookieKey(hmac::Key);

/// A ClientHello that came whole in one record, as all do that are no longer than a datagram.
pub(super) struct ClientHello<'a> {
    record: record::Record<'a>,
    message_seq: u16,
    body: &'a [u8],
    /// Up to the cookie's length.
    head: &'a [u8],
    cookie: &'a [u8],
    /// Behind the cookie.
    tail: &'a [u8],
}

impl<'a> ClientHello<'a> {
    pub(super) fn read(datagram: &'a [u8]) -> Option<Self> {
        let Piece::Record(record) = record::pieces(datagram).next()? else { return None };
        if record.content != content::HANDSHAKE || record.epoch != 0 {
            return None;
        }
        let fragments = record::fragments(record.body)?;
        let [fragment] = fragments[..] else { return None };
        let is_whole = fragment.offset == 0 && fragment.body.len() == fragment.message_len;
        if fragment.message != message::CLIENT_HELLO || !is_whole || fragment.body.len() > HELLO_BYTES_MAX {
            return None;
        }
        let body = fragment.body;
        let session_len = usize::from(*body.get(FIXED_BYTES)?);
        let head_len = FIXED_BYTES + 1 + session_len;
        let cookie_len = usize::from(*body.get(head_len)?);
        let cookie = body.get(head_len + 1..head_len + 1 + cookie_len)?;
        let tail = &body[head_len + 1 + cookie_len..];
        Some(Self { record, message_seq: fragment.message_seq, body, head: &body[..head_len], cookie, tail })
    }

    /// Whether it asks for the first time.
    pub(super) fn is_first(&self) -> bool {
        self.message_seq == 0
    }

    /// As it was before it had a cookie: the first message of the handshake.
    pub(super) fn without_cookie(&self) -> Vec<u8> {
        let body = [self.head, &[0], self.tail].concat();
        let seq = self.record.seq.saturating_sub(1);
        one_record(message::CLIENT_HELLO, self.record.version, seq, &body)
    }
}

impl CookieKey {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    }

    /// Whether the hello shows the cookie that was sent to this address.
    pub(super) fn verifies(&self, unix_s: u64, from: SocketAddr, hello: &ClientHello<'_>) -> bool {
        let period = unix_s / COOKIE_LIFETIME_S;
        let is_good = |period| {
            constant_time::verify_slices_are_equal(hello.cookie, &self.cookie(period, from, hello)).is_ok()
        };
        // OpenSSL goes on from the second message of a handshake.
        hello.message_seq == 1 && (is_good(period) || is_good(period.wrapping_sub(1)))
    }

    /// What asks for a repetition: shorter than the hello, so that nobody gains by having it sent to somebody else.
    pub(super) fn ask(&self, unix_s: u64, from: SocketAddr, hello: &ClientHello<'_>) -> Vec<u8> {
        let cookie = self.cookie(unix_s / COOKIE_LIFETIME_S, from, hello);
        let body = [&DTLS_1_0[..], &[COOKIE_BYTES as u8], &cookie].concat();
        debug_assert!(body.len() < hello.body.len());
        one_record(message::HELLO_VERIFY_REQUEST, DTLS_1_0, hello.record.seq, &body)
    }

    fn cookie(&self, period: u64, from: SocketAddr, hello: &ClientHello<'_>) -> [u8; COOKIE_BYTES] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&period.to_be_bytes());
        match from.ip() {
            IpAddr::V4(ip) => context.update(&ip.octets()),
            IpAddr::V6(ip) => context.update(&ip.octets()),
        }
        context.update(&from.port().to_be_bytes());
        // What the client repeats unchanged.
        context.update(hello.head);
        context.update(hello.tail);
        let tag = context.sign();
        let mut cookie = [0; COOKIE_BYTES];
        cookie.copy_from_slice(&tag.as_ref()[..COOKIE_BYTES]);
        cookie
    }
}

/// A message whole in one record. Its number in the handshake is 0.
fn one_record(message: u8, version: [u8; 2], seq: u64, body: &[u8]) -> Vec<u8> {
    let len = (body.len() as u32).to_be_bytes();
    let mut datagram = Vec::with_capacity(RECORD_HEADER_LEN + FRAGMENT_HEADER_LEN + body.len());
    datagram.push(content::HANDSHAKE);
    datagram.extend(version);
    datagram.extend([0, 0]);
    datagram.extend(&seq.to_be_bytes()[2..]);
    datagram.extend(((FRAGMENT_HEADER_LEN + body.len()) as u16).to_be_bytes());
    datagram.push(message);
    datagram.extend(&len[1..]);
    datagram.extend([0, 0, 0, 0, 0]);
    datagram.extend(&len[1..]);
    datagram.extend(body);
    datagram
}
