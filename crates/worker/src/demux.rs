//! Whose datagram is it? By its tuple; else, for a STUN check, by the username fragment that it names.

use std::collections::HashMap;

use motet_control::TransportId;
use motet_ice::{Tuple, peek_check};
use motet_rtp::{PacketClass, packet_class};

use crate::drop_reason::DropReason;
use crate::timers::Slot;

/// The transport that something belongs to, and the router that holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Route {
    pub(crate) router: Slot,
    pub(crate) transport: TransportId,
}

/// The keys are chosen by peers, so both maps keep std's keyed hash; the number of entries is the routers' to limit: they
/// add a tuple only once a check on it was verified.
#[derive(Default)]
pub(crate) struct Demux {
    tuples: HashMap<Tuple, Route>,
    ufrags: HashMap<String, Route>,
}

impl Demux {
    /// A check goes where the fragment leads that it names, though its tuple lead elsewhere: a NAT gives the address of one
    /// who has gone to somebody new long before the going is noticed.
    ///
    /// # Errors
    /// Why it is nobody's.
    pub(crate) fn find(&self, tuple: &Tuple, datagram: &[u8]) -> Result<Route, DropReason> {
        let known = self.tuples.get(tuple).copied();
        let Some(first) = datagram.first() else { return known.ok_or(DropReason::EmptyDatagram) };
        match known {
            Some(route) if packet_class(*first) != PacketClass::Stun => return Ok(route),
            _ => {}
        }
        let Some(check) = peek_check(datagram) else { return known.ok_or(DropReason::UnknownTuple) };
        let named = self.ufrags.get(check.local_ufrag).copied();
        named.or(known).ok_or(DropReason::UnknownUfrag)
    }

    pub(crate) fn route_of(&self, tuple: &Tuple) -> Option<Route> {
        self.tuples.get(tuple).copied()
    }

    pub(crate) fn has_ufrag(&self, ufrag: &str) -> bool {
        self.ufrags.contains_key(ufrag)
    }

    /// Answers where the tuple led before, if that was elsewhere.
    pub(crate) fn add_tuple(&mut self, tuple: Tuple, route: Route) -> Option<Route> {
        self.tuples.insert(tuple, route).filter(|before| *before != route)
    }

    pub(crate) fn add_ufrag(&mut self, ufrag: String, route: Route) {
        self.ufrags.insert(ufrag, route);
    }

    /// Takes the tuple out if it leads there; true if it did.
    pub(crate) fn remove_tuple(&mut self, tuple: &Tuple, route: Route) -> bool {
        self.tuples.get(tuple) == Some(&route) && self.tuples.remove(tuple).is_some()
    }

    /// Takes the fragment out if it leads to this router.
    pub(crate) fn remove_ufrag(&mut self, ufrag: &str, router: Slot) {
        if self.ufrags.get(ufrag).is_some_and(|route| route.router == router) {
            self.ufrags.remove(ufrag);
        }
    }
}
