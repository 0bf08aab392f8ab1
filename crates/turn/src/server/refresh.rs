//! Refresh (RFC 8656 section 8.2).

use super::allocate::granted_ns;
use super::requests::{Reply, Request};
use super::{Server, Slot, Timer};
use crate::shared::Tick;
use crate::wire::Family;
use crate::wire::numbers::{ErrorCode, attribute};

impl Server {
    /// Prolongs or ends an allocation, or one family of it.
    pub(super) fn refresh(&mut self, now: Tick, slot: Slot, request: &Request<'_>, reply: &Reply) {
        match self.try_refresh(now, slot, request) {
            Ok(lifetime_ns) => {
                let lifetime_s = (lifetime_ns / 1_000_000_000) as u32;
                self.succeed(reply, |writer| {
                    writer.u32(attribute::LIFETIME, lifetime_s);
                });
            }
            Err(code) => self.fail(reply, code),
        }
    }

    fn try_refresh(&mut self, now: Tick, slot: Slot, request: &Request<'_>) -> Result<Tick, ErrorCode> {
        let lifetime_ns = granted_ns(&request.message, &self.shared.settings.lifetimes)?;
        let family = match request.message.requested_family {
            None => None,
            Some(value) => match Family::read(value).ok_or(ErrorCode::BadRequest)? {
                Ok(family) => Some(family),
                Err(_) => return Err(ErrorCode::PeerAddressFamilyMismatch),
            },
        };
        let is_meant = |at: usize| family.is_none_or(|family| (family == Family::V6) == (at == 1));
        let relays = self.allocation(slot)?.relays.iter_mut().enumerate();
        let mut meant = [None, None];
        for (at, relay) in relays.filter(|(at, _)| is_meant(*at)) {
            meant[at] = relay
                .as_mut()
                .map(|relay| (relay.id, std::mem::replace(&mut relay.until, now + lifetime_ns)));
        }
        if meant == [None, None] {
            return Err(ErrorCode::PeerAddressFamilyMismatch);
        }
        for (relay, before) in meant.into_iter().flatten() {
            self.timers.remove(&(before, Timer::Relay(relay)));
            if lifetime_ns == 0 {
                self.end_relay(now, relay);
            } else {
                self.set_timer(now + lifetime_ns, Timer::Relay(relay));
            }
        }
        Ok(lifetime_ns)
    }
}
