//! A mixer's thread: commands in, a loop that ends with its owner, and a panic that ends no more than the mixer.

use std::io;
use std::panic::{AssertUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use motet_net::ThreadTimes;

use super::courtesy::Courtesy;
use super::seat::Voice;

/// Commands that may wait for a thread: more than a full room gives rise to at once. Full means that the thread hangs, and
/// fails the mixer.
const COMMANDS_MAX: usize = 4096;
/// The longest sleep, so that a failure elsewhere in the mixer is noticed.
const SLEEP_MAX: Duration = Duration::from_millis(500);

/// The owner's end of a thread, which ends when it is dropped.
pub(super) struct Commands<C> {
    sender: SyncSender<C>,
    voice: Arc<Voice>,
}

impl<C> Clone for Commands<C> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), voice: Arc::clone(&self.voice) }
    }
}

impl<C> Commands<C> {
    pub(super) fn send(&self, command: C) {
        // A thread that has ended has told why.
        if let Err(TrySendError::Full(_)) = self.sender.try_send(command) {
            self.voice.fail("a thread of the mixer hangs".to_owned());
        }
    }
}

/// What a thread runs.
pub(super) trait Task<C> {
    fn handle(&mut self, command: C);

    /// Does what is due at `now`; answers when to be called next.
    fn run(&mut self, now: Instant) -> Instant;

    /// Whether there is nothing left to work for.
    fn is_over(&self) -> bool;
}

/// How a task stands back for the worker's threads.
#[derive(Clone, Copy)]
pub(super) enum Standing {
    /// It has a share of the cores, less by `nice` steps.
    Shares { nice: u8 },
    /// The same, but it takes only what is left while the machine has time to spare: see [`Courtesy`].
    LeavesItsShare { nice: u8 },
}

/// A task with all that goes from one thread to another with it.
struct Shift<C, T> {
    task: T,
    receiver: Receiver<C>,
    courtesy: Courtesy,
    due: Instant,
}

/// Why a thread does no more for a task.
enum End {
    Over,
    /// The other thread is to go on.
    Changes,
}

