//! TURN on the port of the web app: a firewall that lets nothing but HTTPS through lets this through as well. What a client
//! means it says by ALPN (RFC 7443) or by its first byte: HTTP begins with a letter, STUN with a zero or a one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use rustls::ServerConnection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::ALPN_TURN;
use super::inside::Turn;
use crate::connections::Connection;
use crate::writing::writes_through;

/// The message types of STUN's requests begin with no more than this.
const STUN_FIRST_MAX: u8 = 3;

/// Lets in what another acceptor lets in, and hands TURN over to its own server.
#[derive(Clone)]
pub(crate) struct TurnDoor<A> {
    pub(crate) inner: A,
    /// `None`: TURN is off.
    pub(crate) turn: Option<Arc<Turn>>,
    /// How long a connection may say nothing.
    pub(crate) patience: Duration,
}

/// A connection that can be taken apart, to be carried by somebody else.
pub(crate) trait Detach: AsyncRead + AsyncWrite + Unpin + Sized {
    /// Whether the client has named TURN before it said anything.
    fn names_turn(&self) -> bool;
    /// The socket, and what there is of TLS.
    fn detach(self) -> io::Result<(std::net::TcpStream, Option<ServerConnection>)>;
}

impl Detach for Connection {
    fn names_turn(&self) -> bool {
        false
    }

    fn detach(self) -> io::Result<(std::net::TcpStream, Option<ServerConnection>)> {
        Ok((self.into_socket()?, None))
    }
}

impl Detach for TlsStream<Connection> {
    fn names_turn(&self) -> bool {
        self.get_ref().1.alpn_protocol() == Some(ALPN_TURN)
    }

    fn detach(self) -> io::Result<(std::net::TcpStream, Option<ServerConnection>)> {
        let (connection, tls) = self.into_inner();
        Ok((connection.into_socket()?, Some(tls)))
    }
}

impl<A, S> Accept<TcpStream, S> for TurnDoor<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
    A::Stream: Detach + Send,
    A::Service: Send,
{
    type Stream = Begun<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let (accepted, turn, patience) =
            (self.inner.accept(stream, service), self.turn.clone(), self.patience);
        Box::pin(async move {
            let (mut stream, service) = accepted.await?;
            let Some(turn) = turn else { return Ok((Begun { first: None, stream }, service)) };
            let mut first = [0];
            let mut count = 0;
            if !stream.names_turn() {
                let late = |_| io::Error::new(io::ErrorKind::TimedOut, "nothing was asked for");
                count = timeout(patience, stream.read(&mut first)).await.map_err(late)??;
                if count == 0 || first[0] > STUN_FIRST_MAX {
                    return Ok((Begun { first: (count > 0).then_some(first[0]), stream }, service));
                }
            }
            let (socket, tls) = stream.detach()?;
            turn.adopt(socket, tls, first[..count].to_vec());
            // For HTTP this connection is over before it began.
            Err(io::Error::other("it speaks TURN"))
        })
    }
}

/// A connection whose first byte was read already.
pub(crate) struct Begun<S> {
    first: Option<u8>,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buffer.put_slice(&[first]);
            // More may have come with it; where it has not, the byte alone is an answer.
            return match Pin::new(&mut self.stream).poll_read(context, buffer) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(())),
            };
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

writes_through!(Begun);
