//! Queues between a worker and the programs at the other ends of its direct transports.
//!
//! Neither side waits for the other. The worker stages what it has for a program and hands it over once a turn, if it finds the
//! queue free; else it keeps it for the next turn. What a full queue does not take is lost and counted, as on any network.

mod packets;
mod pipe;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use motet_control::TransportId;

pub use packets::Packet;
pub(crate) use packets::Packets;
pub use pipe::{DirectEnd, DirectReceiver, DirectSender, direct_pipe};

use crate::drop_reason::{DropReason, Drops};

/// Packets of programs that one turn takes at most: each goes to all consumers of a mix, and peers' packets wait meanwhile.
const PACKETS_PER_TURN: usize = 32;
/// When to try again to hand over what found its queue in use.
const AGAIN_AFTER: Duration = Duration::from_millis(1);

/// The worker's side of all its direct transports.
#[derive(Default)]
pub(crate) struct Directs {
    ends: HashMap<TransportId, End>,
    /// Raised by any program that has sent; read before each of them is asked.
    has_input: Arc<AtomicBool>,
    /// Those with something staged, each once.
    staged: Vec<TransportId>,
    /// Those with input that is yet to be taken, each once.
    pending: Vec<TransportId>,
    again_at: Option<Instant>,
    now: Option<Instant>,
}

struct End {
    pipe: DirectEnd,
    staged: Packets,
    is_staged: bool,
    input: Packets,
    is_pending: bool,
}

impl Directs {
    /// A program is at the other end of `transport` from here on.
    pub(crate) fn attach(&mut self, transport: TransportId, pipe: DirectEnd) {
        pipe.announce_to(Arc::clone(&self.has_input));
        self.remove(transport);
        let end = End {
            pipe,
            staged: Packets::default(),
            is_staged: false,
            input: Packets::default(),
            is_pending: false,
        };
        self.ends.insert(transport, end);
        self.has_input.store(true, Ordering::Release);
    }

    /// The transport is gone; its program finds out.
    pub(crate) fn remove(&mut self, transport: TransportId) {
        if self.ends.remove(&transport).is_some() {
            self.staged.retain(|other| *other != transport);
            self.pending.retain(|other| *other != transport);
        }
    }

    /// What is staged from here on is of this moment.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.now = Some(now);
    }

    /// Stages a packet for a program.
    pub(crate) fn send(
        &mut self,
        to: TransportId,
        len_max: usize,
        fill: impl FnOnce(&mut [u8]) -> usize,
        drops: &mut Drops,
    ) {
        let (Some(end), Some(now)) = (self.ends.get_mut(&to), self.now) else {
            return drops.count(DropReason::NoProgram);
        };
        if !end.staged.push_with(now, len_max, fill) {
            return drops.count(DropReason::DirectFull);
        }
        if !end.is_staged {
            end.is_staged = true;
            self.staged.push(to);
        }
    }

    /// Hands over what is staged.
    pub(crate) fn flush(&mut self, now: Instant, drops: &mut Drops) {
        let ends = &mut self.ends;
        self.staged.retain(|transport| {
            let Some(end) = ends.get_mut(transport) else { return false };
            match end.pipe.hand_over(&mut end.staged) {
                Some(lost) => {
                    drops.count_many(DropReason::DirectFull, lost);
                    end.is_staged = false;
                }
                None => end.is_staged = true,
            }
            end.is_staged
        });
        self.again_at = (!self.staged.is_empty()).then_some(now + AGAIN_AFTER);
    }

    /// When [`Self::flush`] is to be called though nothing else happens.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.again_at
    }

    /// Takes what programs have sent, up to the limit of a turn. Returns what to handle; the caller gives it back by
    /// [`Self::put_back`].
    pub(crate) fn take_input(&mut self, drops: &mut Drops) {
        if !self.has_input.swap(false, Ordering::AcqRel) {
            return;
        }
        for (transport, end) in &mut self.ends {
            if end.is_pending {
                // Later, when the earlier is done.
                self.has_input.store(true, Ordering::Release);
                continue;
            }
            drops.count_many(DropReason::DirectFull, end.pipe.take_lost());
            if end.pipe.take_input(&mut end.input) {
                end.is_pending = true;
                self.pending.push(*transport);
            }
        }
    }

    /// The next programs' packets, out of the way while they are handled, each with how many of them to take.
    pub(crate) fn next_input(&mut self, budget: usize) -> Option<(TransportId, Packets)> {
        if budget == 0 {
            return None;
        }
        let transport = *self.pending.last()?;
        let end = self.ends.get_mut(&transport)?;
        Some((transport, std::mem::take(&mut end.input)))
    }

    /// Gives the rest of [`Self::next_input`] back.
    pub(crate) fn put_back(&mut self, transport: TransportId, mut rest: Packets) {
        // The transport may have ended by what it sent.
        let Some(end) = self.ends.get_mut(&transport) else { return };
        let is_done = rest.is_empty();
        if is_done {
            rest.clear();
            end.is_pending = false;
            self.pending.retain(|other| *other != transport);
        } else {
            // The others' turn, before this one's next.
            self.pending.rotate_right(1);
        }
        end.input = rest;
    }

    /// Whether packets wait that were taken and not handled yet.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }
}

/// Packets of programs that one turn handles at most.
pub(crate) const fn packets_per_turn() -> usize {
    PACKETS_PER_TURN
}
