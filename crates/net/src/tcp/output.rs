//! What waits to be written to one TCP peer, in frames.

use std::io::{self, Write};

use super::framing::PREFIX_BYTES;

/// Bytes that may wait for one peer, prefixes included: a second of 2 Mbit/s. Full means that the frame in hand is lost.
const WAITING_BYTES_MAX: usize = 256 * 1024;
/// An empty queue gives memory above this back.
const KEPT_BYTES: usize = 16 * 1024;

/// Frames in the order in which they were pushed; `bytes[..written]` has left.
#[derive(Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    written: usize,
}

impl Output {
    /// Appends the frame that `fill` writes and returns its length; `None`, and nothing appended, where `len_max` more
    /// bytes would not fit.
    pub(crate) fn push(&mut self, len_max: usize, fill: impl FnOnce(&mut [u8]) -> usize) -> Option<usize> {
        if self.waiting() + PREFIX_BYTES + len_max > WAITING_BYTES_MAX {
            return None;
        }
        let start = self.bytes.len();
        let payload = start + PREFIX_BYTES;
        self.bytes.resize(payload + len_max, 0);
        let len = fill(&mut self.bytes[payload..]).min(len_max);
        let prefix = u16::try_from(len).unwrap_or(0);
        if prefix == 0 {
            self.bytes.truncate(start);
            return Some(0);
        }
        self.bytes[start..payload].copy_from_slice(&prefix.to_be_bytes());
        self.bytes.truncate(payload + len);
        Some(len)
    }

    /// Writes as much as the peer takes. True when nothing waits any more.
    ///
    /// # Errors
    /// Whatever ends the connection; a peer that takes no more for the moment is no error.
    pub(crate) fn write_to(&mut self, mut stream: impl Write) -> io::Result<bool> {
        while self.written < self.bytes.len() {
            match stream.write(&self.bytes[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.give_back_written();
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.written = 0;
        Ok(true)
    }

    fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Moves what waits to the front, once that moves less than it frees.
    fn give_back_written(&mut self) {
        if self.written >= self.waiting() {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes `room` bytes in all, at most 3 a call.
    struct Narrow {
        room: usize,
        taken: Vec<u8>,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(3).min(self.room);
            if count == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.room -= count;
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn push(output: &mut Output, bytes: &[u8]) -> Option<usize> {
        output.push(bytes.len() + 10, |out| {
            out[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        })
    }

    #[test]
    fn frames_leave_whole_and_in_order_however_little_the_peer_takes() {
        let mut output = Output::default();
        let mut peer = Narrow { room: 0, taken: vec![] };
        assert_eq!(push(&mut output, b"hello"), Some(5));
        assert_eq!(push(&mut output, b"you"), Some(3));
        for _ in 0..11 {
            peer.room = 1;
            assert!(!output.write_to(&mut peer).unwrap());
        }
        peer.room = 100;
        assert!(output.write_to(&mut peer).unwrap());
        assert_eq!(peer.taken, b"\x00\x05hello\x00\x03you");
    }

    #[test]
    fn a_full_queue_takes_nothing_and_recovers_once_it_was_written() {
        let mut output = Output::default();
        let mut frames = 0;
        while push(&mut output, &[7; 1000]).is_some() {
            frames += 1;
        }
        assert_eq!(frames, WAITING_BYTES_MAX / 1002);
        assert!(output.bytes.len() <= WAITING_BYTES_MAX);
        let mut peer = Narrow { room: usize::MAX, taken: vec![] };
        assert!(output.write_to(&mut peer).unwrap());
        assert_eq!(peer.taken.len(), frames * 1002);
        assert!(output.bytes.capacity() <= KEPT_BYTES);
        assert_eq!(push(&mut output, &[7; 1000]), Some(1000));
    }

    #[test]
    fn an_empty_frame_is_not_sent() {
        let mut output = Output::default();
        assert_eq!(push(&mut output, b""), Some(0));
        assert!(output.write_to(Narrow { room: 0, taken: vec![] }).unwrap(), "nothing waits");
    }
}
