//! What every handle shares: the way to the worker's thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use motet_control::{Refusal, Request, Response, TransportId};
use motet_router::EntityId;
use motet_worker::{DirectReceiver, DirectSender, Post, PostError, PostOffice};
use tokio::sync::oneshot;

use crate::answer::Answer;
use crate::error::RequestError;
use crate::news::News;
use crate::worker::Facts;

/// Ids that handles choose have this bit, so that they never meet those that a program chooses for its own requests.
const HANDLE_ID_BIT: u64 = 1 << 63;

/// See the module. Dropping the last one ends the worker.
pub(crate) struct Link {
    post_office: PostOffice,
    pub(crate) news: Arc<News>,
    pub(crate) facts: Facts,
    pub(crate) thread: Mutex<Option<JoinHandle<()>>>,
    next_id: AtomicU64,
    /// Closings that found the mailbox full; one entry at most for each handle that there was. They go before the next
    /// post: a handle that is dropped cannot be told to try again.
    overdue: Mutex<Vec<Request>>,
}

impl Link {
    pub(crate) fn new(
        post_office: PostOffice,
        news: Arc<News>,
        facts: Facts,
        thread: JoinHandle<()>,
    ) -> Self {
        Self {
            post_office,
            news,
            facts,
            thread: Mutex::new(Some(thread)),
            next_id: AtomicU64::new(HANDLE_ID_BIT),
            overdue: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request now; its answer comes later.
    pub(crate) fn send(&self, request: Request) -> Answer {
        self.catch_up();
        let (sender, receiver) = oneshot::channel();
        let answer = Box::new(move |outcome: Result<Response, Refusal>| {
            // Nobody may be waiting for it.
            let _ = sender.send(outcome);
        });
        match self.post_office.post(Post { request, answer }) {
            Ok(()) => Answer::waiting(receiver),
            Err(PostError::Full(_)) => Answer::failed(RequestError::Overloaded),
            Err(PostError::Gone(_)) => Answer::failed(RequestError::Ended),
        }
    }

    /// Sends a request to which the answer is known to be [`Response::Done`].
    pub(crate) async fn ask(&self, request: Request) -> Result<(), RequestError> {
        self.send(request).await.map(|_| ())
    }

    /// Sends a closing, now or as soon as the mailbox takes it. That the entity is gone already is fine.
    pub(crate) fn close(&self, request: Request) {
        self.catch_up();
        self.try_close(request);
    }

    /// Sends a request from a place that cannot await; `refused` is called by the worker's thread if it is refused, and
    /// must not wait.
    ///
    /// # Errors
    /// When the request was not sent.
    pub(crate) fn post(
        &self,
        request: Request,
        told: impl FnOnce(Result<Response, Refusal>) + Send + 'static,
    ) -> Result<(), RequestError> {
        self.catch_up();
        self.post_office.post(Post { request, answer: Box::new(told) }).map_err(|error| match error {
            PostError::Full(_) => RequestError::Overloaded,
            PostError::Gone(_) => RequestError::Ended,
        })
    }

    /// Attaches the caller to a direct transport that was asked for before.
    pub(crate) fn attach(&self, transport: TransportId) -> (DirectSender, DirectReceiver) {
        self.post_office.attach(transport)
    }

    pub(crate) fn stop(&self) {
        self.post_office.stop();
    }

    fn catch_up(&self) {
        let overdue = std::mem::take(&mut *self.overdue.lock().unwrap_or_else(PoisonError::into_inner));
        overdue.into_iter().for_each(|request| self.try_close(request));
    }

    fn try_close(&self, request: Request) {
        let unheard = Box::new(|_: Result<Response, Refusal>| {});
        let post = Post { request, answer: unheard };
        if let Err(PostError::Full(Post { request, .. })) = self.post_office.post(post) {
            self.overdue.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        }
    }
}

/// An entity that a handle stands for: listened to while the handle lives, closed with it.
pub(crate) struct Held {
    pub(crate) link: Arc<Link>,
    entity: EntityId,
    closing: Option<Request>,
}

impl Held {
    /// Asks for the entity to be created by `request`. Whatever is told of it from its first moment on is kept.
    pub(crate) async fn create(
        link: &Arc<Link>,
        entity: EntityId,
        request: Request,
    ) -> Result<(Self, Response), RequestError> {
        link.news.remember(entity);
        // Closes the entity even if this future is dropped before the answer comes.
        let mut held = Self { link: Arc::clone(link), entity, closing: Some(closing(entity)) };
        match link.send(request).await {
            Ok(response) => Ok((held, response)),
            Err(error) => {
                held.closing = None;
                Err(error)
            }
        }
    }

    pub(crate) fn listen(&self) -> Option<tokio::sync::broadcast::Receiver<motet_control::Notification>> {
        self.link.news.listen(self.entity)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.link.news.forget(self.entity);
        if let Some(request) = self.closing.take() {
            self.link.close(request);
        }
    }
}

fn closing(entity: EntityId) -> Request {
    match entity {
        EntityId::Transport(transport_id) => Request::CloseTransport { transport_id },
        EntityId::Producer(producer_id) => Request::CloseProducer { producer_id },
        EntityId::Consumer(consumer_id) => Request::CloseConsumer { consumer_id },
        EntityId::Observer(observer_id) => Request::CloseObserver { observer_id },
    }
}
