//! What a thread's loop is told from outside.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use motet_net::Waker;

use crate::counters::ThreadCounters;
use crate::stream::Handed;

/// Letters that wait for one thread. Full means that a connection on its way there is closed.
const LETTERS_MAX: usize = 1_024;

/// For one thread.
pub(crate) enum Letter {
    /// A client's connection that was begun elsewhere.
    Adopt(Box<Handed>),
    /// Ends every allocation of a user.
    EndUser(String),
    /// The end.
    Stop,
}

/// The way to one thread.
#[derive(Clone)]
pub(crate) struct Post {
    letters: SyncSender<Letter>,
    waker: Waker,
    report: Arc<Mutex<Option<ThreadCounters>>>,
}

/// A thread's own side.
pub(crate) struct Mailbox {
    letters: Receiver<Letter>,
    report: Arc<Mutex<Option<ThreadCounters>>>,
}

pub(crate) fn mailbox(waker: Waker) -> (Post, Mailbox) {
    let (sender, receiver) = sync_channel(LETTERS_MAX);
    let report = Arc::new(Mutex::new(None));
    (Post { letters: sender, waker, report: Arc::clone(&report) }, Mailbox { letters: receiver, report })
}

impl Post {
    /// Gives the letter back where it cannot be delivered.
    pub(crate) fn send(&self, letter: Letter) -> Result<(), Letter> {
        match self.letters.try_send(letter) {
            Ok(()) => {
                self.waker.wake();
                Ok(())
            }
            Err(TrySendError::Full(letter) | TrySendError::Disconnected(letter)) => Err(letter),
        }
    }

    /// What the thread told last, if it lives.
    pub(crate) fn report(&self) -> Option<ThreadCounters> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Mailbox {
    pub(crate) fn next(&self) -> Option<Letter> {
        self.letters.try_recv().ok()
    }

    pub(crate) fn report(&self, counters: ThreadCounters) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = Some(counters);
    }
}

impl Drop for Mailbox {
    /// A thread that is gone has nothing.
    fn drop(&mut self) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
