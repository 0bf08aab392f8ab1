//! From a plan to an allocation: quotas, ports, the engine's sockets, the answer.

use std::net::SocketAddr;
use std::sync::Arc;

use super::allocate::Plan;
use super::allocation::{Allocation, Opening, Relay};
use super::authentication::Known;
use super::requests::Reply;
use super::{Server, Slot, Timer, source};
use crate::shared::{Budget, Denied, Held, PortWish, Tick};
use crate::wire::Family;
use crate::wire::numbers::{ErrorCode, attribute};
use crate::{Action, HoldId, Now, OpenError, RelayId, RelayTransport};

/// Ports that are tried when others on this machine have taken them.
const ATTEMPTS_MAX: u8 = 16;
/// How long a reserved port waits: 30 seconds, the least that RFC 8656 section 7.2 asks for.
const HOLD_NS: Tick = 30 * 1_000_000_000;
const SECOND_NS: Tick = 1_000_000_000;

impl Server {
    /// Counts an allocation and asks for its sockets.
    pub(super) fn begin(
        &mut self,
        now: Tick,
        plan: Plan,
        known: Known,
        reply: &Reply,
    ) -> Result<(), ErrorCode> {
        let from = source(reply.client.remote.ip());
        let held = plan.token.map(|hold| self.redeem(now, hold, &known)).transpose()?;
        let budgets = self.count_in(now, &known, from).inspect_err(|_| {
            if let Some((hold, held)) = &held {
                self.actions.push_back(Action::DropHeld { hold: *hold });
                self.shared.ports().give_back(held.relay, RelayTransport::Udp, held.port);
            }
        })?;
        let hold = (plan.wish == PortWish::EvenPair).then(|| HoldId(u64::from_be_bytes(self.random())));
        if hold.is_some()
            && let Err(code) = self.count_in(now, &known, from)
        {
            self.shared.accounts().close(now, known.account(), from);
            return Err(code);
        }
        let opening = Opening {
            reply: reply.clone(),
            lifetime_ns: plan.lifetime_ns,
            wish: plan.wish,
            attempts: 0,
            errors: plan.errors,
        };
        let slot = Slot(self.allocations.insert(Box::new(Allocation {
            client: reply.client,
            known,
            budgets,
            transport: plan.transport,
            relays: [None, None],
            opening: Some(Box::new(opening)),
            made_by: reply.transaction,
            hold,
            is_shelved: false,
            permissions: Default::default(),
            channels: Default::default(),
            connections: Vec::new(),
        })));
        self.clients.insert(reply.client, slot);
        self.leave_half_open(now, reply.client);
        self.counters.allocations += 1;
        if let Some((hold, held)) = held {
            self.ask_for(slot, held.relay, held.port, Some(hold));
        }
        for place in plan.places {
            match self.draw(place, plan.transport, plan.wish) {
                Some(port) => self.ask_for(slot, place, port, None),
                None => self.note_error(slot, self.family(place)),
            }
        }
        self.conclude(now, slot);
        Ok(())
    }

    /// How [`Action::OpenRelay`] or [`Action::TakeHeld`] went.
    pub fn handle_relay_opened(&mut self, now: Now, relay: RelayId, outcome: Result<(), OpenError>) {
        let tick = self.catch_up(now.instant);
        let Some(slot) = self.relays.get(relay.0 as usize).copied() else { return };
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        let (transport, hold) = (allocation.transport, allocation.hold);
        let Some(opening) = &mut allocation.opening else { return };
        let is_this = |end: &&mut Relay| end.id == relay && !end.is_open;
        let Some(end) = allocation.relays.iter_mut().flatten().find(is_this) else { return };
        let (place, port) = (usize::from(end.place), end.announced.port());
        match outcome {
            Ok(()) => end.is_open = true,
            Err(error) => {
                let wish = opening.wish;
                opening.attempts += 1;
                let tries_on =
                    error == OpenError::PortTaken && opening.attempts < ATTEMPTS_MAX && !end.is_taken;
                self.give_back(place, transport, port, wish);
                let next = if tries_on { self.draw(place, transport, wish) } else { None };
                match next {
                    Some(port) => self.ask_again(slot, relay, port, hold),
                    None => self.fail_relay(slot, relay),
                }
            }
        }
        self.conclude(tick, slot);
    }

    /// The success answer to an Allocate request.
    pub(super) fn announce(&mut self, now: Tick, slot: Slot, reply: &Reply, errors: &[(Family, ErrorCode)]) {
        let Some(allocation) = self.allocations.get(slot.0) else { return };
        let relayed: Vec<SocketAddr> = allocation.relays().map(|relay| relay.announced).collect();
        let until = allocation.relays().map(|relay| relay.until).min().unwrap_or(now);
        let lifetime_s = until.saturating_sub(now).div_ceil(SECOND_NS) as u32;
        let (hold, client) = (allocation.hold, allocation.client);
        self.succeed(reply, |writer| {
            for address in relayed {
                writer.xor_address(attribute::XOR_RELAYED_ADDRESS, address);
            }
            writer.u32(attribute::LIFETIME, lifetime_s);
            if let Some(hold) = hold {
                writer.attribute(attribute::RESERVATION_TOKEN, &hold.0.to_be_bytes());
            }
            writer.xor_address(attribute::XOR_MAPPED_ADDRESS, client.remote);
            for (family, code) in errors {
                writer.address_error(*family, *code);
            }
        });
    }

