//! How HTTP connections begin. Before HTTP's own limits apply, the library waits without one until it knows whether it hears
//! HTTP/1 or HTTP/2; here that wait has an end, and HTTP/2 is refused: WebSockets are upgraded from HTTP/1.1, and there is
//! nothing here that gains by more.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use crate::writing::writes_through;

/// With what a client of HTTP/2 begins (RFC 9113 section 3.4).
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Lets in what another acceptor lets in, and then wants to hear HTTP/1 soon.
#[derive(Clone)]
pub(crate) struct Impatient<A> {
    pub(crate) inner: A,
    /// How long a connection may take until it is plain that it speaks HTTP/1.
    pub(crate) patience: Duration,
}

/// A connection that is listened to until it has said enough.
pub(crate) struct Opening<S> {
    stream: S,
    /// `None` once enough was said.
    awaited: Option<Awaited>,
}

struct Awaited {
    until: Pin<Box<Sleep>>,
    /// How much of HTTP/2's beginning came, and nothing else.
    preface_len: usize,
}

impl<S> Opening<S> {
    fn new(stream: S, patience: Duration) -> Self {
        let until = Box::pin(tokio::time::sleep(patience));
        Self { stream, awaited: Some(Awaited { until, preface_len: 0 }) }
    }

    /// The client said `bytes`, nothing at the end of the stream.
    fn hear(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(awaited) = &mut self.awaited else { return Ok(()) };
        let rest = &HTTP2_PREFACE[awaited.preface_len..];
        let len = bytes.len().min(rest.len());
        if bytes.is_empty() || bytes[..len] != rest[..len] {
            self.awaited = None;
        } else if len == rest.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "HTTP/2 is not served"));
        } else {
            awaited.preface_len += len;
        }
        Ok(())
    }
}

impl<A, S> Accept<TcpStream, S> for Impatient<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
{
    type Stream = Opening<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (accepted, patience) = (self.inner.accept(stream, service), self.patience);
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            Ok((Opening::new(stream, patience), service))
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Opening<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let known = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => Poll::Ready(self.hear(&buffer.filled()[known..])),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => match &mut self.awaited {
                Some(awaited) => awaited
                    .until
                    .as_mut()
                    .poll(context)
                    .map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, "nothing was asked for"))),
                None => Poll::Pending,
            },
        }
    }
}

writes_through!(Opening);

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    /// Longer than a test may take.
    const LONG: Duration = Duration::from_secs(600);

    fn opening(patience: Duration) -> (Opening<DuplexStream>, DuplexStream) {
        let (ours, theirs) = duplex(1_024);
        (Opening::new(ours, patience), theirs)
    }

    #[tokio::test]
    async fn who_says_nothing_or_hardly_anything_is_not_waited_for() {
        for begin in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n"] {
            let (mut ours, mut theirs) = opening(Duration::from_millis(1));
            theirs.write_all(begin).await.unwrap();
            let mut heard = Vec::new();
            let error = ours.read_to_end(&mut heard).await.unwrap_err();
            assert_eq!((error.kind(), &heard[..]), (io::ErrorKind::TimedOut, begin));
        }
    }

    #[tokio::test]
    async fn http_1_goes_on_without_a_limit_here() {
        for begin in [&b"GET / HTTP/1.1\r\n"[..], b"PO", b"PRI * HTTP/1.1\r\n\r\n..........."] {
            let (mut ours, mut theirs) = opening(LONG);
            theirs.write_all(begin).await.unwrap();
            let mut heard = vec![0; begin.len()];
            ours.read_exact(&mut heard).await.unwrap();
            assert_eq!(heard, begin);
            assert!(ours.awaited.is_none());
        }
    }

    #[tokio::test]
    async fn http_2_is_refused_however_it_is_cut() {
        for cut in [0, 1, 23] {
            let (mut ours, mut theirs) = opening(LONG);
            let (first, second) = HTTP2_PREFACE.split_at(cut);
            theirs.write_all(first).await.unwrap();
            ours.read_exact(&mut vec![0; cut]).await.unwrap();
            theirs.write_all(second).await.unwrap();
            let error = ours.read(&mut [0; 100]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
