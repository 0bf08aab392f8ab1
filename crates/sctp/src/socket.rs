//! The library behind its door: told the time and its chance, and fenced in.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use dcsctp::api::handover::HandoverReadiness;
use dcsctp::api::{
    DcSctpSocket, LifecycleId, Message, PpId, ResetStreamsError, SendError, SendOptions, SocketEvent,
    SocketState, SocketTime, StreamId,
};

use crate::channels::ChannelId;
use crate::dcep::{ChannelParameters, Reliability};
use crate::payload::Payload;
use crate::settings::Settings;

/// One socket of the library.
///
/// The library draws chance from `fastrand`'s generator of the thread: this one lends it a generator of its own for the
/// length of each call, so that a seed replays an association and neighbours on the thread do not feel it.
///
/// It also states in places that something cannot happen. Should a peer make it happen, the panic ends this
/// association instead of the thread with everybody on it.
pub(crate) struct Socket {
    library: Option<Box<dyn DcSctpSocket>>,
    began: Instant,
    chance: u64,
}

impl Socket {
    pub(crate) fn new(settings: &Settings, now: Instant, seed: u64) -> Self {
        let library = dcsctp::new_socket("", &settings.options());
        Self { library: Some(library), began: now, chance: seed }
    }

    /// False once the library panicked, or was let go.
    pub(crate) fn is_alive(&self) -> bool {
        self.library.is_some()
    }

    /// Lets the library go, with all that it holds.
    pub(crate) fn bury(&mut self) {
        self.library = None;
    }

    pub(crate) fn connect(&mut self) {
        self.call(|library| library.connect());
    }

    /// Aborts, with word to the peer.
    pub(crate) fn close(&mut self) {
        self.call(|library| library.close());
    }

    pub(crate) fn advance(&mut self, now: Instant) {
        let time = SocketTime::zero() + now.saturating_duration_since(self.began);
        self.call(|library| library.advance_time(time));
    }

    pub(crate) fn handle_packet(&mut self, packet: &[u8]) {
        self.call(|library| library.handle_input(packet));
    }

    pub(crate) fn poll_event(&mut self) -> Option<SocketEvent> {
        self.library.as_mut()?.poll_event()
    }

    pub(crate) fn next_message(&mut self) -> Option<Message> {
        self.library.as_mut()?.get_next_message()
    }

    pub(crate) fn messages_waiting(&self) -> usize {
        self.library.as_ref().map_or(0, |library| library.messages_ready_count())
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let after = self.library.as_ref()?.poll_timeout() - SocketTime::zero();
        if after == Duration::MAX { None } else { self.began.checked_add(after) }
    }

    /// `cost` comes back with the message's end ([`cost_of`]); 0 for a message that is not counted.
    pub(crate) fn send(
        &mut self,
        channel: ChannelId,
        payload: Payload,
        data: Vec<u8>,
        parameters: Option<(&ChannelParameters, bool)>,
        cost: u32,
    ) -> Result<(), SendError> {
        let (lifetime, max_retransmissions) = match parameters.map(|(parameters, _)| parameters.reliability) {
            None | Some(Reliability::Reliable) => (None, None),
            Some(Reliability::Retransmits(count)) => (None, Some(u16::try_from(count).unwrap_or(u16::MAX))),
            Some(Reliability::LifetimeMs(ms)) => (Some(Duration::from_millis(ms.into())), None),
        };
        let options = SendOptions {
            unordered: parameters.is_some_and(|(_, unordered)| unordered),
            lifetime,
            max_retransmissions,
            lifecycle_id: LifecycleId::new(cost.into()),
        };
        let message = Message::new(StreamId(channel.0), PpId(payload.id()), data);
        self.call(|library| library.send(message, &options)).unwrap_or(Err(SendError::ShuttingDown))
    }

    pub(crate) fn reset(&mut self, channel: ChannelId) -> Result<(), ResetStreamsError> {
        self.call(|library| library.reset_streams(&[StreamId(channel.0)]))
            .unwrap_or(Err(ResetStreamsError::NotConnected))
    }

    /// What waits to be sent for the first time on a channel.
    pub(crate) fn buffered_bytes(&self, channel: ChannelId) -> usize {
        self.library.as_ref().map_or(0, |library| library.buffered_amount(StreamId(channel.0)))
    }

    pub(crate) fn set_buffered_low(&mut self, channel: ChannelId, bytes: usize) {
        self.call(|library| library.set_buffered_amount_low_threshold(StreamId(channel.0), bytes));
    }

    /// How many streams both sides have in this direction.
    pub(crate) fn outgoing_streams(&self) -> u16 {
        let metrics = self.library.as_ref().and_then(|library| library.get_metrics());
        metrics.map_or(0, |metrics| metrics.negotiated_maximum_outgoing_streams)
    }

    /// True while the peer shuts the association down; this side never does.
    pub(crate) fn is_shutting_down(&self) -> bool {
        self.library.as_ref().is_some_and(|library| library.state() == SocketState::ShuttingDown)
    }

    /// True while the peer's reset of a stream waits for data that it was sent after.
    pub(crate) fn is_reset_pending(&self) -> bool {
        self.library.as_ref().is_some_and(|library| {
            library.get_handover_readiness().contains(HandoverReadiness::STREAM_RESET_DEFERRED)
        })
    }

    fn call<T>(&mut self, what: impl FnOnce(&mut dyn DcSctpSocket) -> T) -> Option<T> {
        let library = self.library.as_deref_mut()?;
        let of_the_thread = fastrand::get_seed();
        fastrand::seed(self.chance);
        let result = catch_unwind(AssertUnwindSafe(|| what(library)));
        self.chance = fastrand::get_seed();
        fastrand::seed(of_the_thread);
        if result.is_err() {
            self.library = None;
        }
        result.ok()
    }
}

/// What [`Socket::send`] was told.
pub(crate) fn cost_of(id: LifecycleId) -> usize {
    usize::try_from(id.value()).unwrap_or(0)
}
