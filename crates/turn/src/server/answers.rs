//! Answers that wait to be sent, one behind the other in one buffer.

use std::collections::VecDeque;

use crate::ClientSocket;

/// A buffer that has grown beyond this is given back when it is empty.
const KEPT_BYTES: usize = 64 * 1024;

/// Answers in the order in which they were made. The engine empties it after each `handle_*`, so it holds few.
#[derive(Debug, Default)]
pub(super) struct Answers {
    bytes: Vec<u8>,
    waiting: VecDeque<(ClientSocket, usize)>,
    sent: usize,
}

impl Answers {
    /// Writes an answer for a client.
    pub(super) fn push(&mut self, client: ClientSocket, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.waiting.push_back((client, self.bytes.len()));
    }

    pub(super) fn poll(&mut self, out: &mut Vec<u8>) -> Option<ClientSocket> {
        let (client, end) = self.waiting.pop_front()?;
        out.extend_from_slice(&self.bytes[self.sent..end]);
        self.sent = end;
        if self.waiting.is_empty() {
            self.sent = 0;
            self.bytes.clear();
            if self.bytes.capacity() > KEPT_BYTES {
                self.bytes = Vec::new();
                self.waiting = VecDeque::new();
            }
        }
        Some(client)
    }
}
