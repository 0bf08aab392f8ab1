//! Which producer an incoming packet is for: by its SSRC, else by what its header says, which is then remembered.

use std::collections::VecDeque;

use motet_control::{Refusal, RtpParameters};
use motet_rtp::ext::ExtensionValues;
use motet_rtp::{Mid, PayloadType, Rid, Ssrc};

use crate::drop_reason::DropReason;
use crate::table::ProducerKey;

/// SSRCs that one transport may have in use. A publisher of a hundred simulcast tracks with RTX needs 600.
pub(crate) const SSRCS_MAX: usize = 1024;
/// SSRCs of ended producers that are remembered; the oldest are forgotten, whose packets have long arrived.
const GONE_MAX: usize = 64;

/// Where packets of one SSRC go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Binding {
    pub(crate) producer: ProducerKey,
    /// The place of the encoding among the producer's.
    pub(crate) encoding: u8,
    /// Whether it carries retransmissions of the encoding.
    pub(crate) is_repair: bool,
}

/// All SSRCs of a transport's producers, and what else their packets can be known by.
#[derive(Debug, Default)]
pub(crate) struct SsrcTable {
    /// Ascending by SSRC: searched by halving, so that no choice of SSRCs makes it slow.
    bound: Vec<(Ssrc, Binding)>,
    claims: Vec<Claim>,
    /// Of ended producers, newest last: packets of theirs may still be under way, and whatever is left on the transport
    /// must not take them for its own.
    gone: VecDeque<Ssrc>,
}

/// What a producer's packets can be known by.
#[derive(Debug)]
struct Claim {
    producer: ProducerKey,
    mid: Option<Mid>,
    /// A bit per payload type.
    media_types: u128,
    repair_types: u128,
    encodings: Vec<EncodingClaim>,
}

#[derive(Debug)]
struct EncodingClaim {
    rid: Option<Rid>,
    media: Slot,
    repair: Slot,
}

/// The SSRC of one stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Slot {
    /// To be learned.
    Free,
    /// Learned from a packet.
    Learned(Ssrc),
    /// Told by signaling: it keeps its place through goodbyes.
    Signaled(Ssrc),
}

impl Slot {
    fn new(signaled: Option<Ssrc>) -> Self {
        signaled.map_or(Self::Free, Self::Signaled)
    }
}

impl SsrcTable {
    /// Where packets of `ssrc` go, if that is known.
    pub(crate) fn lookup(&self, ssrc: Ssrc) -> Option<Binding> {
        let place = self.bound.binary_search_by_key(&ssrc, |(known, _)| *known).ok()?;
        Some(self.bound[place].1)
    }

    /// Whether a producer with these parameters can be added: its SSRCs and its MID are its own, and there is room.
    pub(crate) fn check(&self, parameters: &RtpParameters) -> Result<(), Refusal> {
        let mut signaled: Vec<Ssrc> = signaled_ssrcs(parameters).collect();
        if let Some(taken) = signaled.iter().find(|ssrc| self.lookup(**ssrc).is_some()) {
            return Err(Refusal::BadParameter(format!(
                "SSRC {taken} is another producer's on this transport"
            )));
        }
        let count = signaled.len();
        signaled.sort_unstable();
        signaled.dedup();
        if signaled.len() < count {
            return Err(Refusal::BadParameter("one SSRC is given twice".to_owned()));
        }
        if self.bound.len() + count > SSRCS_MAX {
            return Err(Refusal::LimitReached(format!("a transport has at most {SSRCS_MAX} SSRCs")));
        }
        if parameters.mid.is_some() && self.claims.iter().any(|claim| claim.mid == parameters.mid) {
            return Err(Refusal::BadParameter("the MID is another producer's on this transport".to_owned()));
        }
        Ok(())
    }

    /// Adds a producer that [`Self::check`] let pass.
    pub(crate) fn add(&mut self, producer: ProducerKey, parameters: &RtpParameters) {
        for (encoding, parameters) in (0..).zip(&parameters.encodings) {
            for (ssrc, is_repair) in [(parameters.ssrc, false), (parameters.rtx_ssrc, true)] {
                if let Some(ssrc) = ssrc {
                    self.bind(ssrc, Binding { producer, encoding, is_repair });
                }
            }
        }
        let bits = |types: &mut dyn Iterator<Item = PayloadType>| {
            types.fold(0u128, |bits, payload_type| bits | 1 << payload_type.get())
        };
        self.claims.push(Claim {
            producer,
            mid: parameters.mid,
            media_types: bits(&mut parameters.codecs.iter().map(|codec| codec.payload_type)),
            repair_types: bits(&mut parameters.codecs.iter().filter_map(|codec| codec.rtx_payload_type)),
            encodings: parameters
                .encodings
                .iter()
                .map(|encoding| EncodingClaim {
                    rid: encoding.rid,
                    media: Slot::new(encoding.ssrc),
                    repair: Slot::new(encoding.rtx_ssrc),
                })
                .collect(),
        });
    }

