//! One WebSocket: frames in and out, pings, and the end of both.

use std::pin::pin;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval_at, timeout};

use super::outbox::{OutboxEnd, Outgoing, outbox};
use super::rate::MessageRate;
use super::{FrontConfig, Socket};
use crate::session::Close;
use crate::wire::Inbound;

/// Messages read and not yet looked at. Full means that the socket is read no further, which the client feels.
const INBOX_MAX: usize = 32;
/// How long a client may take to close its side.
const FAREWELL: Duration = Duration::from_secs(2);

/// What comes from a socket.
pub(super) enum FromSocket {
    Message(Inbound),
    /// The client has read whatever was written until then.
    Alive(Instant),
}

/// The socket's own ends of what leads to its session.
pub(super) struct Ends {
    inbox: mpsc::Sender<FromSocket>,
    outbox: OutboxEnd,
}

/// The two sides of a socket that is about to run.
pub(super) fn open() -> (Socket, Ends) {
    let (inbox, messages) = mpsc::channel(INBOX_MAX);
    let (writing, waiting) = outbox();
    (Socket { inbox: messages, outbox: writing }, Ends { inbox, outbox: waiting })
}

/// Runs until either side closes.
pub(super) async fn run(websocket: WebSocket, ends: Ends, config: &FrontConfig) {
    let opened_at = Instant::now();
    let (mut sink, mut stream) = websocket.split();
    let refusal = {
        let reading = pin!(read(&mut stream, ends.inbox, config, opened_at));
        let writing = pin!(write(&mut sink, ends.outbox, config, opened_at));
        tokio::select! {
            refusal = reading => refusal,
            () = writing => None,
        }
    };
    if let Some(close) = refusal {
        tracing::debug!(reason = close.as_str(), "a socket is refused");
        let _ = timeout(FAREWELL, sink.send(close_frame(close))).await;
    }
    // The client's own close frame, so that it sees a clean end.
    let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = stream.next().await {} }).await;
}

/// Reads until the client closes or breaks a rule; then why.
async fn read(
    stream: &mut SplitStream<WebSocket>,
    inbox: mpsc::Sender<FromSocket>,
    config: &FrontConfig,
    opened_at: Instant,
) -> Option<Close> {
    let mut rate = MessageRate::new(config.session.messages_per_second_max, opened_at);
    loop {
        let message = match timeout(config.silence_max, stream.next()).await {
            Err(_) => return Some(Close::Silent),
            Ok(None) => return None,
            // The library says only in words what was wrong; too long a message is what happens to honest clients.
            Ok(Some(Err(_))) => return Some(Close::BadMessage),
            Ok(Some(Ok(message))) => message,
        };
        let now = Instant::now();
        if !rate.takes(now, message_len(&message)) {
            return Some(Close::TooManyMessages);
        }
        let news = match message {
            Message::Text(text) => FromSocket::Message(Inbound::parse(&text)),
            Message::Pong(payload) => match ping_time(&payload, opened_at) {
                Some(at) => FromSocket::Alive(at.min(now)),
                None => continue,
            },
            Message::Ping(_) => continue,
            Message::Binary(_) => return Some(Close::BadMessage),
            Message::Close(_) => return None,
        };
        if inbox.send(news).await.is_err() {
            // Nobody listens any more; the writer is about to say why.
            std::future::pending::<()>().await;
        }
    }
}

/// Writes until there is nothing more to come, or the network does not take it.
async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    mut outbox: OutboxEnd,
    config: &FrontConfig,
    opened_at: Instant,
) {
    let cut = outbox.cut();
    let first_ping = tokio::time::Instant::now() + config.ping_every;
    let mut ticks = interval_at(first_ping, config.ping_every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (message, is_last) = tokio::select! {
            outgoing = outbox.next() => match outgoing {
                Some(Outgoing::Text(text)) => (Message::Text(text.into()), false),
                Some(Outgoing::Close(close)) => (close_frame(close), true),
                None => (Message::Close(None), true),
            },
            _ = ticks.tick() => (ping(opened_at), false),
            () = cut.notified() => (close_frame(Close::Slow), true),
        };
        let is_written = tokio::select! {
            outcome = timeout(config.write_timeout, sink.send(message)) => matches!(outcome, Ok(Ok(()))),
            () = cut.notified(), if !is_last => false,
        };
        if is_last || !is_written {
            return;
        }
    }
}

fn message_len(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}

/// Carries its own time, so that its pong says until when all was read.
fn ping(opened_at: Instant) -> Message {
    let micros = u64::try_from(opened_at.elapsed().as_micros()).unwrap_or(u64::MAX);
    Message::Ping(Bytes::copy_from_slice(&micros.to_be_bytes()))
}

fn ping_time(payload: &[u8], opened_at: Instant) -> Option<Instant> {
    let micros = u64::from_be_bytes(payload.try_into().ok()?);
    opened_at.checked_add(Duration::from_micros(micros))
}

fn close_frame(close: Close) -> Message {
    Message::Close(Some(CloseFrame { code: close.code(), reason: close.as_str().into() }))
}
