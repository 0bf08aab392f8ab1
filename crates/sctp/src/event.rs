//! What an association tells, and the queue in which it waits.

use std::collections::VecDeque;

use crate::channels::ChannelId;
use crate::dcep::ChannelParameters;
use crate::error::End;
use crate::payload::MessageKind;
use crate::settings::MESSAGE_OVERHEAD_BYTES;

/// What an association tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The peer is there: channels that were opened are announced to it, and messages may be sent.
    Connected,
    /// The peer opened a channel. It may be used at once.
    Opened {
        /// Its stream.
        channel: ChannelId,
        /// As the peer wants it.
        parameters: Box<ChannelParameters>,
    },
    /// A channel that this side opened is known to the peer; a negotiated one, that the association is connected.
    Ready(ChannelId),
    /// The peer sent a message. Text is handed over as it came: whether it is UTF-8 is its reader's question.
    Message {
        /// On this channel.
        channel: ChannelId,
        /// Text or bytes.
        kind: MessageKind,
        /// It may be empty.
        data: Vec<u8>,
    },
    /// No more waits to be sent on the channel than [`crate::Association::tell_buffered_low`] asked for.
    BufferedLow(ChannelId),
    /// After [`crate::SendError::BufferFull`]: half of the send buffer is free.
    BufferHasRoom,
    /// The channel is no more, on either side; its stream may be used again.
    Closed(ChannelId),
    /// The association is over, and all channels with it. Told once, and last.
    Ended(End),
}

impl Event {
    fn cost(&self) -> usize {
        MESSAGE_OVERHEAD_BYTES
            + match self {
                Self::Message { data, .. } => data.len(),
                Self::Opened { parameters, .. } => parameters.label.len() + parameters.protocol.len(),
                _ => 0,
            }
    }
}

/// What is told and not yet fetched.
#[derive(Default)]
pub(crate) struct Events {
    waiting: VecDeque<Event>,
    cost: usize,
}

impl Events {
    /// When so much waits, messages are left with the library, which closes its window to the peer.
    const BYTES_MAX: usize = 1024 * 1024;

    pub(crate) fn has_room(&self) -> bool {
        self.cost < Self::BYTES_MAX
    }

    pub(crate) fn push(&mut self, event: Event) {
        self.cost += event.cost();
        self.waiting.push_back(event);
    }

    /// Unless it waits already.
    pub(crate) fn push_once(&mut self, event: Event) {
        if !self.waiting.contains(&event) {
            self.push(event);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Event> {
        let event = self.waiting.pop_front()?;
        self.cost -= event.cost();
        Some(event)
    }
}
