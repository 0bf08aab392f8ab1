//! What the network says about datagrams that relays sent, told to their clients (RFC 8656 section 11.6).

use std::time::{Duration, Instant};

use motet_net::ports::{IcmpError, PortId};

use super::{PortUse, Relay, Turn};
use crate::counters::EngineDrop;

/// Errors taken from one relay in one turn at most.
const ERRORS_PER_TURN: usize = 64;
/// How often a client is told, in the long run: a path's width and a peer that is gone are told by the first.
const TELL_EVERY: Duration = Duration::from_millis(100);
/// How often at once: a client tries all of a peer's addresses at a time.
const TELL_BURST: u32 = 20;

/// When a relay's client was told so often as it may be.
#[derive(Default)]
pub(super) struct Telling {
    clear_at: Option<Instant>,
}

impl Telling {
    fn admits(&mut self, now: Instant) -> bool {
        let next = self.clear_at.map_or(now, |clear_at| clear_at.max(now)) + TELL_EVERY;
        let is_within = next <= now + TELL_EVERY * TELL_BURST;
        if is_within {
            self.clear_at = Some(next);
        }
        is_within
    }
}

impl Turn {
    /// Empties the queues of the ports that have errors. One that is left full would take the room of what peers send.
    pub(super) fn receive_errors(&mut self) {
        let mut erring = std::mem::take(&mut self.erring);
        erring.retain(|port| self.receive_errors_of(*port));
        self.erring.append(&mut erring);
    }

    /// Whether there may be more.
    fn receive_errors_of(&mut self, port: PortId) -> bool {
        let Some(PortUse::Relay(relay)) = self.net.uses.get(port.0 as usize).copied() else { return false };
        let mut last = None;
        for _ in 0..ERRORS_PER_TURN {
            let Some(error) = self.net.ports.get(port).and_then(|port| port.next_error()) else {
                return false;
            };
            // This machine may say the same of one datagram twice.
            if last == Some(error) {
                continue;
            }
            last = Some(error);
            let Some(Relay::Udp { telling, .. }) = self.relays.get_mut(relay.0 as usize) else {
                return false;
            };
            if !telling.admits(self.now.instant) {
                self.drops.count(EngineDrop::IcmpRate);
                continue;
            }
            let IcmpError { to, kind, code, mtu } = error;
            self.server.handle_peer_icmp(self.now, relay, to, (kind, code), mtu);
            self.carry_out();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_a_few_at_once_and_then_now_and_then() {
        let (mut telling, now) = (Telling::default(), Instant::now());
        let mut told_at = |now| (0..1_000).filter(|_| telling.admits(now)).count();
        assert_eq!(told_at(now), TELL_BURST as usize);
        assert_eq!(told_at(now + TELL_EVERY * 3), 3);
        assert_eq!(told_at(now + TELL_EVERY * 1_000), TELL_BURST as usize);
    }
}
