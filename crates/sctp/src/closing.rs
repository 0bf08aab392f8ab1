//! Closing channels: each side resets its half of the stream (RFC 8831 section 6.7, RFC 6525).

use dcsctp::api::{ResetStreamsError, StreamId};

use crate::association::Association;
use crate::channels::{ChannelId, Outgoing, Stage};
use crate::event::Event;

/// How often a reset is asked for that the peer refuses. After that this side takes it for done.
const RESET_ATTEMPTS_MAX: u8 = 3;

impl Association {
    /// This side wants a channel closed.
    pub(crate) fn begin_to_close(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        match channel.stage {
            Stage::AwaitAssociation => self.forget(id),
            Stage::AwaitAck | Stage::Open => {
                channel.stage = Stage::Closing;
                channel.outgoing = Outgoing::Draining;
                self.socket.set_buffered_low(id, 0);
                self.reset_when_drained(id);
            }
            Stage::Closing => {}
        }
    }

    /// The peer wanted a channel that cannot be.
    pub(crate) fn refuse_channel(&mut self, id: ChannelId) {
        if self.channels.get(id).is_some() {
            self.begin_to_close(id);
        } else {
            // A peer that cannot reset streams does not learn of it; its messages are dropped.
            let _ = self.socket.reset(id);
        }
    }

    /// Resets this side's half, unless something of it is still to be sent: a reset throws away what waits.
    pub(crate) fn reset_when_drained(&mut self, id: ChannelId) {
        if self.socket.buffered_bytes(id) == 0 {
            self.reset(id);
        }
    }

    /// The peer's half of these streams has ended; of all, if none is named.
    pub(crate) fn note_incoming_reset(&mut self, streams: &[StreamId]) {
        let channels = &self.channels;
        let named = streams.iter().map(|stream| ChannelId(stream.0));
        if streams.is_empty() {
            self.incoming_resets.extend(channels.by_id.keys());
        } else {
            self.incoming_resets.extend(named.filter(|id| channels.get(*id).is_some()));
        }
    }

    /// Takes note of the ends of streams when all messages before them have been told.
    pub(crate) fn take_resets(&mut self) {
        if self.socket.messages_waiting() > 0 {
            return;
        }
        while let Some(id) = self.incoming_resets.pop_first() {
            let Some(channel) = self.channels.get_mut(id) else { continue };
            channel.incoming_is_reset = true;
            channel.stage = Stage::Closing;
            match channel.outgoing {
                Outgoing::Running | Outgoing::Draining => self.reset(id),
                Outgoing::Resetting => {}
                Outgoing::Reset => self.forget(id),
            }
        }
    }

    /// The peer took note of resets.
    pub(crate) fn take_performed(&mut self, streams: &[StreamId]) {
        for id in streams.iter().map(|stream| ChannelId(stream.0)) {
            let Some(channel) = self.channels.get_mut(id) else { continue };
            if channel.predecessor_is_resetting {
                channel.predecessor_is_resetting = false;
                self.resume(id);
            } else if channel.outgoing == Outgoing::Resetting {
                self.take_reset(id);
            }
        }
    }

    /// The peer refused resets.
    pub(crate) fn take_failed(&mut self, streams: &[StreamId]) {
        for id in streams.iter().map(|stream| ChannelId(stream.0)) {
            let Some(channel) = self.channels.get_mut(id) else { continue };
            if channel.predecessor_is_resetting {
                channel.predecessor_is_resetting = false;
                self.resume(id);
            } else if channel.outgoing == Outgoing::Resetting {
                channel.reset_attempts += 1;
                if channel.reset_attempts < RESET_ATTEMPTS_MAX {
                    self.reset(id);
                } else {
                    self.forget(id);
                }
            }
        }
    }

    /// A reset that had to wait for its predecessor's.
    fn resume(&mut self, id: ChannelId) {
        match self.channels.get(id) {
            Some(channel) if channel.outgoing == Outgoing::Draining && channel.incoming_is_reset => {
                self.reset(id);
            }
            Some(channel) if channel.outgoing == Outgoing::Draining => self.reset_when_drained(id),
            _ => {}
        }
    }

    fn reset(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        if channel.predecessor_is_resetting {
            channel.outgoing = Outgoing::Draining;
            return;
        }
        match self.socket.reset(id) {
            Ok(()) => channel.outgoing = Outgoing::Resetting,
            // The peer cannot be told, so that there is nothing to wait for.
            Err(ResetStreamsError::NotSupported | ResetStreamsError::NotConnected) => self.forget(id),
        }
    }

    /// This side's half is reset, and the peer knows.
    fn take_reset(&mut self, id: ChannelId) {
        match self.channels.get_mut(id) {
            Some(channel) if channel.incoming_is_reset => self.forget(id),
            Some(channel) => channel.outgoing = Outgoing::Reset,
            None => {}
        }
    }

    /// The channel is no more.
    pub(crate) fn forget(&mut self, id: ChannelId) {
        if self.channels.by_id.remove(&id).is_some() {
            self.events.push(Event::Closed(id));
        }
    }
}
