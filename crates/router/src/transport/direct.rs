//! The direct link: the peer is a program beside the worker, and packets pass as they are.

use std::collections::BTreeMap;
use std::time::Instant;

use motet_control::TransportId;
use motet_rtp::{HEADER_LEN_MAX, RtpView, SeqNo, Ssrc, is_rtcp};

use super::link::{Link, Outgoing};
use crate::drop_reason::DropReason;
use crate::egress::Egress;
use crate::router::Router;
use crate::table::TransportKey;

/// Streams of one program whose rollovers are counted: more than a transport has producers. Full means that those of ended
/// producers are forgotten; if there are none, a new stream is refused.
const STREAMS_MAX: usize = 1024;

/// See the module.
pub(crate) struct Direct {
    id: TransportId,
    /// The newest number of each stream that came.
    newest: BTreeMap<Ssrc, SeqNo>,
}

impl Direct {
    pub(crate) fn new(id: TransportId) -> Self {
        Self { id, newest: BTreeMap::new() }
    }

    /// Writes a packet into the program's queue. Answers the bytes, 0 when there was no room.
    pub(crate) fn send_rtp(
        &self,
        packet: &Outgoing<'_>,
        egress: &mut impl Egress,
    ) -> Result<usize, DropReason> {
        let payload_len: usize = packet.parts.iter().map(|part| part.len()).sum();
        let mut sent = 0;
        egress.send_direct(self.id, HEADER_LEN_MAX + payload_len, |out| {
            let Some(mut end) = packet.write_header(out) else { return 0 };
            for part in packet.parts {
                out[end..end + part.len()].copy_from_slice(part);
                end += part.len();
            }
            sent = end;
            end
        });
        Ok(sent)
    }

    /// Writes a compound into the program's queue. Answers the bytes, 0 when there was no room.
    pub(crate) fn send_rtcp(&self, compound: &[u8], egress: &mut impl Egress) -> usize {
        let mut sent = 0;
        egress.send_direct(self.id, compound.len(), |out| {
            out[..compound.len()].copy_from_slice(compound);
            sent = compound.len();
            sent
        });
        sent
    }

    /// A packet's number with its rollovers.
    fn extend(&mut self, ssrc: Ssrc, seq: u16) -> SeqNo {
        let newest = self.newest.entry(ssrc).or_insert(SeqNo(u64::from(seq)));
        let index = newest.nearest(seq);
        *newest = index.max(*newest);
        index
    }
}

impl Router {
    /// Takes an RTP or RTCP packet from the program at the other end of a direct transport. A packet for a transport that
    /// does not exist is ignored.
    pub fn handle_direct(
        &mut self,
        now: Instant,
        transport: TransportId,
        packet: &[u8],
        egress: &mut impl Egress,
    ) {
        let Some(key) = self.transports.key(transport) else { return };
        self.transports[key].received.add(packet.len());
        if let Err(reason) = self.take_direct(now, key, packet, egress) {
            self.transports[key].drops.add(reason);
        }
        self.rearm(key);
    }

    fn take_direct(
        &mut self,
        now: Instant,
        key: TransportKey,
        packet: &[u8],
        egress: &mut impl Egress,
    ) -> Result<(), DropReason> {
        if is_rtcp(packet) {
            return self.take_rtcp(now, key, packet, egress);
        }
        let view = RtpView::parse(packet).map_err(|_| DropReason::BadRtp)?;
        let index = self.index_of(key, &view)?;
        self.take_rtp(now, key, (index, packet), egress)
    }

    fn index_of(&mut self, key: TransportKey, view: &RtpView<'_>) -> Result<SeqNo, DropReason> {
        let transport = &mut self.transports[key];
        let ssrcs = &transport.incoming.ssrcs;
        let Link::Direct(direct) = &mut transport.link else { return Err(DropReason::NoKeys) };
        if direct.newest.len() >= STREAMS_MAX && !direct.newest.contains_key(&view.ssrc()) {
            direct.newest.retain(|ssrc, _| ssrcs.lookup(*ssrc).is_some());
            if direct.newest.len() >= STREAMS_MAX {
                return Err(DropReason::SsrcLimit);
            }
        }
        Ok(direct.extend(view.ssrc(), view.seq()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_across_the_wrap() {
        let mut direct = Direct::new(TransportId(1));
        let numbers = [65_534, 65_535, 0, 65_533, 1].map(|seq| direct.extend(Ssrc(1), seq).0);
        assert_eq!(numbers, [65_534, 65_535, 65_536, 65_533, 65_537]);
    }
}
