//! One program's pair of queues.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::{Packet, Packets};

/// Opens a pair of queues: the worker's end, and both of the program's. `wake` ends the worker's sleep.
pub fn direct_pipe(wake: impl Fn() + Send + Sync + 'static) -> (DirectEnd, DirectSender, DirectReceiver) {
    let shared = Arc::new(Shared {
        to_program: Mutex::default(),
        to_worker: Mutex::default(),
        has_input: AtomicBool::new(false),
        has_any_input: OnceLock::new(),
        lost: AtomicU64::new(0),
        is_closed: AtomicBool::new(false),
        is_waiting: AtomicBool::new(false),
        waiting: Mutex::new(None),
        wake: Box::new(wake),
    });
    let sender = DirectSender { shared: Arc::clone(&shared), staged: Packets::default() };
    let receiver = DirectReceiver { shared: Arc::clone(&shared), taken: Packets::default() };
    (DirectEnd(shared), sender, receiver)
}

/// Both queues are locked only to move packets from one piece of memory to another; the worker only tries to.
struct Shared {
    to_program: Mutex<Packets>,
    to_worker: Mutex<Packets>,
    has_input: AtomicBool,
    /// The worker's flag for all its programs, once it knows this one.
    has_any_input: OnceLock<Arc<AtomicBool>>,
    /// Packets for the worker that found no room.
    lost: AtomicU64,
    /// The worker's end is gone.
    is_closed: AtomicBool,
    /// The program sleeps on its queue, and this is its thread.
    is_waiting: AtomicBool,
    waiting: Mutex<Option<Thread>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Shared {
    fn wake_program(&self) {
        if self.is_waiting.swap(false, Ordering::AcqRel) {
            // Set before the flag was raised; whoever holds the lock is awake.
            if let Some(thread) = try_lock(&self.waiting).and_then(|mut waiting| waiting.take()) {
                thread.unpark();
            }
        }
    }
}

/// Nothing panics while a lock is held, so that a poisoned one holds nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn try_lock<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// The worker's end. Dropping it tells the program that its transport is gone.
pub struct DirectEnd(Arc<Shared>);

impl DirectEnd {
    /// From here on `flag` is raised when the program sends.
    pub(super) fn announce_to(&self, flag: Arc<AtomicBool>) {
        // An end is attached once.
        let _ = self.0.has_any_input.set(flag);
    }

    /// Moves packets to the program, unless its queue is in use right now. Tells how many were lost.
    pub(super) fn hand_over(&self, packets: &mut Packets) -> Option<u64> {
        let lost = try_lock(&self.0.to_program)?.append(packets);
        self.0.wake_program();
        Some(lost)
    }

    /// Takes what the program sent. Tells whether there was anything.
    pub(super) fn take_input(&self, into: &mut Packets) -> bool {
        if !self.0.has_input.swap(false, Ordering::AcqRel) {
            return false;
        }
        // In use: the program is adding to it, and wakes the worker when it has.
        let Some(mut queue) = try_lock(&self.0.to_worker) else { return false };
        into.append(&mut queue);
        !into.is_empty()
    }

    /// How many packets the program could not send since the last time this was asked.
    pub(super) fn take_lost(&self) -> u64 {
        self.0.lost.swap(0, Ordering::Relaxed)
    }
}

impl Drop for DirectEnd {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.wake_program();
    }
}

/// A program's way to send RTP and RTCP.
pub struct DirectSender {
    shared: Arc<Shared>,
    staged: Packets,
}

impl DirectSender {
    /// Adds a packet to the batch that [`Self::flush`] sends: RTP of a producer of this transport, or a compound of RTCP, in
    /// the clear. Tells whether there was room; what finds none is lost and counted.
    pub fn push(&mut self, packet: &[u8]) -> bool {
        // The moment is the worker's to choose: packets count as come when it takes them.
        let has_room = packet.is_empty() || self.staged.push(Instant::now(), packet);
        if !has_room {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
        has_room
    }

    /// Sends the batch and wakes the worker, once for all of it.
    pub fn flush(&mut self) {
        if self.staged.is_empty() {
            return;
        }
        let lost = lock(&self.shared.to_worker).append(&mut self.staged);
        self.shared.lost.fetch_add(lost, Ordering::Relaxed);
        self.shared.has_input.store(true, Ordering::Release);
        if let Some(flag) = self.shared.has_any_input.get() {
            flag.store(true, Ordering::Release);
        }
        (self.shared.wake)();
    }
}

/// A program's way to receive RTP and RTCP: of the consumers of its transport, and about its producers.
pub struct DirectReceiver {
    shared: Arc<Shared>,
    taken: Packets,
}

impl DirectReceiver {
    /// The next packet that is there.
    pub fn try_recv(&mut self) -> Option<Packet<'_>> {
        if self.taken.is_empty() {
            self.taken.clear();
            std::mem::swap(&mut self.taken, &mut *lock(&self.shared.to_program));
        }
        self.taken.pop()
    }

    /// Sleeps until a packet is there, the transport is gone, or `timeout` has passed. Programs that do their work at a
    /// steady rate anyway need not call this: to be woken costs the worker a system call.
    pub fn wait(&mut self, timeout: Duration) {
        *lock(&self.shared.waiting) = Some(std::thread::current());
        self.shared.is_waiting.store(true, Ordering::Release);
        let is_empty = self.taken.is_empty() && lock(&self.shared.to_program).is_empty();
        if is_empty && !self.is_closed() {
            std::thread::park_timeout(timeout);
        }
        self.shared.is_waiting.store(false, Ordering::Release);
    }

    /// Whether the transport is gone: nothing more will come.
    pub fn is_closed(&self) -> bool {
        self.shared.is_closed.load(Ordering::Acquire)
    }
}

impl fmt::Debug for DirectEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectEnd")
    }
}

impl fmt::Debug for DirectSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectSender")
    }
}

impl fmt::Debug for DirectReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DirectReceiver")
    }
}
