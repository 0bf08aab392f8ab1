//! One client's allocation: its relayed addresses, permissions and channels.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::authentication::Known;
use super::channels::Channels;
use super::permissions::Permissions;
use super::requests::Reply;
use crate::shared::{Budget, PortWish, Tick};
use crate::wire::numbers::ErrorCode;
use crate::wire::{Family, TransactionId};
use crate::{ClientSocket, ConnectionId, HoldId, RelayId, RelayTransport};

/// One relayed address of an allocation.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) id: RelayId,
    /// Which of the operator's relay addresses.
    pub(super) place: u8,
    pub(super) is_open: bool,
    /// From the shelf: there is no other port to try.
    pub(super) is_taken: bool,
    /// What the world sees; the port is the bound one.
    pub(super) announced: SocketAddr,
    pub(super) until: Tick,
}

/// What is known while the engine opens sockets: how to answer, and what has failed.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) reply: Reply,
    pub(super) lifetime_ns: Tick,
    pub(super) wish: PortWish,
    pub(super) attempts: u8,
    pub(super) errors: Vec<(Family, ErrorCode)>,
}

/// One client's allocation.
#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) client: ClientSocket,
    pub(super) known: Known,
    /// The user's and the address's.
    pub(super) budgets: [Arc<Budget>; 2],
    pub(super) transport: RelayTransport,
    /// IPv4, IPv6.
    pub(super) relays: [Option<Relay>; 2],
    /// While sockets are being opened.
    pub(super) opening: Option<Box<Opening>>,
    /// Of the request that made it: the same request again gets the same answer.
    pub(super) made_by: TransactionId,
    /// The next port, which waits for somebody (EVEN-PORT); it counts as an allocation.
    pub(super) hold: Option<HoldId>,
    /// Whether it waits already: the reservation answers for it from then on.
    pub(super) is_shelved: bool,
    pub(super) permissions: Permissions,
    pub(super) channels: Channels,
    pub(super) connections: Vec<ConnectionId>,
}

impl Allocation {
    pub(super) fn relays(&self) -> impl Iterator<Item = &Relay> {
        self.relays.iter().flatten()
    }

    /// The relay that reaches peers of this family.
    pub(super) fn relay_for(&self, ip: IpAddr) -> Option<&Relay> {
        self.relays[usize::from(ip.is_ipv6())].as_ref()
    }
}

/// An address as a key that compares quickly. IPv4-mapped addresses are no peers, so the families never meet.
pub(super) fn key_of(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => 0xffff << 32 | u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}
