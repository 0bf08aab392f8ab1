//! One association: the door's verbs.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::time::Instant;

use motet_control::DtlsRole;

use crate::channels::{Channel, ChannelId, Channels, Stage};
use crate::dcep::ChannelParameters;
use crate::drop_reason::{DropReason, Drops};
use crate::error::{End, OpenError, SendError};
use crate::event::{Event, Events};
use crate::gate::{self, STREAMS_MAX};
use crate::payload::{MessageKind, Payload};
use crate::settings::{MESSAGE_OVERHEAD_BYTES, Settings};
use crate::socket::Socket;

/// How many packets wait to be fetched. One more is dropped, as by a network; SCTP sends again what matters.
pub const TRANSMITS_MAX: usize = 1024;
/// When so many messages wait inside the library, because nobody fetches events, data is not given to it.
const MESSAGES_WAITING_MAX: usize = 1024;
/// How often a peer may give data up while a reset of its streams is pending: the library keeps each such word until
/// the reset, and does not count them.
const FORWARDS_PENDING_MAX: u32 = 64;

/// One SCTP association over DTLS (RFC 8261) with its data channels (RFC 8831).
///
/// To be made when DTLS is connected: both sides ask at once. After every call that takes `now`: drain
/// [`Self::poll_event`], then [`Self::poll_transmit`], then ask [`Self::poll_timeout`]. After [`Event::Ended`] nothing
/// more happens; drain `poll_transmit`, where a word to the peer may wait, and drop it.
///
/// # Bounds
///
/// What waits to be sent is bounded by [`Settings::send_buffer_bytes_max`], what the peer can make this side hold by
/// twice [`Settings::message_bytes_max`], counted in bytes of data: in pieces of one byte, which no honest peer sends,
/// the library's own memory for it is about thirty times that. Events that nobody fetches close the window to the peer.
///
/// # Bad input
///
/// A packet, chunk or message that has no place is dropped under a [`DropReason`], and most leave everything as it was.
/// Where SCTP has a peer abort over its partner's fault, the association ends. The peer was authenticated by DTLS;
/// nobody else gets this far.
///
/// # Chance and threads
///
/// `seed` decides the verification tag and the first TSN: to be drawn from the system for each association and used
/// for nothing else, as the peer can reckon it back from what it is shown. The library is not [`Send`]: an association
/// is made, used and dropped in one thread.
///
/// # Logs
///
/// The library logs each packet whole, messages included, through `log` as target `dcsctp::logging` at level info: a
/// program that collects `log` records leaves that target out. It formats the packet first and asks later whether
/// anyone listens, which is nearly all of what a packet costs here.
pub struct Association {
    pub(crate) settings: Settings,
    pub(crate) socket: Socket,
    pub(crate) channels: Channels,
    pub(crate) events: Events,
    pub(crate) drops: Drops,
    /// Streams whose incoming half was reset, until the messages before that are told.
    pub(crate) incoming_resets: BTreeSet<ChannelId>,
    pub(crate) state: State,
    pub(crate) transmits: VecDeque<Vec<u8>>,
    /// What was given to the library and is neither acknowledged nor given up, with what each message costs.
    pub(crate) buffered_bytes: usize,
    /// A message was refused for it, and [`Event::BufferHasRoom`] is owed.
    pub(crate) was_full: bool,
    forwards_pending: u32,
    /// The peer is shutting down, and has until then to finish.
    pub(crate) shut_down_by: Option<Instant>,
    pub(crate) now: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Connecting,
    Connected,
    Ended,
}

impl Association {
    /// A new association that asks the peer to connect. `role` is this side's in DTLS.
    pub fn new(role: DtlsRole, settings: Settings, now: Instant, seed: u64) -> Self {
        let mut association = Self {
            socket: Socket::new(&settings, now, seed),
            settings,
            channels: Channels::new(role),
            events: Events::default(),
            drops: Drops::default(),
            incoming_resets: BTreeSet::new(),
            state: State::Connecting,
            transmits: VecDeque::new(),
            buffered_bytes: 0,
            was_full: false,
            forwards_pending: 0,
            shut_down_by: None,
            now,
        };
        association.socket.connect();
        association.settle();
        association
    }

