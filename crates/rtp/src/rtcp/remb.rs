//! Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03).

use crate::Ssrc;
use crate::wire::{Reader, Sink};

const IDENTIFIER: &[u8; 4] = b"REMB";
const MANTISSA_MAX: u64 = 0x3ffff;

/// The bitrate that a receiver thinks it can take.
#[derive(Clone, Copy, Debug)]
pub struct Remb<'a> {
    /// Who thinks so.
    pub sender: Ssrc,
    /// The bitrate of all named sources together, in bits per second; saturates.
    pub bitrate_bps: u64,
    ssrcs: &'a [[u8; 4]],
}

impl<'a> Remb<'a> {
    /// Whether the body of an application layer feedback is one of these.
    pub(super) fn is_remb(body: &[u8]) -> bool {
        body.get(8..12) == Some(IDENTIFIER)
    }

    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let sender = Ssrc(reader.u32()?);
        // The media source, always 0, and the identifier.
        reader.u64()?;
        let count = reader.u8()?;
        let packed = reader.u24()?;
        let (exponent, mantissa) = (packed >> 18, u64::from(packed) & MANTISSA_MAX);
        let bitrate_bps =
            if mantissa << exponent >> exponent == mantissa { mantissa << exponent } else { u64::MAX };
        Some(Self { sender, bitrate_bps, ssrcs: reader.bytes(usize::from(count) * 4)?.as_chunks().0 })
    }

    /// The sources that it is about, at most 255.
    pub fn ssrcs(&self) -> impl ExactSizeIterator<Item = Ssrc> + use<'a> {
        self.ssrcs.iter().map(|bytes| Ssrc(u32::from_be_bytes(*bytes)))
    }
}

/// Writes the body; the bitrate is rounded down to what 18 bits and an exponent can say.
pub(super) fn put(sender: Ssrc, bitrate_bps: u64, ssrcs: &[Ssrc], sink: &mut Sink<'_>) -> Option<()> {
    let ssrcs = &ssrcs[..ssrcs.len().min(usize::from(u8::MAX))];
    let bits = u64::BITS - bitrate_bps.leading_zeros();
    let exponent = bits.saturating_sub(18);
    sink.u32(sender.0)?;
    sink.u32(0)?;
    sink.put(IDENTIFIER)?;
    sink.u8(ssrcs.len() as u8)?;
    sink.u24(exponent << 18 | (bitrate_bps >> exponent) as u32)?;
    ssrcs.iter().try_for_each(|ssrc| sink.u32(ssrc.0))
}
