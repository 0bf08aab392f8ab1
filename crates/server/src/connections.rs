//! HTTP connections at the door: so many at a time, and small messages are sent at once.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Connections at a time, signaling's among them. Full means that the next one is closed before it says a word.
const CONNECTIONS_MAX: usize = 12_000;
/// A connection is a file to the system; the rest is for media, which takes few.
const FILES_WANTED: u64 = CONNECTIONS_MAX as u64 + 4_096;

/// How long a client is listened to, and not heard, after all was said to it.
const LINGER: Duration = Duration::from_secs(2);

/// Lets connections in.
#[derive(Clone)]
pub(crate) struct Door(Arc<Semaphore>);

/// A connection with its place among all; it frees the place when it goes.
pub(crate) struct Connection {
    /// There until it is dropped.
    open: Option<Open>,
}

struct Open {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// The socket alone, for somebody else to carry; its place is free again.
    pub(crate) fn into_socket(mut self) -> io::Result<std::net::TcpStream> {
        self.open.take().ok_or(io::ErrorKind::NotConnected)?.stream.into_std()
    }

    fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.open.as_mut().expect("taken by drop alone").stream)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let (Some(open), Ok(runtime)) = (self.open.take(), Handle::try_current()) {
            runtime.spawn(linger(open));
        }
    }
}

/// Ends a connection so that its client reads what was said last. Closing one that has unread bytes resets it (RFC 2525
/// section 2.17), and a reset takes the farewell away with it: the reason why a socket or a request was refused.
async fn linger(mut open: Open) {
    let unread = async {
        open.stream.shutdown().await?;
        let mut bytes = [0; 16 * 1024];
        while open.stream.read(&mut bytes).await? > 0 {}
        io::Result::Ok(())
    };
    // Whoever still talks then has been told, or does not listen.
    let _ = timeout(LINGER, unread).await;
}

impl Door {
    /// Asks the system for as many files as connections may come.
    pub(crate) fn open() -> Self {
        match rlimit::increase_nofile_limit(FILES_WANTED) {
            Ok(files) if files < FILES_WANTED => {
                tracing::warn!(
                    files,
                    wanted = FILES_WANTED,
                    "the system allows fewer open files than may be needed"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot raise the limit on open files"),
        }
        Self(Arc::new(Semaphore::new(CONNECTIONS_MAX)))
    }
}

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Connection;
    type Service = S;
    type Future = std::future::Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let place = Arc::clone(&self.0).try_acquire_owned();
        std::future::ready(match place {
            // Signaling's messages are small and awaited; Nagle's algorithm would hold them back.
            Ok(place) => stream
                .set_nodelay(true)
                .map(|()| (Connection { open: Some(Open { stream, _place: place }) }, service)),
            Err(_) => Err(io::Error::other("too many connections")),
        })
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.stream.is_write_vectored())
    }
}
