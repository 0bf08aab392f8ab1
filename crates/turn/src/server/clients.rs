//! Clients' connections (TCP, TLS, DTLS): few without an allocation, and not for long.

use super::{Server, source};
use crate::hashing::shrink;
use crate::shared::Tick;
use crate::{Action, ClientSocket, CloseReason, DropReason, Now};

impl Server {
    /// Whether a client's new connection (TCP, TLS or DTLS, told before any handshake) may stay: half-open ones are few.
    /// If not, close it; the server does not know it.
    #[must_use]
    pub fn handle_client_opened(&mut self, now: Now, client: ClientSocket) -> bool {
        let tick = self.catch_up(now.instant);
        if self.half_open.contains_key(&client) || self.clients.contains_key(&client) {
            // The engine has not told that the former one ended.
            self.forget_client(tick, client);
        }
        if !self.shared.accounts().open_half(&self.shared.settings.quotas, source(client.remote.ip())) {
            self.counters.count(DropReason::HalfOpenFull);
            return false;
        }
        self.counters.connections += 1;
        self.enter_half_open(tick, client);
        true
    }

    /// A client's connection has ended, for whatever reason but [`Action::CloseClient`].
    pub fn handle_client_closed(&mut self, now: Now, client: ClientSocket) {
        let tick = self.catch_up(now.instant);
        self.forget_client(tick, client);
    }

    pub(super) fn forget_client(&mut self, now: Tick, client: ClientSocket) {
        if let Some(slot) = self.slot_of(&client) {
            self.end_allocation(now, slot);
        }
        if self.leave_half_open(now, client) {
            self.counters.connections = self.counters.connections.saturating_sub(1);
        }
        self.unjoin(client);
    }

    /// An allocation has ended, and its client's connection may ask for another.
    pub(super) fn return_to_half_open(&mut self, now: Tick, client: ClientSocket) {
        self.shared.accounts().return_half(source(client.remote.ip()));
        self.enter_half_open(now, client);
    }

    fn enter_half_open(&mut self, now: Tick, client: ClientSocket) {
        let until = now + self.half_open_ns();
        self.half_open.insert(client, until);
        self.half_open_due.insert((until, client));
        self.due = self.due.min(until);
    }

    /// Whether it was half-open and is not any more.
    pub(super) fn leave_half_open(&mut self, now: Tick, client: ClientSocket) -> bool {
        let Some(until) = self.half_open.remove(&client) else { return false };
        shrink(&mut self.half_open);
        self.half_open_due.remove(&(until, client));
        self.shared.accounts().close_half(now, source(client.remote.ip()));
        true
    }

    pub(super) fn end_overdue_clients(&mut self, now: Tick) {
        while let Some((_, client)) = self.half_open_due.first().copied().filter(|(tick, _)| *tick <= now) {
            self.leave_half_open(now, client);
            self.counters.connections = self.counters.connections.saturating_sub(1);
            self.counters.count(DropReason::HalfOpenLate);
            self.actions.push_back(Action::CloseClient { client, reason: CloseReason::Idle });
        }
    }
}
