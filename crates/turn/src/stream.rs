//! Messages on a stream: where the next one ends (RFC 8656 section 3.1, RFC 8489 section 6.2.2).

/// The longest message: a STUN header and all that its length can say.
pub const MESSAGE_LEN_MAX: usize = 20 + 0xFFFC;

/// What stands at the beginning of a stream's unread bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A whole message: so many bytes for [`Server::handle_client`](crate::Server::handle_client), and so many to go on by (padding
    /// included).
    Message {
        /// Length of the message.
        len: usize,
        /// Length with its padding, all of which is there.
        consumed: usize,
    },
    /// More must come: so many bytes in all.
    Incomplete {
        /// Bytes from the beginning of the message, padding included; never more than [`MESSAGE_LEN_MAX`].
        needed: usize,
    },
    /// Neither STUN nor channel data: the connection cannot go on.
    Malformed,
}

/// Finds the end of the first message in a stream's unread bytes.
pub fn next_message(unread: &[u8]) -> Framed {
    let &[first, _, third, fourth, ..] = unread else {
        return match unread.first() {
            Some(first) if *first >> 6 > 1 => Framed::Malformed,
            _ => Framed::Incomplete { needed: 4 },
        };
    };
    let length = usize::from(u16::from_be_bytes([third, fourth]));
    let (len, consumed) = match first >> 6 {
        0 if length % 4 == 0 => (20 + length, 20 + length),
        1 => (4 + length, (4 + length).next_multiple_of(4)),
        _ => return Framed::Malformed,
    };
    if unread.len() < consumed {
        Framed::Incomplete { needed: consumed }
    } else {
        Framed::Message { len, consumed }
    }
}
