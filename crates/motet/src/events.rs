//! What a worker tells unasked, as streams.

use motet_control::Notification;
use motet_worker::End;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What [`Events`] brings.
#[derive(Clone, Debug)]
pub enum Event {
    /// A router told something.
    Notification(Notification),
    /// This receiver was too slow; so many events are lost to it.
    Lagged(u64),
    /// The worker ended, and with it all on it. Nothing follows.
    Ended(End),
}

/// All events of one worker since [`crate::Worker::subscribe`]. A receiver that falls thousands of events behind loses the
/// oldest, and is told how many.
#[derive(Debug)]
pub struct Events(Source);

#[derive(Debug)]
enum Source {
    Open(broadcast::Receiver<Event>),
    /// The worker had ended when this was made.
    OnlyEnd(End),
    Over,
}

impl Events {
    pub(crate) fn open(receiver: broadcast::Receiver<Event>) -> Self {
        Self(Source::Open(receiver))
    }

    pub(crate) fn only_end(end: End) -> Self {
        Self(Source::OnlyEnd(end))
    }

    /// The next event; `None` after [`Event::Ended`]. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<Event> {
        let event = match &mut self.0 {
            Source::Over => return None,
            Source::OnlyEnd(end) => Event::Ended(end.clone()),
            Source::Open(receiver) => match receiver.recv().await {
                Ok(event) => event,
                Err(RecvError::Lagged(missed)) => Event::Lagged(missed),
                Err(RecvError::Closed) => return None,
            },
        };
        if matches!(event, Event::Ended(_)) {
            self.0 = Source::Over;
        }
        Some(event)
    }
}

/// The events of one entity since the stream was asked for. A receiver that falls far behind loses the oldest.
#[derive(Debug)]
pub struct EventsOf<T> {
    /// `None` where the worker had ended when this was made.
    receiver: Option<broadcast::Receiver<Notification>>,
    read: fn(Notification) -> Option<T>,
}

impl<T> EventsOf<T> {
    pub(crate) fn new(
        receiver: Option<broadcast::Receiver<Notification>>,
        read: fn(Notification) -> Option<T>,
    ) -> Self {
        Self { receiver, read }
    }

    /// The next event; `None` once the handle is dropped or the worker has ended. Dropping the future loses nothing.
    pub async fn recv(&mut self) -> Option<T> {
        loop {
            match self.receiver.as_mut()?.recv().await {
                Ok(notification) => {
                    if let Some(event) = (self.read)(notification) {
                        return Some(event);
                    }
                }
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
