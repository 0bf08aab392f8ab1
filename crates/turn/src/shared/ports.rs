//! Ports of relayed addresses: drawn at random, so that nobody guesses the next one.

use std::fmt;
use std::ops::RangeInclusive;

use crate::RelayTransport;

/// What kind of port is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PortWish {
    Any,
    Even,
    /// An even one, and the next one too.
    EvenPair,
}

type Bitmap = Box<[u64; 1024]>;

/// Which ports are given away, for each relay address and transport.
pub(crate) struct Ports {
    range: RangeInclusive<u16>,
    taken: Vec<Option<Bitmap>>,
}

impl Ports {
    pub(crate) fn new(range: RangeInclusive<u16>, relays: usize) -> Self {
        Self { range, taken: (0..relays * 2).map(|_| None).collect() }
    }

    /// Draws a free port, none if there is none; of a pair, the lower one.
    pub(crate) fn take(
        &mut self,
        relay: usize,
        transport: RelayTransport,
        wish: PortWish,
        chance: u32,
    ) -> Option<u16> {
        let (first, last) = (u32::from(*self.range.start()), u32::from(*self.range.end()));
        let count = last - first + 1;
        let taken = self.taken.get_mut(place(relay, transport))?.get_or_insert_with(|| Box::new([0; 1024]));
        let is_free = |port: u32| port <= last && taken[port as usize / 64] >> (port % 64) & 1 == 0;
        let start = chance % count;
        let port = (0..count).map(|step| first + (start + step) % count).find(|&port| match wish {
            PortWish::Any => is_free(port),
            PortWish::Even => port % 2 == 0 && is_free(port),
            PortWish::EvenPair => port % 2 == 0 && is_free(port) && is_free(port + 1),
        })?;
        let ports = if wish == PortWish::EvenPair { port..=port + 1 } else { port..=port };
        for port in ports {
            taken[port as usize / 64] |= 1 << (port % 64);
        }
        Some(port as u16)
    }

    /// Gives a port back.
    pub(crate) fn give_back(&mut self, relay: usize, transport: RelayTransport, port: u16) {
        if let Some(Some(taken)) = self.taken.get_mut(place(relay, transport)) {
            taken[usize::from(port) / 64] &= !(1 << (port % 64));
        }
    }
}

fn place(relay: usize, transport: RelayTransport) -> usize {
    relay * 2 + usize::from(transport == RelayTransport::Tcp)
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").field("range", &self.range).finish_non_exhaustive()
    }
}