    /// Takes what waits on the shelf. From here on it no longer counts as reserved.
    fn redeem(&mut self, now: Tick, hold: HoldId, known: &Known) -> Result<(HoldId, Held), ErrorCode> {
        let held = self.shared.reservations().redeem(now, hold, known.account());
        let held = held.ok_or(ErrorCode::InsufficientCapacity)?;
        self.shared.accounts().close(now, &held.user, held.source);
        Ok((hold, held))
    }

    fn count_in(&self, now: Tick, known: &Known, from: u128) -> Result<[Arc<Budget>; 2], ErrorCode> {
        let counted = self.shared.accounts().open(now, &self.shared.settings.quotas, known.account(), from);
        counted.map_err(|denied| match denied {
            Denied::Share => ErrorCode::AllocationQuotaReached,
            Denied::Full => ErrorCode::InsufficientCapacity,
        })
    }

    fn draw(&mut self, place: usize, transport: RelayTransport, wish: PortWish) -> Option<u16> {
        let chance = u32::from_be_bytes(self.random());
        self.shared.ports().take(place, transport, wish, chance)
    }

    fn give_back(&self, place: usize, transport: RelayTransport, port: u16, wish: PortWish) {
        let mut ports = self.shared.ports();
        ports.give_back(place, transport, port);
        if wish == PortWish::EvenPair {
            ports.give_back(place, transport, port + 1);
        }
    }

    /// Asks the engine for a socket at a port that is ours to give.
    fn ask_for(&mut self, slot: Slot, place: usize, port: u16, held: Option<HoldId>) {
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        let ip = self.shared.settings.relays[place];
        let id = RelayId(self.relays.insert(slot) as u32);
        allocation.relays[usize::from(ip.bind.is_ipv6())] = Some(Relay {
            id,
            place: place as u8,
            is_open: false,
            is_taken: held.is_some(),
            announced: SocketAddr::new(ip.announce.unwrap_or(ip.bind), port),
            until: 0,
        });
        let hold_next = allocation.hold;
        match held {
            Some(hold) => self.actions.push_back(Action::TakeHeld { relay: id, hold }),
            None => self.ask_again(slot, id, port, hold_next),
        }
    }

    fn ask_again(&mut self, slot: Slot, relay: RelayId, port: u16, hold_next: Option<HoldId>) {
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        let transport = allocation.transport;
        let Some(end) = allocation.relays.iter_mut().flatten().find(|end| end.id == relay) else { return };
        end.announced.set_port(port);
        let address = SocketAddr::new(self.shared.settings.relays[usize::from(end.place)].bind, port);
        self.actions.push_back(Action::OpenRelay { relay, transport, address, hold_next });
    }

    fn fail_relay(&mut self, slot: Slot, relay: RelayId) {
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        let failed = allocation.relays.iter_mut().find(|end| end.as_ref().is_some_and(|end| end.id == relay));
        let Some(end) = failed.and_then(Option::take) else { return };
        self.relays.try_remove(relay.0 as usize);
        self.note_error(slot, self.family(end.place.into()));
    }

    fn note_error(&mut self, slot: Slot, family: Family) {
        let opening = self.allocations.get_mut(slot.0).and_then(|allocation| allocation.opening.as_mut());
        if let Some(opening) = opening {
            opening.errors.push((family, ErrorCode::InsufficientCapacity));
        }
    }

    fn family(&self, place: usize) -> Family {
        Family::of(self.shared.settings.relays[place].bind)
    }

    /// Answers, once nothing is open any more about what is open.
    fn conclude(&mut self, now: Tick, slot: Slot) {
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        if allocation.relays().any(|relay| !relay.is_open) {
            return;
        }
        let Some(opening) = allocation.opening.take() else { return };
        if allocation.relays().next().is_none() {
            self.end_allocation(now, slot);
            return self.fail(&opening.reply, ErrorCode::InsufficientCapacity);
        }
        let until = now + opening.lifetime_ns;
        allocation.relays.iter_mut().flatten().for_each(|relay| relay.until = until);
        let relays = [0, 1].map(|at| allocation.relays[at].as_ref().map(|relay| relay.id));
        relays.into_iter().flatten().for_each(|relay| self.set_timer(until, Timer::Relay(relay)));
        self.shelve(now, slot);
        self.counters.allocations_made += 1;
        self.announce(now, slot, &opening.reply, &opening.errors);
    }

    /// Has the next port wait for who reserved it.
    fn shelve(&mut self, now: Tick, slot: Slot) {
        let Some(allocation) = self.allocations.get_mut(slot.0) else { return };
        allocation.is_shelved = allocation.hold.is_some();
        let (Some(hold), Some(relay)) = (allocation.hold, allocation.relays().next()) else { return };
        let held = Held {
            user: allocation.known.account().into(),
            source: source(allocation.client.remote.ip()),
            relay: relay.place.into(),
            port: relay.announced.port() + 1,
            until: now + HOLD_NS,
        };
        self.set_timer(held.until, Timer::Hold(hold));
        self.shared.reservations().insert(hold, held);
    }
}