    /// Takes one packet of the peer.
    pub fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        self.advance(now);
        match self.admit(packet) {
            Ok(()) => self.socket.handle_packet(packet),
            Err(reason) => self.drops.add(reason),
        }
        self.settle();
    }

    /// To be called at or after [`Self::poll_timeout`]; more often does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        self.settle();
        if self.shut_down_by.is_some_and(|deadline| deadline <= self.now) {
            self.end(End::Closed);
        }
    }

    /// The next packet to send, of at most [`crate::PACKET_BYTES_MAX`] bytes.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.transmits.pop_front()
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// When to call [`Self::handle_timeout`] at the latest; `None` when only a packet can bring news.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.socket.messages_waiting() > 0 && self.events.has_room() {
            return Some(self.now);
        }
        [self.socket.poll_timeout(), self.shut_down_by].into_iter().flatten().min()
    }

    /// Opens a channel; [`Event::Ready`] tells when the peer knows it. It may be opened before the association is
    /// connected, and be sent on from then.
    pub fn open(&mut self, now: Instant, parameters: ChannelParameters) -> Result<ChannelId, OpenError> {
        let streams = if self.is_connected() { self.streams() } else { STREAMS_MAX };
        let id = self.channels.free(streams).ok_or(OpenError::TooManyChannels)?;
        self.add(now, id, parameters, false)?;
        Ok(id)
    }

    /// Opens a channel that both sides agreed on by other means: the peer is not told.
    pub fn open_negotiated(
        &mut self,
        now: Instant,
        id: ChannelId,
        parameters: ChannelParameters,
    ) -> Result<(), OpenError> {
        self.add(now, id, parameters, true)
    }

    /// Sends a message on a channel. A refused message changes nothing.
    pub fn send(
        &mut self,
        now: Instant,
        id: ChannelId,
        kind: MessageKind,
        data: Vec<u8>,
    ) -> Result<(), SendError> {
        let cost = self.cost_to_send(id, data.len())?;
        self.advance(now);
        let is_empty = data.is_empty();
        let payload = Payload::Message { kind, is_empty };
        let data = if is_empty { vec![0] } else { data };
        let Some(channel) = self.channels.get(id) else { return Err(SendError::NoChannel) };
        let unordered = !channel.parameters.ordered && channel.stage == Stage::Open;
        self.buffered_bytes += cost as usize;
        let sent = self.socket.send(id, payload, data, Some((&channel.parameters, unordered)), cost);
        self.settle();
        // The library, too, ends a refused message's life, so that its cost has come back by here.
        sent.map_err(|_| SendError::Ended)
    }

    /// Closes a channel when all that was sent on it is on its way; [`Event::Closed`] tells when it is gone. Messages
    /// that the peer sends meanwhile are dropped. No channel, no matter.
    pub fn close_channel(&mut self, now: Instant, id: ChannelId) {
        self.advance(now);
        self.begin_to_close(id);
        self.settle();
    }

    /// Aborts the association, with a word to the peer.
    pub fn close(&mut self, now: Instant) {
        self.advance(now);
        if self.state != State::Ended {
            self.socket.close();
            self.settle();
            // The library tells nothing where there was no association yet.
            self.end(End::Closed);
        }
    }

    /// True between [`Event::Connected`] and the end.
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// What waits to be sent or acknowledged on all channels, each message with [`MESSAGE_OVERHEAD_BYTES`] on top.
    pub const fn buffered_bytes(&self) -> usize {
        self.buffered_bytes
    }

    /// What waits to be sent for the first time on one channel.
    pub fn channel_buffered_bytes(&self, id: ChannelId) -> usize {
        self.socket.buffered_bytes(id)
    }

    /// Asks for [`Event::BufferedLow`]: from here on it is told whenever [`Self::channel_buffered_bytes`] falls to `bytes`
    /// from above.
    pub fn tell_buffered_low(&mut self, id: ChannelId, bytes: usize) {
        let Some(channel) = self.channels.get_mut(id) else { return };
        if channel.stage != Stage::Closing {
            channel.tells_buffered_low = true;
            self.socket.set_buffered_low(id, bytes);
            self.settle();
        }
    }

    /// What was refused, and how often.
    pub const fn drops(&self) -> &Drops {
        &self.drops
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.socket.advance(self.now);
    }

    fn admit(&mut self, packet: &[u8]) -> Result<(), DropReason> {
        if self.state == State::Ended {
            return Err(DropReason::Ended);
        }
        let seen = gate::inspect(packet)?;
        if seen.has_data && self.socket.messages_waiting() > MESSAGES_WAITING_MAX {
            return Err(DropReason::ReceiveQueueFull);
        }
        if seen.has_forward {
            self.forwards_pending =
                if self.socket.is_reset_pending() { self.forwards_pending + 1 } else { 0 };
            if self.forwards_pending > FORWARDS_PENDING_MAX {
                return Err(DropReason::ResetPending);
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        now: Instant,
        id: ChannelId,
        parameters: ChannelParameters,
        is_negotiated: bool,
    ) -> Result<(), OpenError> {
        if self.state == State::Ended {
            return Err(OpenError::Ended);
        }
        parameters.check()?;
        let streams = if self.is_connected() { self.streams() } else { STREAMS_MAX };
        if id.0 >= streams {
            return Err(OpenError::OutOfRange);
        }
        if self.channels.get(id).is_some() {
            return Err(OpenError::InUse);
        }
        if self.channels.by_id.len() >= self.settings.channels_max {
            return Err(OpenError::TooManyChannels);
        }
        self.advance(now);
        let channel = Channel { is_negotiated, ..Channel::new(parameters, Stage::AwaitAssociation) };
        self.channels.by_id.insert(id, channel);
        if self.is_connected() {
            self.announce(id);
        }
        self.settle();
        Ok(())
    }

    fn cost_to_send(&mut self, id: ChannelId, bytes: usize) -> Result<u32, SendError> {
        if self.state == State::Ended {
            return Err(SendError::Ended);
        }
        match self.channels.get(id).ok_or(SendError::NoChannel)?.stage {
            Stage::AwaitAssociation => return Err(SendError::NotConnected),
            Stage::Closing => return Err(SendError::Closing),
            Stage::AwaitAck | Stage::Open => {}
        }
        let max = self.settings.sent_message_bytes_max();
        if bytes > max {
            return Err(SendError::TooLong { bytes, max });
        }
        let max = self.settings.send_buffer_bytes_max;
        let cost = bytes + MESSAGE_OVERHEAD_BYTES;
        // A message that alone is larger than the buffer may go when nothing else waits.
        if self.buffered_bytes > 0 && self.buffered_bytes + cost > max {
            self.was_full = true;
            return Err(SendError::BufferFull { buffered_bytes: self.buffered_bytes, max });
        }
        Ok(u32::try_from(cost).unwrap_or(u32::MAX))
    }

    pub(crate) fn streams(&self) -> u16 {
        self.socket.outgoing_streams().min(STREAMS_MAX)
    }
}

impl fmt::Debug for Association {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Association")
            .field("state", &self.state)
            .field("channels", &self.channels.by_id.len())
            .field("buffered_bytes", &self.buffered_bytes)
            .finish_non_exhaustive()
    }
}
