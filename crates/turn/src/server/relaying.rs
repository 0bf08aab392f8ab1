//! The relay path: channel data, Send and Data. Nothing here allocates, and no payload is copied.

use std::net::{IpAddr, SocketAddr};

use super::allocation::Allocation;
use super::{Server, Slot};
use crate::policy::Grant;
use crate::shared::Tick;
use crate::wire::{
    ChannelData, Malformed, SendIndication, channel_prefix, icmp_indication, indication_prefix,
};
use crate::{ClientSocket, DropReason, FromClient, Now, RelayId, RelayTransport, ToClient};

impl Server {
    /// A datagram of `data_len` bytes that a peer sent to a relay: to whom it goes, and what to write around it.
    pub fn handle_peer(
        &mut self,
        now: Now,
        relay: RelayId,
        peer: SocketAddr,
        data_len: usize,
    ) -> Option<ToClient> {
        let tick = self.catch_up(now.instant);
        match self.relay_to_client(tick, relay, peer, data_len) {
            Ok(to_client) => {
                self.counters.packets_to_clients += 1;
                self.counters.bytes_to_clients += data_len as u64;
                Some(to_client)
            }
            Err(reason) => {
                self.counters.count(reason);
                None
            }
        }
    }

    /// ICMP about a datagram that a relay sent to a peer: its type, its code, and what else it says (an MTU). For peers that the
    /// client may send to it becomes a Data indication; types that say nothing of the path are dropped (RFC 8656 section 11.6).
    pub fn handle_peer_icmp(
        &mut self,
        now: Now,
        relay: RelayId,
        peer: SocketAddr,
        kind_and_code: (u8, u8),
        data: u32,
    ) {
        let tick = self.catch_up(now.instant);
        let transaction = self.next_indication();
        let Some(allocation) = self.allocation_of(relay) else { return };
        let is_known = allocation.permissions.grant(tick, peer.ip()).is_some();
        let [user, address] = &allocation.budgets;
        if is_known
            && is_told(peer.ip(), kind_and_code.0)
            && self.shared.budgets.spend(tick, user, address, 0)
        {
            let client = allocation.client;
            self.answers.push(client, |out| icmp_indication(out, transaction, peer, kind_and_code, data));
        }
    }

    pub(super) fn relay_channel_data(&mut self, now: Tick, client: ClientSocket, data: &[u8]) -> FromClient {
        let Some(channel) = ChannelData::read(data) else { return self.drop(DropReason::Malformed) };
        let Some(allocation) = self.slot_of(&client).and_then(|slot| self.open(slot)) else {
            return self.drop(DropReason::NoAllocation);
        };
        let Some(peer) = allocation.channels.peer(now, channel.number) else {
            return self.drop(DropReason::NoChannel);
        };
        match self.admit_to_peer(now, allocation, peer, channel.payload.len()) {
            Ok(relay) => self.count_to_peer(FromClient::ToPeer {
                relay,
                peer,
                payload: channel.payload,
                dont_fragment: false,
            }),
            Err(reason) => self.drop(reason),
        }
    }

    pub(super) fn relay_indication(&mut self, now: Tick, client: ClientSocket, data: &[u8]) -> FromClient {
        let send = match SendIndication::read(data) {
            Ok(Some(send)) => send,
            Ok(None) | Err(Malformed::Structure) => return self.drop(DropReason::Malformed),
            Err(Malformed::Fingerprint) => return self.drop(DropReason::BadFingerprint),
        };
        let Some(allocation) = self.slot_of(&client).and_then(|slot| self.open(slot)) else {
            return self.drop(DropReason::NoAllocation);
        };
        if allocation.transport != RelayTransport::Udp {
            return self.drop(DropReason::Unexpected);
        }
        match self.admit_to_peer(now, allocation, send.peer, send.payload.len()) {
            Ok(relay) => self.count_to_peer(FromClient::ToPeer {
                relay,
                peer: send.peer,
                payload: send.payload,
                dont_fragment: send.dont_fragment,
            }),
            Err(reason) => self.drop(reason),
        }
    }

    /// Whether a payload may go to a peer, and through which relay.
    fn admit_to_peer(
        &self,
        now: Tick,
        allocation: &Allocation,
        peer: SocketAddr,
        len: usize,
    ) -> Result<RelayId, DropReason> {
        let grant = allocation.permissions.grant(now, peer.ip()).ok_or(DropReason::NoPermission)?;
        let relay = allocation.relay_for(peer.ip()).ok_or(DropReason::NoPermission)?;
        let is_open =
            peer.port() != 0 && (grant == Grant::EveryPort || self.shared.peers().check(peer).is_ok());
        if !is_open {
            return Err(DropReason::PeerRefused);
        }
        let [user, address] = &allocation.budgets;
        if !self.shared.budgets.spend(now, user, address, len) {
            return Err(DropReason::ByteRate);
        }
        Ok(relay.id)
    }

    fn count_to_peer(&mut self, to_peer: FromClient) -> FromClient {
        if let FromClient::ToPeer { payload, .. } = &to_peer {
            self.counters.packets_to_peers += 1;
            self.counters.bytes_to_peers += payload.len() as u64;
        }
        to_peer
    }

    fn relay_to_client(
        &mut self,
        now: Tick,
        relay: RelayId,
        peer: SocketAddr,
        len: usize,
    ) -> Result<ToClient, DropReason> {
        let payload_len = u16::try_from(len).map_err(|_| DropReason::TooLong)?;
        let allocation = self.allocation_of(relay).ok_or(DropReason::NoRelay)?;
        let grant = allocation.permissions.grant(now, peer.ip()).ok_or(DropReason::NoPermission)?;
        if grant == Grant::SomePorts && self.shared.peers().check(peer).is_err() {
            return Err(DropReason::PeerRefused);
        }
        let [user, address] = &allocation.budgets;
        if !self.shared.budgets.spend(now, user, address, len) {
            return Err(DropReason::ByteRate);
        }
        let client = allocation.client;
        let padding = (len.next_multiple_of(4) - len) as u8;
        if let Some(number) = allocation.channels.number(now, peer) {
            let padding = if client.protocol.is_stream() { padding } else { 0 };
            return Ok(ToClient { client, prefix: channel_prefix(number, payload_len), padding });
        }
        let transaction = self.next_indication();
        let prefix = indication_prefix(peer, payload_len, &transaction).ok_or(DropReason::TooLong)?;
        Ok(ToClient { client, prefix, padding })
    }

    /// The allocation of a relay whose socket is open.
    pub(super) fn allocation_of(&self, relay: RelayId) -> Option<&Allocation> {
        self.open(*self.relays.get(relay.0 as usize)?)
    }

    /// An allocation whose sockets are open.
    pub(super) fn open(&self, slot: Slot) -> Option<&Allocation> {
        self.allocations
            .get(slot.0)
            .map(|allocation| &**allocation)
            .filter(|allocation| allocation.opening.is_none())
    }

    pub(super) fn next_indication(&mut self) -> [u8; 12] {
        self.indications += 1;
        let mut transaction = [0; 12];
        transaction[4..].copy_from_slice(&self.indications.to_be_bytes());
        transaction
    }
}

/// The types of ICMP and ICMPv6 that clients are told: unreachable, time exceeded, and packet too big (RFC 8656 section 11.6).
fn is_told(peer: IpAddr, kind: u8) -> bool {
    match peer {
        IpAddr::V4(_) => matches!(kind, 3 | 11),
        IpAddr::V6(_) => matches!(kind, 1..=3),
    }
}
