//! One accepted TCP connection.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::framing::{FRAME_MAX_BYTES, PREFIX_BYTES};
use super::output::Output;

/// How long a new connection has to prove itself, and a begun frame to arrive.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) remote: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) output: Output,
    /// Listed among those to read from.
    pub(crate) is_readable: bool,
    /// Listed among those to write to.
    pub(crate) is_dirty: bool,
    /// The beginning of a frame whose rest has not come; less than a whole frame.
    partial: Vec<u8>,
    /// Since when `partial` has held something.
    partial_since: Option<Instant>,
    /// Accepted then, and not proven since.
    probation_since: Option<Instant>,
}

impl Connection {
    pub(crate) fn new(now: Instant, stream: TcpStream, remote: SocketAddr, local: SocketAddr) -> Self {
        Self {
            stream,
            remote,
            local,
            output: Output::default(),
            is_readable: false,
            is_dirty: false,
            partial: Vec::new(),
            partial_since: None,
            probation_since: Some(now),
        }
    }

    /// Reads into `scratch` behind what was left the last time; returns how much of `scratch` is filled, and whether
    /// more may wait: only an attempt that finds nothing says no, because the poll tells the end of a stream together
    /// with its last bytes. `None`: the peer is done.
    pub(crate) fn read(&mut self, scratch: &mut [u8]) -> io::Result<Option<(usize, bool)>> {
        let kept = self.partial.len();
        scratch[..kept].copy_from_slice(&self.partial);
        loop {
            match self.stream.read(&mut scratch[kept..]) {
                Ok(0) => return Ok(None),
                Ok(count) => return Ok(Some((kept + count, true))),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Some((kept, false))),
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps the unfinished frame at the end of what was read, whose frames before it are `had_frames`.
    pub(crate) fn keep(&mut self, now: Instant, rest: &[u8], had_frames: bool) {
        debug_assert!(rest.len() < PREFIX_BYTES + FRAME_MAX_BYTES, "a whole frame is taken out before");
        self.partial.clear();
        self.partial.extend_from_slice(rest);
        self.partial_since = match (rest.is_empty(), had_frames) {
            (true, _) => None,
            (false, true) => Some(now),
            (false, false) => self.partial_since.or(Some(now)),
        };
    }

    /// Whoever uses the connection has verified the peer.
    pub(crate) fn end_probation(&mut self) {
        self.probation_since = None;
    }

    pub(crate) fn is_too_slow(&self, now: Instant) -> bool {
        [self.probation_since, self.partial_since]
            .into_iter()
            .flatten()
            .any(|since| now.saturating_duration_since(since) >= PATIENCE)
    }
}
