//! Which peers may reach a client, and CreatePermission (RFC 8656 sections 9 and 10).

use std::net::{IpAddr, SocketAddr};

use smallvec::SmallVec;

use super::allocation::key_of;
use super::requests::{Answer, Request};
use super::{Server, Slot};
use crate::policy::Grant;
use crate::shared::Tick;
use crate::wire::numbers::ErrorCode;
use crate::wire::read_xor_address;

/// How long a permission lasts; RFC 8656 leaves no choice.
pub(super) const PERMISSION_NS: Tick = 300 * 1_000_000_000;

#[derive(Clone, Copy, Debug)]
struct Permission {
    ip: u128,
    until: Tick,
    grant: Grant,
}

/// An allocation's permissions, by address. The only one, as most are, lies in the allocation.
#[derive(Debug, Default)]
pub(super) struct Permissions(SmallVec<[Permission; 1]>);

impl Permissions {
    /// How far an address is open at this moment, if at all.
    pub(super) fn grant(&self, now: Tick, ip: IpAddr) -> Option<Grant> {
        let permission = &self.0[self.find(key_of(ip)).ok()?];
        (permission.until > now).then_some(permission.grant)
    }

    /// Makes room, and says whether so many addresses that are new would fit.
    pub(super) fn has_room(&mut self, now: Tick, ips: &[IpAddr], max: u16) -> bool {
        let new = |(at, ip): &(usize, &IpAddr)| self.find(key_of(**ip)).is_err() && !ips[..*at].contains(ip);
        let added = ips.iter().enumerate().filter(new).count();
        if self.0.len() + added <= usize::from(max) {
            return true;
        }
        let is_kept = |permission: &mut Permission| {
            permission.until > now || ips.iter().any(|ip| key_of(*ip) == permission.ip)
        };
        self.0.retain(is_kept);
        self.0.len() + added <= usize::from(max)
    }

    pub(super) fn install(&mut self, now: Tick, ip: IpAddr, grant: Grant) {
        let permission = Permission { ip: key_of(ip), until: now + PERMISSION_NS, grant };
        match self.find(permission.ip) {
            Ok(at) => self.0[at] = permission,
            Err(at) => {
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact(self.0.len().max(1));
                }
                self.0.insert(at, permission);
            }
        }
    }

    /// Removes those of a family whose relay is gone.
    pub(super) fn remove_family(&mut self, is_ipv6: bool) {
        self.0.retain(|permission| (permission.ip >> 32 != 0xffff) != is_ipv6);
    }

    fn find(&self, ip: u128) -> Result<usize, usize> {
        self.0.binary_search_by_key(&ip, |permission| permission.ip)
    }
}

impl Server {
    /// All peers or none.
    pub(super) fn create_permission(&mut self, now: Tick, slot: Slot, request: &Request<'_>) -> Answer {
        let mut ips: Vec<IpAddr> = Vec::new();
        let mut grants = Vec::new();
        let peers_max = usize::from(self.shared.settings.quotas.permissions_max);
        for value in request.message.peers() {
            let peer = read_xor_address(value, &request.message.transaction).ok_or(ErrorCode::BadRequest)?;
            if ips.contains(&peer.ip()) {
                continue;
            }
            if ips.len() == peers_max {
                return Err(ErrorCode::InsufficientCapacity);
            }
            grants.push(self.judge_ip(slot, peer.ip())?);
            ips.push(peer.ip());
        }
        if ips.is_empty() {
            return Err(ErrorCode::BadRequest);
        }
        let permissions = &mut self.allocation(slot)?.permissions;
        if !permissions.has_room(now, &ips, peers_max as u16) {
            return Err(ErrorCode::InsufficientCapacity);
        }
        ips.into_iter().zip(grants).for_each(|(ip, grant)| permissions.install(now, ip, grant));
        Ok(())
    }

    /// Whether an address may be a peer of an allocation.
    pub(super) fn judge_ip(&mut self, slot: Slot, ip: IpAddr) -> Result<Grant, ErrorCode> {
        if self.allocation(slot)?.relay_for(ip).is_none() {
            return Err(ErrorCode::PeerAddressFamilyMismatch);
        }
        self.shared.peers().grant(ip).map_err(|refusal| {
            self.counters.refuse(refusal);
            ErrorCode::Forbidden
        })
    }

    /// Whether an address and its port may be a peer.
    pub(super) fn judge_peer(&mut self, slot: Slot, peer: SocketAddr) -> Result<Grant, ErrorCode> {
        let grant = self.judge_ip(slot, peer.ip())?;
        self.shared.peers().check(peer).map_err(|refusal| {
            self.counters.refuse(refusal);
            ErrorCode::Forbidden
        })?;
        Ok(grant)
    }
}
