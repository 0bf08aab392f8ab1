//! Where packets go out.

use motet_control::TransportId;
use motet_ice::Tuple;

/// A batch of datagrams to send: `net`'s in the engine, a plain list in tests.
pub trait Egress {
    /// Queues one datagram (or, over TCP, one frame) to `to`. `fill` gets a buffer of exactly `len_max` bytes with arbitrary
    /// content, writes the datagram at its front and returns its length; 0 means that there is nothing to send after
    /// all. When the batch or the receiver's queue is full, the datagram is lost as on any network and `fill` may or
    /// may not be called.
    fn send(&mut self, to: Tuple, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize);

    /// As [`Self::send`], to the program at the other end of a direct transport. Where there are no such programs, as here,
    /// the packet is lost.
    fn send_direct(&mut self, to: TransportId, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) {
        let _ = (to, len_max, fill);
    }
}
