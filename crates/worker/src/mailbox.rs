//! Requests on their way to a worker's thread.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

use motet_control::{Refusal, Request, Response};

/// Requests that may wait for one worker: many times what all its rooms ask for in a second. Full means that the worker
/// is hopelessly behind or hangs; the sender is told, and nobody waits for a place.
const POSTS_MAX: usize = 8192;

/// Called by the worker's thread with the outcome; must be quick and must not wait.
pub type Answer = Box<dyn FnOnce(Result<Response, Refusal>) + Send>;

/// What can be sent to a worker's thread.
pub enum Post {
    /// Carry this out.
    Request {
        /// What to do.
        request: Request,
        /// Whom to tell.
        answer: Answer,
    },
    /// End: close all routers, tell their peers, free the ports.
    Stop,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { request, .. } => f.debug_tuple("Request").field(request).finish(),
            Self::Stop => f.write_str("Stop"),
        }
    }
}

/// Why a post was not taken; it comes back.
#[derive(Debug)]
pub enum PostError {
    /// Too many wait already.
    Full(Post),
    /// The worker has ended.
    Gone(Post),
}

/// The senders' side; any thread may use it. The worker ends when it is dropped.
pub struct PostOffice {
    /// `None` only while dropping.
    sender: Option<SyncSender<Post>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

/// The worker's side.
#[derive(Debug)]
pub struct Mailbox(Receiver<Post>);

/// A pair of sides. `wake` ends the worker's sleep.
pub fn mailbox(wake: impl Fn() + Send + Sync + 'static) -> (PostOffice, Mailbox) {
    let (sender, receiver) = sync_channel(POSTS_MAX);
    (PostOffice { sender: Some(sender), wake: Arc::new(wake) }, Mailbox(receiver))
}

impl PostOffice {
    /// Sends without waiting. Posts are carried out in the order in which this returned.
    ///
    /// # Errors
    /// Where the mailbox is full or the worker has ended.
    pub fn post(&self, post: Post) -> Result<(), PostError> {
        let Some(sender) = &self.sender else { return Err(PostError::Gone(post)) };
        sender.try_send(post).map_err(|error| match error {
            TrySendError::Full(post) => PostError::Full(post),
            TrySendError::Disconnected(post) => PostError::Gone(post),
        })?;
        (self.wake)();
        Ok(())
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
    /// The next post; `Stop` once nobody can send any more.
    pub(crate) fn next(&self) -> Option<Post> {
        match self.0.try_recv() {
            Ok(post) => Some(post),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Post::Stop),
        }
    }
}
