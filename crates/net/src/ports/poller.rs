//! Waiting on many sockets at a time.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use crate::waker::Waker;

/// News taken from the system at a time; more come with the next wait.
const EVENTS_MAX: usize = 1024;
const WAKER_TOKEN: Token = Token(usize::MAX - 1);

/// What is known of a socket, by the token that it was registered under.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct News {
    /// The socket's token.
    pub token: usize,
    /// Something can be read, or an end be found by reading.
    pub is_readable: bool,
    /// Something can be written.
    pub is_writable: bool,
    /// Something went wrong: a connection failed, or the network said something about what was sent.
    pub is_error: bool,
}

/// Tells which sockets have news. Told once: a socket that was told readable is told again only after more has come, so
/// that it must be read until it is empty.
pub struct Poller {
    poll: Poll,
    events: Events,
    waker: Waker,
}

impl Poller {
    /// One that watches nothing yet.
    ///
    /// # Errors
    /// Where the system has no more of what it takes.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(&poll, WAKER_TOKEN)?;
        Ok(Self { poll, events: Events::with_capacity(EVENTS_MAX), waker })
    }

    /// What ends [`Self::wait`] from another thread.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Watches a socket for something to read, under a token below `usize::MAX - 1`. Closing the socket ends it.
    ///
    /// # Errors
    /// Where the system has no more of what it takes.
    pub fn watch(&self, socket: &impl AsFd, token: usize) -> io::Result<()> {
        self.register(socket, token, Interest::READABLE)
    }

    /// Watches a stream for something to read and for room to write.
    ///
    /// # Errors
    /// Where the system has no more of what it takes.
    pub fn watch_stream(&self, socket: &impl AsFd, token: usize) -> io::Result<()> {
        self.register(socket, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Ends the watch of a socket that lives on elsewhere.
    ///
    /// # Errors
    /// Where it was not watched.
    pub fn forget(&self, socket: &impl AsFd) -> io::Result<()> {
        self.poll.registry().deregister(&mut SourceFd(&socket.as_fd().as_raw_fd()))
    }

    /// Sleeps until a socket has news, `timeout` passes or the waker is used; then `tell` is called for each socket.
    ///
    /// # Errors
    /// Where the system cannot wait at all.
    pub fn wait(&mut self, timeout: Option<Duration>, mut tell: impl FnMut(News)) -> io::Result<()> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in self.events.iter().filter(|event| event.token() != WAKER_TOKEN) {
            tell(News {
                token: event.token().0,
                is_readable: event.is_readable() || event.is_read_closed() || event.is_error(),
                is_writable: event.is_writable() || event.is_error(),
                is_error: event.is_error(),
            });
        }
        Ok(())
    }

    fn register(&self, socket: &impl AsFd, token: usize, interest: Interest) -> io::Result<()> {
        let fd = socket.as_fd().as_raw_fd();
        self.poll.registry().register(&mut SourceFd(&fd), Token(token), interest)
    }
}
