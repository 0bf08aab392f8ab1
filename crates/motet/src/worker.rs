//! The handle to a worker.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::{Instant, SystemTime};

use motet_control::{Fingerprint, FingerprintHash, IceCandidate, Request, Response, RouterId, WorkerStats};
use motet_dtls::Certificate;
use motet_rtp::NtpTime;
use motet_worker::{End, Listener, Setup, Sleep, Sockets, candidates, mailbox, spawn};

use crate::answer::Answer;
use crate::error::{RequestError, StartError};
use crate::events::Events;
use crate::link::Link;
use crate::news::News;
use crate::random;
use crate::router::Router;
use crate::settings::WorkerSettings;

/// A handle to a running worker; clones are handles to the same one. The worker ends with [`Self::stop`], or when the last
/// handle to it or to anything on it is dropped.
#[derive(Clone)]
pub struct Worker(Arc<Link>);

/// What is known of a worker from its start on.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The one port that it listens on.
    pub port: u16,
    /// Where peers may send to, best first; the same for all its transports.
    pub candidates: Vec<IceCandidate>,
    /// Of its certificate.
    pub fingerprints: Vec<Fingerprint>,
}

impl Worker {
    /// Opens the sockets and starts the thread.
    ///
    /// # Errors
    /// As [`StartError`] says; nothing is left open then.
    pub fn start(settings: WorkerSettings) -> Result<Self, StartError> {
        let endpoint = settings.bind()?;
        let listeners = settings.listeners(&endpoint);
        let waker = endpoint.waker();
        Self::start_on(settings, endpoint, &listeners, move || waker.wake())
    }

    /// Starts the thread on sockets of another kind, which are told to `listeners`. For tests of what surrounds a worker.
    #[doc(hidden)]
    pub fn start_on<S: Sockets + Sleep + Send + 'static>(
        settings: WorkerSettings,
        sockets: S,
        listeners: &[Listener],
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, StartError> {
        let seed = random::seed().map_err(StartError::NoRandomness)?;
        let certificate = settings.certificate.map_or_else(Certificate::generate, Ok)?;
        let facts = Facts {
            port: listeners.first().map_or(0, |listener| listener.bound.port()),
            candidates: candidates(listeners),
            fingerprints: vec![certificate.fingerprint(FingerprintHash::Sha256)],
        };
        let setup = Setup { certificate, candidates: facts.candidates.clone(), ntp_anchor: anchor(), seed };
        let (post_office, mailbox) = mailbox(wake);
        let news = Arc::new(News::new());
        let (teller, ender) = (Arc::clone(&news), Arc::clone(&news));
        let thread = spawn(
            &settings.name,
            sockets,
            setup,
            mailbox,
            move |notification| teller.tell(notification),
            move |end| ender.end(end),
        )
        .map_err(StartError::NoThread)?;
        Ok(Self(Arc::new(Link::new(post_office, news, facts, thread))))
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.0
    }

    /// What is known of it from its start on.
    pub fn facts(&self) -> &Facts {
        &self.0.facts
    }

    /// Sends a request at once; requests are carried out in the order in which they were sent. The answer may be awaited or
    /// dropped. Ids in it must be below 2^63: those above are for the ids of handles.
    pub fn send(&self, request: Request) -> Answer {
        self.0.send(request)
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn request(&self, request: Request) -> Result<Response, RequestError> {
        self.send(request).await
    }

    /// Everything that the worker tells unasked, from now on.
    pub fn subscribe(&self) -> Events {
        self.0.news.subscribe()
    }

    /// Opens a router.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn create_router(&self) -> Result<Router, RequestError> {
        Router::create(&self.0, RouterId(self.0.next_id())).await
    }

    /// Its counters.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn stats(&self) -> Result<WorkerStats, RequestError> {
        match self.request(Request::GetWorkerStats).await? {
            Response::WorkerStats(stats) => Ok(*stats),
            other => unreachable!("GetWorkerStats is answered by WorkerStats, not {other:?}"),
        }
    }

    /// Ends the worker: its routers are closed, peers are told as far as DTLS can, its thread is gone and its ports are
    /// free when this returns. Stopping what has ended already is harmless.
    pub async fn stop(&self) -> End {
        self.0.stop();
        let end = self.0.news.ended().await;
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // Telling the end was the last that the thread did, so that this does not wait; it caught its own panic.
            let _ = thread.join();
        }
        end
    }

    /// Waits until the worker ends, for whatever reason.
    pub async fn ended(&self) -> End {
        self.0.news.ended().await
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("facts", &self.0.facts).finish_non_exhaustive()
    }
}

/// One moment on both clocks. A system whose clock stands before 1970 reports its own times wrong, and only those.
fn anchor() -> (Instant, NtpTime) {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (Instant::now(), NtpTime::from_unix(since_epoch))
}
