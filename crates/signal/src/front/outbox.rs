//! What waits to be written to one socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc};

use crate::session::Close;

/// The most that waits. Full of either means that the client does not read: its socket is closed, and it may resume.
const MESSAGES_MAX: usize = 1_024;
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Something to write.
pub(super) enum Outgoing {
    Text(String),
    /// The last thing.
    Close(Close),
}

/// The writing end. Dropped, it lets what waits be written and closes the socket.
pub(super) struct Outbox {
    messages: mpsc::Sender<Outgoing>,
    bytes: Arc<AtomicUsize>,
    cut: Arc<Notify>,
}

/// The reading end, for the socket.
pub(super) struct OutboxEnd {
    messages: mpsc::Receiver<Outgoing>,
    bytes: Arc<AtomicUsize>,
    cut: Arc<Notify>,
}

/// The client does not read.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Full;

pub(super) fn outbox() -> (Outbox, OutboxEnd) {
    let (sender, receiver) = mpsc::channel(MESSAGES_MAX);
    let (bytes, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let end = OutboxEnd { messages: receiver, bytes: Arc::clone(&bytes), cut: Arc::clone(&cut) };
    (Outbox { messages: sender, bytes, cut }, end)
}

impl Outbox {
    /// Queues a message. A socket that is gone takes everything; its reader tells that it is gone.
    pub(super) fn send(&self, text: String) -> Result<(), Full> {
        let len = text.len();
        let waiting = self.bytes.fetch_add(len, Ordering::Relaxed);
        // One message may be as long as it needs to be: what counts is what waits before it.
        if waiting > BYTES_MAX {
            return Err(Full);
        }
        match self.messages.try_send(Outgoing::Text(text)) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Full),
        }
    }

    /// Closes the socket once what waits is written.
    pub(super) fn close(self, close: Close) {
        if self.messages.try_send(Outgoing::Close(close)).is_err() {
            self.cut.notify_one();
        }
    }

    /// Closes the socket without writing what waits.
    pub(super) fn cut(self) {
        self.cut.notify_one();
    }
}

impl OutboxEnd {
    /// The next thing to write; `None` when nothing will come.
    pub(super) async fn next(&mut self) -> Option<Outgoing> {
        let outgoing = self.messages.recv().await;
        if let Some(Outgoing::Text(text)) = &outgoing {
            self.bytes.fetch_sub(text.len(), Ordering::Relaxed);
        }
        outgoing
    }

    /// Returns when the socket is to be closed at once.
    pub(super) fn cut(&self) -> Arc<Notify> {
        Arc::clone(&self.cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_does_not_read_is_noticed_by_count() {
        let (outbox, _end) = outbox();
        let sent = (0..10_000).take_while(|_| outbox.send("x".to_owned()).is_ok()).count();
        assert_eq!(sent, MESSAGES_MAX);
    }

    #[test]
    fn a_client_that_does_not_read_is_noticed_by_bytes() {
        let (outbox, _end) = outbox();
        let megabyte = "x".repeat(1024 * 1024);
        let sent = (0..100).take_while(|_| outbox.send(megabyte.clone()).is_ok()).count();
        assert_eq!(sent, 5, "four wait, and the fifth may pass the limit");
    }
}
