//! The thread around a worker.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use motet_control::Notification;

use crate::mailbox::{Found, Mailbox, Post};
use crate::sockets::{Sleep, Sockets};
use crate::worker::{Setup, Worker};

/// Requests that one turn carries out at most, so that media never waits for a queue of them.
const REQUESTS_PER_TURN: usize = 256;

/// How a worker ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// It was asked to.
    Stopped,
    /// It panicked, or could not wait on its sockets any more. Its routers are gone; its sockets are closed.
    Died {
        /// What is known of the cause.
        why: String,
    },
}

/// Starts a worker on a thread of its own. `notify` is called by that thread with whatever routers tell, and must not
/// wait. `ended` is called once, as the last thing, when the sockets are closed.
///
/// A panic in the worker ends this thread's worker only. All that it owned is dropped on the way.
///
/// # Errors
/// Where the system has no more threads.
pub fn spawn<S: Sockets + Sleep + Send + 'static>(
    name: &str,
    sockets: S,
    setup: Setup,
    mailbox: Mailbox,
    notify: impl FnMut(Notification) + Send + 'static,
    ended: impl FnOnce(End) + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    // The worker is made on its own thread: what routers hold need not be able to change threads.
    let run = move || run(Worker::new(sockets, setup), mailbox, notify);
    Builder::new().name(name.to_owned()).spawn(move || {
        // Nothing of what a panic may have left half done is looked at again.
        let end =
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| End::Died { why: said(&*panic) });
        ended(end);
    })
}

fn run<S: Sockets + Sleep>(
    mut worker: Worker<S>,
    mailbox: Mailbox,
    mut notify: impl FnMut(Notification),
) -> End {
    let mut requests = Requests::AllDone;
    loop {
        if let Err(error) = sleep(&mut worker, &requests) {
            return End::Died { why: format!("cannot wait on the sockets: {error}") };
        }
        let now = Instant::now();
        requests = carry_out_requests(&mut worker, &mailbox, now);
        worker.turn(now);
        while let Some(notification) = worker.poll_notification() {
            notify(notification);
        }
        if requests == Requests::Stop {
            worker.stop(now);
            return End::Stopped;
        }
        worker.note_busy(now.elapsed());
    }
}

/// How a turn left the mailbox.
#[derive(PartialEq, Eq)]
enum Requests {
    AllDone,
    MoreMayWait,
    Stop,
}

fn sleep<S: Sockets + Sleep>(worker: &mut Worker<S>, requests: &Requests) -> io::Result<()> {
    let timeout = match requests {
        Requests::AllDone if worker.has_input() => Some(Duration::ZERO),
        Requests::AllDone => {
            let now = Instant::now();
            worker.poll_timeout().map(|due| due.saturating_duration_since(now))
        }
        Requests::MoreMayWait | Requests::Stop => Some(Duration::ZERO),
    };
    worker.sockets().wait(timeout)
}

fn carry_out_requests<S: Sockets>(worker: &mut Worker<S>, mailbox: &Mailbox, now: Instant) -> Requests {
    for _ in 0..REQUESTS_PER_TURN {
        match mailbox.next() {
            Found::Post(Post { request, answer }) => answer(worker.handle_request(now, request)),
            Found::Attach(transport, end) => worker.attach(transport, end),
            Found::Nothing => return Requests::AllDone,
            Found::Stop => return Requests::Stop,
        }
    }
    Requests::MoreMayWait
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panicked without a message".to_owned())
}
