//! How things end: by their time, by their client, with all that hangs on them.

use super::allocate::ns;
use super::{Server, Slot, Timer, source};
use crate::hashing::shrink;
use crate::shared::Tick;
use crate::{Action, HoldId, Now, RelayId, RelayTransport};

impl Server {
    /// Ends every allocation of a participant or user: somebody who was shown the door.
    pub fn end_user(&mut self, now: Now, name: &str) {
        let tick = self.catch_up(now.instant);
        let is_theirs = |allocation: &super::Allocation| allocation.known.account() == name;
        let theirs = self.allocations.iter().filter(|(_, allocation)| is_theirs(allocation));
        let theirs: Vec<Slot> = theirs.map(|(slot, _)| Slot(slot)).collect();
        theirs.into_iter().for_each(|slot| self.end_allocation(tick, slot));
    }

    /// Ends what is overdue.
    pub(super) fn end_overdue(&mut self, now: Tick) {
        while let Some((_, timer)) = self.timers.first().copied().filter(|(tick, _)| *tick <= now) {
            self.timers.pop_first();
            match timer {
                Timer::Relay(relay) => self.end_relay(now, relay),
                Timer::Hold(hold) => self.end_hold(now, hold),
                Timer::Connection(connection) => self.end_overdue_connection(connection),
            }
        }
        self.end_overdue_clients(now);
        let first = self.timers.first().map_or(Tick::MAX, |(tick, _)| *tick);
        self.due = first.min(self.half_open_due.first().map_or(Tick::MAX, |(tick, _)| *tick));
    }

    /// Ends one relayed address, and the allocation with its last one.
    pub(super) fn end_relay(&mut self, now: Tick, relay: RelayId) {
        let Some(slot) = self.relays.get(relay.0 as usize).copied() else { return };
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        if allocation.relays().count() < 2 {
            return self.end_allocation(now, slot);
        }
        let at = allocation.relays.iter().position(|end| end.as_ref().is_some_and(|end| end.id == relay));
        let Some(at) = at else { return };
        allocation.permissions.remove_family(at == 1);
        allocation.channels.remove_family(at == 1);
        self.close_relay(slot, at);
    }

    /// Ends an allocation and all that hangs on it.
    pub(super) fn end_allocation(&mut self, now: Tick, slot: Slot) {
        (0..2).for_each(|at| self.close_relay(slot, at));
        let Some(allocation) = self.allocations.try_remove(slot.0) else { return };
        for connection in allocation.connections {
            self.close_connection(connection);
        }
        self.last = None;
        self.clients.remove(&allocation.client);
        shrink(&mut self.clients);
        if self.allocations.is_empty() {
            self.allocations = slab::Slab::new();
            self.relays = slab::Slab::new();
        }
        self.counters.allocations -= 1;
        let from = source(allocation.client.remote.ip());
        let mut accounts = self.shared.accounts();
        accounts.close(now, allocation.known.account(), from);
        if allocation.hold.is_some() && !allocation.is_shelved {
            accounts.close(now, allocation.known.account(), from);
        }
        drop(accounts);
        if allocation.client.protocol.is_connection() {
            self.return_to_half_open(now, allocation.client);
        }
    }

    fn close_relay(&mut self, slot: Slot, at: usize) {
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        let (transport, is_shelved) = (allocation.transport, allocation.is_shelved);
        let Some(relay) = allocation.relays[at].take() else { return };
        let hold = allocation.hold.filter(|_| !is_shelved);
        self.timers.remove(&(relay.until, Timer::Relay(relay.id)));
        self.relays.try_remove(relay.id.0 as usize);
        let (place, port) = (usize::from(relay.place), relay.announced.port());
        let mut ports = self.shared.ports();
        ports.give_back(place, transport, port);
        if hold.is_some() {
            ports.give_back(place, transport, port + 1);
        }
        drop(ports);
        let is_still_asked = |action: &&Action| match action {
            Action::OpenRelay { relay: asked, .. } | Action::TakeHeld { relay: asked, .. } => {
                *asked == relay.id
            }
            _ => false,
        };
        match self.actions.iter().position(|action| is_still_asked(&action)).filter(|_| !relay.is_open) {
            Some(asked) => {
                if let Some(Action::TakeHeld { hold, .. }) = self.actions.remove(asked) {
                    self.actions.push_back(Action::DropHeld { hold });
                }
            }
            None => {
                self.actions.push_back(Action::CloseRelay { relay: relay.id });
                self.actions.extend(hold.map(|hold| Action::DropHeld { hold }));
            }
        }
    }

    /// Nobody came for a reserved port.
    fn end_hold(&mut self, now: Tick, hold: HoldId) {
        let Some(held) = self.shared.reservations().remove(hold) else { return };
        self.shared.accounts().close(now, &held.user, held.source);
        self.shared.ports().give_back(held.relay, RelayTransport::Udp, held.port);
        self.actions.push_back(Action::DropHeld { hold });
    }

    pub(super) fn half_open_ns(&self) -> Tick {
        ns(self.shared.settings.lifetimes.half_open)
    }
}
