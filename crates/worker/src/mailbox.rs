//! Requests on their way to a worker's thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

use motet_control::{Refusal, Request, Response, TransportId};

use crate::direct::{DirectEnd, DirectReceiver, DirectSender, direct_pipe};

/// Requests that may wait for one worker: many times what all its rooms ask for in a second. Full means that the worker
/// is hopelessly behind or hangs; the sender is told, and nobody waits for a place.
const POSTS_MAX: usize = 8192;

/// Called by the worker's thread with the outcome; must be quick and must not wait.
pub type Answer = Box<dyn FnOnce(Result<Response, Refusal>) + Send>;

/// A request and whom to tell its outcome.
pub struct Post {
    /// What to do.
    pub request: Request,
    /// Whom to tell.
    pub answer: Answer,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("request", &self.request).finish_non_exhaustive()
    }
}

/// What the mailbox holds.
enum Letter {
    Post(Post),
    Attach(TransportId, DirectEnd),
}

/// Why a post was not taken; it comes back.
#[derive(Debug)]
pub enum PostError {
    /// Too many wait already.
    Full(Post),
    /// The worker has ended or was told to.
    Gone(Post),
}

/// The senders' side; any thread may use it. The worker ends when it is dropped.
pub struct PostOffice {
    /// `None` only while dropping.
    sender: Option<SyncSender<Letter>>,
    wake: Arc<dyn Fn() + Send + Sync>,
    is_stopped: Arc<AtomicBool>,
}

/// The worker's side.
#[derive(Debug)]
pub struct Mailbox {
    receiver: Receiver<Letter>,
    is_stopped: Arc<AtomicBool>,
}

/// What a worker finds in its mailbox.
pub(crate) enum Found {
    Post(Post),
    /// A program for a direct transport.
    Attach(TransportId, DirectEnd),
    Nothing,
    /// All posts were taken out, and no more will come: end.
    Stop,
}

/// A pair of sides. `wake` ends the worker's sleep.
pub fn mailbox(wake: impl Fn() + Send + Sync + 'static) -> (PostOffice, Mailbox) {
    let (sender, receiver) = sync_channel(POSTS_MAX);
    let is_stopped = Arc::new(AtomicBool::new(false));
    let office =
        PostOffice { sender: Some(sender), wake: Arc::new(wake), is_stopped: Arc::clone(&is_stopped) };
    (office, Mailbox { receiver, is_stopped })
}

impl PostOffice {
    /// Sends without waiting. Posts are carried out in the order in which this returned.
    ///
    /// # Errors
    /// Where the mailbox is full or the worker has ended.
    pub fn post(&self, post: Post) -> Result<(), PostError> {
        let sender = self.sender.as_ref().filter(|_| !self.is_stopped.load(Ordering::Acquire));
        let Some(sender) = sender else { return Err(PostError::Gone(post)) };
        sender.try_send(Letter::Post(post)).map_err(|error| match error {
            TrySendError::Full(Letter::Post(post)) => PostError::Full(post),
            TrySendError::Disconnected(Letter::Post(post)) => PostError::Gone(post),
            TrySendError::Full(Letter::Attach(..)) | TrySendError::Disconnected(Letter::Attach(..)) => {
                unreachable!("what was sent comes back")
            }
        })?;
        (self.wake)();
        Ok(())
    }

    /// Attaches the caller to a direct transport that was asked for before. Where the mailbox is full or the worker has
    /// ended, or the transport is not there when its turn comes, the ends are closed.
    pub fn attach(&self, transport: TransportId) -> (DirectSender, DirectReceiver) {
        let wake = Arc::clone(&self.wake);
        let (end, sender, receiver) = direct_pipe(move || wake());
        if let Some(office) = self.sender.as_ref().filter(|_| !self.is_stopped.load(Ordering::Acquire)) {
            // An end that comes back is dropped here, which closes the others.
            let _ = office.try_send(Letter::Attach(transport, end));
            (self.wake)();
        }
        (sender, receiver)
    }

    /// Tells the worker to end once it has carried out what was sent before, however full the mailbox is: to close its
    /// routers, tell their peers, free its ports. Nothing is taken any more.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        (self.wake)();
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        // The worker has to find the channel closed when it wakes.
        self.sender = None;
        (self.wake)();
    }
}

impl fmt::Debug for PostOffice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostOffice").finish_non_exhaustive()
    }
}

impl Mailbox {
    pub(crate) fn next(&self) -> Found {
        // Asked first: what came before the stop is found by the attempt after it.
        let is_stopped = self.is_stopped.load(Ordering::Acquire);
        match self.receiver.try_recv() {
            Ok(Letter::Post(post)) => Found::Post(post),
            Ok(Letter::Attach(transport, end)) => Found::Attach(transport, end),
            Err(TryRecvError::Empty) if !is_stopped => Found::Nothing,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Found::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use motet_control::RouterId;

    use super::*;

    fn post(office: &PostOffice, id: u64) -> Result<(), PostError> {
        let request = Request::CreateRouter { router_id: RouterId(id) };
        office.post(Post { request, answer: Box::new(|_| {}) })
    }

    fn id(found: Found) -> Option<u64> {
        match found {
            Found::Post(Post { request: Request::CreateRouter { router_id }, .. }) => Some(router_id.0),
            _ => None,
        }
    }

    #[test]
    fn a_full_mailbox_gives_the_post_back_and_a_stop_still_arrives() {
        let (office, mailbox) = mailbox(|| {});
        (0..POSTS_MAX as u64).for_each(|id| post(&office, id).unwrap());
        assert!(matches!(post(&office, 0), Err(PostError::Full(_))));
        office.stop();
        assert!(matches!(post(&office, 0), Err(PostError::Gone(_))));
        assert!((0..POSTS_MAX as u64).all(|expected| id(mailbox.next()) == Some(expected)));
        assert!(matches!(mailbox.next(), Found::Stop));
    }

    #[test]
    fn dropping_the_office_wakes_the_worker_to_find_its_end() {
        let woken = Arc::new(AtomicBool::new(false));
        let wake = Arc::clone(&woken);
        let (office, mailbox) = mailbox(move || wake.store(true, Ordering::Relaxed));
        assert!(matches!(mailbox.next(), Found::Nothing));
        drop(office);
        assert!(woken.load(Ordering::Relaxed));
        assert!(matches!(mailbox.next(), Found::Stop));
    }

    #[test]
    fn posts_to_an_ended_worker_come_back() {
        let (office, mailbox) = mailbox(|| {});
        drop(mailbox);
        assert!(matches!(post(&office, 0), Err(PostError::Gone(_))));
    }
}