    /// Takes a producer out with all its SSRCs.
    pub(crate) fn remove(&mut self, producer: ProducerKey) {
        let is_its = |(_, binding): &&(Ssrc, Binding)| binding.producer == producer;
        self.gone.extend(self.bound.iter().filter(is_its).map(|(ssrc, _)| *ssrc));
        self.gone.drain(..self.gone.len().saturating_sub(GONE_MAX));
        self.bound.retain(|(_, binding)| binding.producer != producer);
        self.claims.retain(|claim| claim.producer != producer);
    }

    /// The sender will not use this SSRC any more; if it was learned, another may take its place.
    pub(crate) fn forget(&mut self, ssrc: Ssrc) {
        let Some(binding) = self.lookup(ssrc) else { return };
        if let Some(slot) = self.slot(binding)
            && *slot == Slot::Learned(ssrc)
        {
            *slot = Slot::Free;
            self.unbind(ssrc);
        }
    }

    /// Finds the producer of a packet with an unknown SSRC by its MID, RID and payload type, and remembers it. The stream
    /// that has the place gives way when `is_silent` says so: senders may change SSRCs (RFC 3550 section 8.2), not
    /// interleave them. An SSRC of a producer that ended is learned only by its MID.
    pub(crate) fn learn(
        &mut self,
        ssrc: Ssrc,
        payload_type: PayloadType,
        values: &ExtensionValues,
        is_silent: impl Fn(Binding) -> bool,
    ) -> Result<Binding, DropReason> {
        if values.mid.is_none() && self.gone.contains(&ssrc) {
            return Err(DropReason::UnknownSsrc);
        }
        let binding = self.find(payload_type, values).ok_or(DropReason::UnknownSsrc)?;
        let slot = *self.slot(binding).ok_or(DropReason::UnknownSsrc)?;
        match slot {
            Slot::Free => {}
            Slot::Learned(before) | Slot::Signaled(before) if is_silent(binding) => self.unbind(before),
            Slot::Learned(_) | Slot::Signaled(_) => return Err(DropReason::SsrcConflict),
        }
        if self.bound.len() == SSRCS_MAX {
            return Err(DropReason::SsrcLimit);
        }
        self.bind(ssrc, binding);
        if let Some(slot) = self.slot(binding) {
            *slot = Slot::Learned(ssrc);
        }
        Ok(binding)
    }

    fn find(&self, payload_type: PayloadType, values: &ExtensionValues) -> Option<Binding> {
        let bit = 1u128 << payload_type.get();
        let claim = match values.mid {
            Some(mid) => self.claims.iter().find(|claim| claim.mid == Some(mid))?,
            None => self.only_claim_of(bit)?,
        };
        let is_repair = claim.repair_types & bit != 0;
        if !is_repair && claim.media_types & bit == 0 {
            return None;
        }
        let rid = if is_repair { values.repaired_rid.or(values.rid) } else { values.rid };
        let encoding = match (rid, claim.encodings.as_slice()) {
            (_, [_]) => 0,
            (Some(rid), encodings) => encodings.iter().position(|encoding| encoding.rid == Some(rid))?,
            (None, _) => return None,
        };
        Some(Binding { producer: claim.producer, encoding: u8::try_from(encoding).ok()?, is_repair })
    }

    /// The producer that alone has the payload type.
    fn only_claim_of(&self, bit: u128) -> Option<&Claim> {
        let mut claims =
            self.claims.iter().filter(|claim| (claim.media_types | claim.repair_types) & bit != 0);
        let first = claims.next()?;
        claims.next().is_none().then_some(first)
    }

    fn slot(&mut self, binding: Binding) -> Option<&mut Slot> {
        let claim = self.claims.iter_mut().find(|claim| claim.producer == binding.producer)?;
        let encoding = claim.encodings.get_mut(usize::from(binding.encoding))?;
        Some(if binding.is_repair { &mut encoding.repair } else { &mut encoding.media })
    }

    fn bind(&mut self, ssrc: Ssrc, binding: Binding) {
        match self.bound.binary_search_by_key(&ssrc, |(known, _)| *known) {
            Ok(place) => self.bound[place].1 = binding,
            Err(place) => self.bound.insert(place, (ssrc, binding)),
        }
    }

    fn unbind(&mut self, ssrc: Ssrc) {
        self.bound.retain(|(known, _)| *known != ssrc);
    }
}

fn signaled_ssrcs(parameters: &RtpParameters) -> impl Iterator<Item = Ssrc> {
    parameters.encodings.iter().flat_map(|encoding| [encoding.ssrc, encoding.rtx_ssrc]).flatten()
}

#[cfg(test)]
#[path = "ssrc_table_tests.rs"]
mod tests;
