//! Packets on their way to the owner, in buffers that are used again.

use std::collections::VecDeque;

use super::Mix;

/// Packets that wait for an owner who does not ask: two turns of a room in which a hundred speak. Full means that the
/// owner is gone or stuck; the oldest are forgotten, as a late packet is worth nothing.
const PACKETS_MAX: usize = 256;

#[derive(Default)]
pub(super) struct Queue {
    packets: VecDeque<(Mix, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
}

impl Queue {
    /// A buffer to write a packet into.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// A buffer that was not needed.
    pub(super) fn give_back(&mut self, buffer: Vec<u8>) {
        self.spare.push(buffer);
    }

    pub(super) fn push(&mut self, mix: Mix, packet: Vec<u8>) {
        if self.packets.len() >= PACKETS_MAX
            && let Some((_, oldest)) = self.packets.pop_front()
        {
            self.spare.push(oldest);
        }
        self.packets.push_back((mix, packet));
    }

    /// Swaps the next packet into `out`, whose memory serves a later one.
    pub(super) fn pop(&mut self, out: &mut Vec<u8>) -> Option<Mix> {
        let (mix, packet) = self.packets.pop_front()?;
        self.spare.push(std::mem::replace(out, packet));
        Some(mix)
    }
}
