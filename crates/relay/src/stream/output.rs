//! What waits to be written to one connection.

use std::collections::VecDeque;

/// What does not fit is not queued, none of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OutputFull;

/// Bytes that may wait for a client that is relayed to: a second of 2 Mbit/s. Full means that the datagram in hand is lost,
/// as on any network.
const WAITING_BYTES_MAX: usize = 256 * 1024;
/// An empty queue gives memory above this back.
const KEPT_BYTES: usize = 4 * 1024;

/// Bytes in the order in which they were pushed; those before `written` have left.
#[derive(Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    written: usize,
    /// Lengths of the messages that wait, where they are kept apart.
    messages: Option<VecDeque<usize>>,
}

impl Output {
    /// From here on each push is a message of its own. There must be nothing waiting.
    pub(crate) fn keep_apart(&mut self) {
        debug_assert_eq!(self.waiting(), 0);
        self.messages = Some(VecDeque::new());
    }

    pub(crate) fn push(&mut self, parts: &[&[u8]]) -> Result<(), OutputFull> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        if self.waiting() + len > WAITING_BYTES_MAX {
            return Err(OutputFull);
        }
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        if let Some(messages) = &mut self.messages
            && len > 0
        {
            messages.push_back(len);
        }
        Ok(())
    }

    pub(crate) fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// What waits, or the first message of it where they are kept apart.
    pub(crate) fn front(&self) -> &[u8] {
        let waiting = &self.bytes[self.written..];
        let first = self.messages.as_ref().and_then(|messages| messages.front());
        first.map_or(waiting, |len| &waiting[..*len])
    }

    /// So many bytes of the front have left.
    pub(crate) fn consume(&mut self, count: usize) {
        self.written += count;
        if let Some(first) = self.messages.as_mut().and_then(|messages| messages.front_mut()) {
            *first -= count;
            if *first == 0 {
                self.messages.as_mut().and_then(VecDeque::pop_front);
            }
        }
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT_BYTES);
            self.written = 0;
        } else if self.written >= self.waiting() {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_are_kept_apart_leave_one_by_one() {
        let mut output = Output::default();
        output.keep_apart();
        output.push(&[&[1], &[1]]).unwrap();
        output.push(&[&[]]).unwrap();
        output.push(&[&[2; 3]]).unwrap();
        assert_eq!(output.front(), [1, 1]);
        output.consume(1);
        assert_eq!(output.front(), [1]);
        output.consume(1);
        assert_eq!(output.front(), [2, 2, 2]);
        output.consume(3);
        assert_eq!((output.front(), output.waiting()), (&[][..], 0));
    }

    #[test]
    fn a_full_queue_takes_nothing_until_some_has_left() {
        let mut output = Output::default();
        while output.push(&[&[1], &[7; 999]]).is_ok() {}
        assert_eq!(output.waiting(), WAITING_BYTES_MAX / 1000 * 1000);
        output.consume(1000);
        assert_eq!(output.push(&[&[2; 1000]]), Ok(()));
        assert_eq!(output.front()[0], 1);
        output.consume(output.waiting());
        assert_eq!(output.waiting(), 0);
        assert!(output.bytes.capacity() <= KEPT_BYTES);
    }
}