/// Starts a thread, which makes its task itself. A thread that takes what is left cannot take a share again (sched(7)), so a task that
/// leaves its share has a second thread, and goes from one to the other.
pub(super) fn start<C: Send + 'static, T: Task<C> + Send + 'static>(
    name: &str,
    standing: Standing,
    voice: &Arc<Voice>,
    make: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Commands<C> {
    start_with(Courtesy::new(Instant::now()), name, standing, voice, make)
}

fn start_with<C: Send + 'static, T: Task<C> + Send + 'static>(
    courtesy: Courtesy,
    name: &str,
    standing: Standing,
    voice: &Arc<Voice>,
    make: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Commands<C> {
    let (sender, receiver) = sync_channel(COMMANDS_MAX);
    let commands = Commands { sender, voice: Arc::clone(voice) };
    let first_voice = Arc::clone(voice);
    let begin = move || {
        let guarded = guarded(&first_voice, AssertUnwindSafe(make))?;
        let task = guarded.map_err(|why| first_voice.fail(why)).ok()?;
        Some(Shift { task, receiver, courtesy, due: Instant::now() })
    };
    let started = match standing {
        Standing::Shares { nice } => {
            let voice = Arc::clone(voice);
            spawn(name, move || {
                // Where the system does not allow it, mixers and workers share as the system sees fit.
                let _ = motet_net::give_way(nice);
                let Some(mut shift) = begin() else { return };
                let _ = guarded(&voice, AssertUnwindSafe(|| run(&voice, &mut shift, None)));
            })
        }
        Standing::LeavesItsShare { nice } => {
            let (to_share, shares) = sync_channel(1);
            let (to_rest, rests) = sync_channel(1);
            let [sharing_voice, resting_voice] = [Arc::clone(voice), Arc::clone(voice)];
            spawn(name, move || {
                let _ = motet_net::take_what_is_left();
                take_turns(&resting_voice, true, None, &rests, &to_share);
            })
            .and_then(|()| {
                spawn(name, move || {
                    let _ = motet_net::give_way(nice);
                    let Some(shift) = begin() else { return };
                    take_turns(&sharing_voice, false, Some(shift), &shares, &to_rest);
                })
            })
        }
    };
    if let Err(error) = started {
        voice.fail(format!("cannot start a thread: {error}"));
    }
    commands
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map(drop)
}

/// Does what may panic; a panic fails the mixer.
fn guarded<R>(voice: &Voice, work: impl FnOnce() -> R + UnwindSafe) -> Option<R> {
    catch_unwind(work).map_err(|panic| voice.fail(said(&*panic))).ok()
}

/// Runs the task whenever it comes to this thread, until it is over. Then the other thread ends too, which hears from nobody else.
fn take_turns<C, T: Task<C>>(
    voice: &Voice,
    is_courteous: bool,
    first: Option<Shift<C, T>>,
    mine: &Receiver<Shift<C, T>>,
    others: &SyncSender<Shift<C, T>>,
) {
    let mut next = first;
    while let Some(mut shift) = next.take().or_else(|| mine.recv().ok()) {
        let end = guarded(voice, AssertUnwindSafe(|| run(voice, &mut shift, Some(is_courteous))));
        if !matches!(end, Some(End::Changes)) || others.send(shift).is_err() {
            return;
        }
    }
}

/// Runs a task until it is over, or until its courtesy is no longer this thread's.
fn run<C, T: Task<C>>(voice: &Voice, shift: &mut Shift<C, T>, is_courteous: Option<bool>) -> End {
    let Shift { task, receiver, courtesy, due } = shift;
    while !voice.has_failed() {
        let now = Instant::now();
        let is_to_be = courtesy.note(*due, now, ThreadTimes::of_this_thread);
        *due = task.run(now);
        if task.is_over() {
            // Whoever closes the mixer and its router in one breath is not told that the router is gone.
            let is_owned = !matches!(receiver.recv_timeout(SLEEP_MAX), Err(RecvTimeoutError::Disconnected));
            if is_owned {
                voice.fail("the router or its worker is gone".to_owned());
            }
            return End::Over;
        }
        if is_courteous.is_some_and(|is_courteous| is_courteous != is_to_be) {
            return End::Changes;
        }
        loop {
            let sleep = due.saturating_duration_since(Instant::now()).min(SLEEP_MAX);
            match receiver.recv_timeout(sleep) {
                Ok(command) => {
                    task.handle(command);
                    if Instant::now() >= *due {
                        // However many commands wait, the mix goes on.
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return End::Over,
            }
        }
    }
    End::Over
}

/// The message of a panic.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panicked without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};

    use motet_control::{MixerId, MixerNews, MixerNotification};

    use super::*;

    const STANDING: Standing = Standing::Shares { nice: 0 };

    /// Counts its rounds; does what it is told.
    struct Odd {
        is_over: bool,
        rounds: Arc<Mutex<u32>>,
    }

    enum Order {
        Panic,
        End,
    }

    impl Task<Order> for Odd {
        fn handle(&mut self, order: Order) {
            match order {
                Order::Panic => panic!("as it was told"),
                Order::End => self.is_over = true,
            }
        }

        fn run(&mut self, now: Instant) -> Instant {
            *self.rounds.lock().unwrap() += 1;
            now + Duration::from_millis(1)
        }

        fn is_over(&self) -> bool {
            self.is_over
        }
    }

    fn odd() -> (Commands<Order>, Arc<Mutex<u32>>, Receiver<MixerNotification>, Arc<Voice>) {
        let (sender, news) = channel();
        let voice = Voice::new(MixerId(1), move |notification| _ = sender.send(notification));
        let rounds = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&rounds);
        let commands = start("odd", STANDING, &voice, move || Ok(Odd { is_over: false, rounds: counter }));
        (commands, rounds, news, voice)
    }

    fn failure(news: &Receiver<MixerNotification>) -> String {
        match news.recv_timeout(Duration::from_secs(20)).unwrap().news {
            MixerNews::Failed { why } => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_panic_ends_its_own_mixer_and_is_told_once() {
        let (broken, _, broken_news, voice) = odd();
        let (_whole, rounds, whole_news, _) = odd();
        broken.send(Order::Panic);
        assert_eq!(failure(&broken_news), "as it was told");
        voice.fail("again".to_owned());
        assert!(broken_news.try_recv().is_err());
        let before = *rounds.lock().unwrap();
        while *rounds.lock().unwrap() < before + 10 {
            std::thread::yield_now();
        }
        assert!(whole_news.try_recv().is_err());
    }

    #[test]
    fn whoever_has_nothing_left_to_work_for_says_so_unless_it_was_closed_too() {
        let (commands, _, news, _) = odd();
        commands.send(Order::End);
        assert!(failure(&news).contains("gone"));

        let (commands, _, news, voice) = odd();
        commands.send(Order::End);
        drop(commands);
        drop(voice);
        // The thread held the last of what can tell.
        assert!(news.recv_timeout(Duration::from_secs(20)).is_err());
    }

    #[test]
    fn a_task_that_cannot_begin_fails_its_mixer() {
        let (sender, news) = channel();
        let voice = Voice::new(MixerId(1), move |notification| _ = sender.send(notification));
        let make = || Err::<Odd, _>("no codec".to_owned());
        let _commands: Commands<Order> = start("odd", STANDING, &voice, make);
        assert_eq!(failure(&news), "no codec");
    }

    /// Tells which thread runs it; is on time until it is told to be late.
    struct Busy {
        ran: std::sync::mpsc::Sender<std::thread::ThreadId>,
        is_late: bool,
    }

    impl Task<Order> for Busy {
        fn handle(&mut self, order: Order) {
            match order {
                Order::Panic => panic!("as it was told"),
                Order::End => self.is_late = true,
            }
        }

        fn run(&mut self, now: Instant) -> Instant {
            let _ = self.ran.send(std::thread::current().id());
            let late = now.checked_sub(Duration::from_millis(200)).filter(|_| self.is_late);
            late.unwrap_or(now + Duration::from_millis(1))
        }

        fn is_over(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_task_goes_to_the_thread_that_takes_what_is_left_and_back_when_it_is_late() {
        let (sender, news) = channel();
        let voice = Voice::new(MixerId(1), move |notification| _ = sender.send(notification));
        let (ran, runs) = channel();
        let make = move || Ok(Busy { ran, is_late: false });
        let courtesy = Courtesy::given(Instant::now());
        let commands = start_with(courtesy, "busy", Standing::LeavesItsShare { nice: 0 }, &voice, make);
        let next = || runs.recv_timeout(Duration::from_secs(60)).unwrap();
        let sharing = next();
        assert_ne!(next(), sharing);
        commands.send(Order::End);
        while next() != sharing {}
        commands.send(Order::Panic);
        assert_eq!(failure(&news), "as it was told");
        // Both threads end, and what they held with them.
        drop((commands, voice));
        assert!(news.recv_timeout(Duration::from_secs(20)).is_err());
    }
}
