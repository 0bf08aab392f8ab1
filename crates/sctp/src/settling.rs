//! What the library has to say, after each call into it.

use std::time::Duration;

use dcsctp::api::{ErrorKind, SocketEvent};

use crate::association::{Association, State, TRANSMITS_MAX};
use crate::channels::{ChannelId, Outgoing, Stage};
use crate::dcep::DcepMessage;
use crate::drop_reason::DropReason;
use crate::error::End;
use crate::event::Event;
use crate::payload::Payload;
use crate::socket::cost_of;

/// How long a peer may take to shut down; the library itself waits for hours.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

impl Association {
    /// Takes from the library whatever it has to say or to send.
    pub(crate) fn settle(&mut self) {
        self.take_events();
        self.take_messages();
        self.take_resets();
        self.take_events();
        if self.shut_down_by.is_none() && self.socket.is_shutting_down() {
            self.shut_down_by = Some(self.now + SHUTDOWN_TIMEOUT);
        }
        if !self.socket.is_alive() {
            self.end(End::LibraryFailed);
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.socket.poll_event() {
            self.take_event(event);
        }
    }

    fn take_event(&mut self, event: SocketEvent) {
        match event {
            SocketEvent::SendPacket(packet) if self.transmits.len() < TRANSMITS_MAX => {
                self.transmits.push_back(packet);
            }
            SocketEvent::SendPacket(_) => self.drops.add(DropReason::TransmitQueueFull),
            SocketEvent::OnConnected() => self.take_connected(),
            SocketEvent::OnClosed() => self.end(End::Closed),
            SocketEvent::OnConnectionRestarted() => {
                self.socket.close();
                self.end(End::Restarted);
            }
            SocketEvent::OnAborted(kind, _) => self.end(end_of(kind)),
            SocketEvent::OnError(kind, _) => self.take_error(kind),
            SocketEvent::OnBufferedAmountLow(stream) => self.take_buffered_low(ChannelId(stream.0)),
            SocketEvent::OnStreamsResetPerformed(streams) => self.take_performed(&streams),
            SocketEvent::OnStreamsResetFailed(streams) => self.take_failed(&streams),
            SocketEvent::OnIncomingStreamReset(streams) => self.note_incoming_reset(&streams),
            SocketEvent::OnLifecycleEnd(id) => self.take_message_end(cost_of(id)),
            SocketEvent::OnTotalBufferedAmountLow()
            | SocketEvent::OnLifecycleMessageFullySent(_)
            | SocketEvent::OnLifecycleMessageExpired(_)
            | SocketEvent::OnLifecycleMessageMaybeExpired(_)
            | SocketEvent::OnLifecycleMessageDelivered(_) => {}
        }
    }

    fn take_connected(&mut self) {
        if self.state != State::Connecting {
            return;
        }
        self.state = State::Connected;
        self.events.push(Event::Connected);
        let opened: Vec<ChannelId> = self.channels.by_id.keys().copied().collect();
        opened.into_iter().for_each(|id| self.announce(id));
    }

    /// Tells the peer of a channel, or takes it that it knows.
    pub(crate) fn announce(&mut self, id: ChannelId) {
        let is_out_of_range = id.0 >= self.streams();
        let Some(channel) = self.channels.get_mut(id) else { return };
        if is_out_of_range {
            self.channels.by_id.remove(&id);
            return self.events.push(Event::Closed(id));
        }
        if channel.is_negotiated {
            channel.stage = Stage::Open;
            return self.events.push(Event::Ready(id));
        }
        channel.stage = Stage::AwaitAck;
        if let Ok(open) = DcepMessage::Open(channel.parameters.clone()).write() {
            self.send_dcep(id, open);
        }
    }

    /// Always reliable and in order (RFC 8832 section 6), and exempt from the limit: there are few of them per channel.
    pub(crate) fn send_dcep(&mut self, id: ChannelId, message: Vec<u8>) {
        // Refused only by an association that is at its end, which is told.
        let _ = self.socket.send(id, Payload::Dcep, message, None, 0);
    }

    fn take_buffered_low(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.get(id) else { return };
        if channel.outgoing == Outgoing::Draining {
            self.reset_when_drained(id);
        } else if channel.tells_buffered_low && channel.stage != Stage::Closing {
            self.events.push_once(Event::BufferedLow(id));
        }
    }

    /// A message is acknowledged or given up.
    fn take_message_end(&mut self, cost: usize) {
        self.buffered_bytes = self.buffered_bytes.saturating_sub(cost);
        if self.was_full && self.buffered_bytes <= self.settings.send_buffer_bytes_max / 2 {
            self.was_full = false;
            self.events.push(Event::BufferHasRoom);
        }
    }

    fn take_error(&mut self, kind: ErrorKind) {
        let reason = match kind {
            ErrorKind::ParseFailed => DropReason::Malformed,
            ErrorKind::NotConnected | ErrorKind::WrongSequence => DropReason::WrongState,
            ErrorKind::ProtocolViolation => DropReason::ProtocolViolation,
            ErrorKind::PeerReported => DropReason::PeerError,
            _ => DropReason::Refused,
        };
        self.drops.add(reason);
    }

    /// Ends it, unless it has. What the library still has to send, it has handed over.
    pub(crate) fn end(&mut self, end: End) {
        if self.state == State::Ended {
            return;
        }
        self.state = State::Ended;
        while let Some(event) = self.socket.poll_event() {
            if let SocketEvent::SendPacket(packet) = event {
                self.transmits.push_back(packet);
            }
        }
        self.socket.bury();
        self.shut_down_by = None;
        self.channels.by_id.clear();
        self.incoming_resets.clear();
        self.buffered_bytes = 0;
        self.events.push(Event::Ended(end));
    }
}

fn end_of(kind: ErrorKind) -> End {
    match kind {
        ErrorKind::NoError => End::Closed,
        ErrorKind::PeerReported => End::Aborted,
        ErrorKind::TooManyRetries => End::Unreachable,
        _ => End::ProtocolViolation,
    }
}
