//! Channels and ChannelBind (RFC 8656 section 12).

use std::net::{IpAddr, SocketAddr};

use smallvec::SmallVec;

use super::allocation::key_of;
use super::requests::{Answer, Request};
use super::{Server, Slot};
use crate::RelayTransport;
use crate::shared::Tick;
use crate::wire::numbers::{CHANNEL_NUMBERS, ErrorCode};
use crate::wire::{be_u16, read_xor_address};

/// How long a binding lasts; RFC 8656 leaves no choice.
const CHANNEL_NS: Tick = 600 * 1_000_000_000;

#[derive(Clone, Copy, Debug)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    until: Tick,
}

impl Channel {
    fn peer_key(&self) -> (u128, u16) {
        (key_of(self.peer.ip()), self.peer.port())
    }
}

/// An allocation's channels, found by number and by peer. The only one, as most are, lies in the allocation.
#[derive(Debug, Default)]
pub(super) struct Channels {
    by_number: SmallVec<[Channel; 1]>,
    /// Places in the former, ordered by peer.
    by_peer: SmallVec<[u16; 8]>,
}

impl Channels {
    /// Who is behind a number.
    pub(super) fn peer(&self, now: Tick, number: u16) -> Option<SocketAddr> {
        let channel = &self.by_number[self.find(number).ok()?];
        (channel.until > now).then_some(channel.peer)
    }

    /// Which number a peer has.
    pub(super) fn number(&self, now: Tick, peer: SocketAddr) -> Option<u16> {
        let key = (key_of(peer.ip()), peer.port());
        let at =
            self.by_peer.binary_search_by_key(&key, |at| self.by_number[usize::from(*at)].peer_key()).ok()?;
        let channel = &self.by_number[usize::from(self.by_peer[at])];
        (channel.until > now).then_some(channel.number)
    }

    /// Whether number and peer are free or each other's.
    fn may_bind(&self, now: Tick, number: u16, peer: SocketAddr) -> bool {
        self.peer(now, number).is_none_or(|bound| bound == peer)
            && self.number(now, peer).is_none_or(|bound| bound == number)
    }

    /// Makes room for a binding, and says whether there is any.
    fn has_room(&mut self, now: Tick, number: u16, max: u16) -> bool {
        if self.find(number).is_ok() || self.by_number.len() < usize::from(max) {
            return true;
        }
        self.retain(|channel| channel.until > now);
        self.by_number.len() < usize::from(max)
    }

    /// Binds, in place of what has run out.
    fn bind(&mut self, now: Tick, number: u16, peer: SocketAddr) {
        let is_renewed = self.peer(now, number) == Some(peer);
        if !is_renewed {
            self.retain(|channel| channel.number != number && channel.peer != peer);
        }
        let channel = Channel { number, peer, until: now + CHANNEL_NS };
        match self.find(number) {
            Ok(at) => self.by_number[at] = channel,
            Err(at) => {
                if self.by_number.len() == self.by_number.capacity() {
                    self.by_number.reserve_exact(self.by_number.len().max(1));
                }
                self.by_number.insert(at, channel);
                self.order();
            }
        }
    }

    /// Removes those of a family whose relay is gone.
    pub(super) fn remove_family(&mut self, is_ipv6: bool) {
        self.retain(|channel| channel.peer.is_ipv6() != is_ipv6);
    }

    fn retain(&mut self, mut is_kept: impl FnMut(&Channel) -> bool) {
        let before = self.by_number.len();
        self.by_number.retain(|channel| is_kept(channel));
        if self.by_number.len() != before {
            self.order();
        }
    }

    fn order(&mut self) {
        let mut by_peer = std::mem::take(&mut self.by_peer);
        by_peer.clear();
        by_peer.reserve_exact(self.by_number.len());
        by_peer.extend(0..self.by_number.len() as u16);
        by_peer.sort_unstable_by_key(|at| self.by_number[usize::from(*at)].peer_key());
        self.by_peer = by_peer;
    }

    fn find(&self, number: u16) -> Result<usize, usize> {
        self.by_number.binary_search_by_key(&number, |channel| channel.number)
    }
}

impl Server {
    pub(super) fn bind_channel(&mut self, now: Tick, slot: Slot, request: &Request<'_>) -> Answer {
        let message = &request.message;
        let number =
            message.channel_number.filter(|value| value.len() == 4).and_then(|value| be_u16(value, 0));
        let number = number.filter(|number| CHANNEL_NUMBERS.contains(number)).ok_or(ErrorCode::BadRequest)?;
        let peer = message.peer.and_then(|value| read_xor_address(value, &message.transaction));
        let peer = peer.ok_or(ErrorCode::BadRequest)?;
        if self.allocation(slot)?.transport != RelayTransport::Udp {
            return Err(ErrorCode::BadRequest);
        }
        if !self.allocation(slot)?.channels.may_bind(now, number, peer) {
            return Err(ErrorCode::BadRequest);
        }
        let grant = self.judge_peer(slot, peer)?;
        let quotas = self.shared.settings.quotas;
        let allocation = self.allocation(slot)?;
        let ips: [IpAddr; 1] = [peer.ip()];
        if !allocation.permissions.has_room(now, &ips, quotas.permissions_max)
            || !allocation.channels.has_room(now, number, quotas.channels_max)
        {
            return Err(ErrorCode::InsufficientCapacity);
        }
        allocation.permissions.install(now, peer.ip(), grant);
        allocation.channels.bind(now, number, peer);
        Ok(())
    }
}
