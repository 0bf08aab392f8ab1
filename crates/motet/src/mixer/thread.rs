//! A mixer's thread: commands in, a loop that ends with its owner, and a panic that ends no more than the mixer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

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

/// Starts a thread, which makes its task itself: codecs need not be able to change threads.
pub(super) fn start<C: Send + 'static, T: Task<C>>(
    name: String,
    nice: u8,
    voice: &Arc<Voice>,
    make: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Commands<C> {
    let (sender, receiver) = sync_channel(COMMANDS_MAX);
    let thread_voice = Arc::clone(voice);
    let body = move || {
        // Where the system does not allow it, mixers and workers share as the system sees fit.
        let _ = motet_net::give_way(nice);
        let work = AssertUnwindSafe(|| make().map(|task| run(&thread_voice, &receiver, task)));
        match catch_unwind(work) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => thread_voice.fail(why),
            Err(panic) => thread_voice.fail(said(&*panic)),
        }
    };
    if let Err(error) = std::thread::Builder::new().name(name).spawn(body) {
        voice.fail(format!("cannot start a thread: {error}"));
    }
    Commands { sender, voice: Arc::clone(voice) }
}

fn run<C, T: Task<C>>(voice: &Voice, commands: &Receiver<C>, mut task: T) {
    while !voice.has_failed() {
        let next = task.run(Instant::now());
        if task.is_over() {
            // Whoever closes the mixer and its router in one breath is not told that the router is gone.
            let is_owned = !matches!(commands.recv_timeout(SLEEP_MAX), Err(RecvTimeoutError::Disconnected));
            if is_owned {
                voice.fail("the router or its worker is gone".to_owned());
            }
            return;
        }
        loop {
            let sleep = next.saturating_duration_since(Instant::now()).min(SLEEP_MAX);
            match commands.recv_timeout(sleep) {
                Ok(command) => {
                    task.handle(command);
                    if Instant::now() >= next {
                        // However many commands wait, the mix goes on.
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
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
        let commands =
            start("odd".to_owned(), 0, &voice, move || Ok(Odd { is_over: false, rounds: counter }));
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
        let _commands: Commands<Order> = start("odd".to_owned(), 0, &voice, make);
        assert_eq!(failure(&news), "no codec");
    }
}
