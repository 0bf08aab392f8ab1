//! The small words of RTP: identifiers and clocks that cross crate boundaries as types of their own.

use std::fmt;

/// A synchronisation source (RFC 3550 section 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ssrc(pub u32);

/// A 7-bit RTP payload type (RFC 3550 section 5.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadType(u8);

impl PayloadType {
    /// `None` when `value` does not fit seven bits.
    pub const fn new(value: u8) -> Option<Self> {
        if value < 128 { Some(Self(value)) } else { None }
    }

    /// From the second byte of an RTP packet, whose high bit is the marker.
    pub const fn from_wire(byte: u8) -> Self {
        Self(byte & 0x7f)
    }

    /// The value, 0 to 127.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// An RTP sequence number extended by its rollovers, so that it orders and never wraps in practice.
/// The low 16 bits are what is on the wire; the bits above are SRTP's rollover counter (RFC 3711 section 3.3.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SeqNo(pub u64);

impl SeqNo {
    /// The 16 bits that travel on the wire.
    pub const fn wire(self) -> u16 {
        self.0 as u16
    }

    /// The sequence number nearest to `self` whose low 16 bits are `wire` (RFC 3711 appendix A).
    pub const fn nearest(self, wire: u16) -> SeqNo {
        let delta = wire.wrapping_sub(self.0 as u16) as i16;
        let extended = self.0.wrapping_add_signed(delta as i64);
        // Near zero a "negative" neighbour does not exist: it belongs to the next cycle.
        if delta < 0 && extended > self.0 { SeqNo(extended.wrapping_add(1 << 16)) } else { SeqNo(extended) }
    }

    /// The next one.
    pub const fn next(self) -> SeqNo {
        SeqNo(self.0 + 1)
    }
}

/// An RTP timestamp in units of the codec's clock, as on the wire (RFC 3550 section 5.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RtpTime(pub u32);

/// A 64-bit NTP timestamp: seconds since 1900 in 32.32 fixed point (RFC 3550 section 4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// The middle 32 bits, as LSR and LRR carry them (RFC 3550 section 6.4.1).
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// Seconds between 1900-01-01 (NTP) and 1970-01-01 (Unix).
    pub const UNIX_EPOCH_SECONDS: u64 = 2_208_988_800;

    /// From a duration since the Unix epoch.
    pub const fn from_unix(since_epoch: std::time::Duration) -> Self {
        let seconds = since_epoch.as_secs() + Self::UNIX_EPOCH_SECONDS;
        let fraction = ((since_epoch.subsec_nanos() as u64) << 32) / 1_000_000_000;
        Self((seconds << 32) | fraction)
    }

    /// This moment plus `elapsed`.
    pub const fn plus(self, elapsed: std::time::Duration) -> Self {
        let whole = elapsed.as_secs() << 32;
        let fraction = ((elapsed.subsec_nanos() as u64) << 32) / 1_000_000_000;
        Self(self.0.wrapping_add(whole).wrapping_add(fraction))
    }
}

/// A short ASCII identifier, stored inline: the value of the MID and RID header extensions.
/// Both are limited to 16 bytes on the wire by the one-byte header form (RFC 8285 section 4.2, RFC 8852 section 3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortId {
    len: u8,
    bytes: [u8; ShortId::LEN_MAX],
}

impl ShortId {
    /// The longest identifier, in bytes.
    pub const LEN_MAX: usize = 16;

    /// `None` when empty, longer than [`Self::LEN_MAX`], or holding anything but visible ASCII.
    pub fn new(text: &[u8]) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::LEN_MAX && text.iter().all(u8::is_ascii_graphic);
        fits.then(|| {
            let mut bytes = [0; Self::LEN_MAX];
            bytes[..text.len()].copy_from_slice(text);
            Self { len: text.len() as u8, bytes }
        })
    }

    /// The identifier's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        // Only visible ASCII is let in by `new`, so this never falls back.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl std::str::FromStr for ShortId {
    type Err = BadShortId;

    fn from_str(text: &str) -> Result<Self, BadShortId> {
        Self::new(text.as_bytes()).ok_or(BadShortId)
    }
}

/// The text is empty, longer than 16 bytes, or not visible ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an identifier must be 1 to 16 visible ASCII characters")]
pub struct BadShortId;

/// The identification of a media section within its SDP (RFC 8843 section 15).
pub type Mid = ShortId;
/// The identification of one encoding of a simulcast (RFC 8852).
pub type Rid = ShortId;

impl fmt::Debug for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
impl fmt::Display for ShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl fmt::Debug for PayloadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
impl fmt::Display for PayloadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_follows_the_wire_across_a_wrap_in_both_directions() {
        assert_eq!(SeqNo(65_535).nearest(0), SeqNo(65_536));
        assert_eq!(SeqNo(65_536).nearest(65_535), SeqNo(65_535));
        assert_eq!(SeqNo(10).nearest(12), SeqNo(12));
        assert_eq!(SeqNo(3).nearest(65_535), SeqNo(65_535), "nothing lies before zero");
    }

    #[test]
    fn ntp_keeps_the_unix_epoch() {
        let ntp = NtpTime::from_unix(std::time::Duration::from_millis(1_500));
        assert_eq!(ntp.0 >> 32, NtpTime::UNIX_EPOCH_SECONDS + 1);
        assert_eq!(ntp.0 as u32, 1 << 31);
    }

    #[test]
    fn a_short_id_takes_visible_ascii_only() {
        assert!(ShortId::new(b"0").is_some());
        assert!(ShortId::new(b"").is_none());
        assert!(ShortId::new(b"a b").is_none());
        assert!(ShortId::new(&[b'x'; 17]).is_none());
    }
}
