//! The channels of an association, by stream.

use std::collections::BTreeMap;

use motet_control::DtlsRole;

use crate::dcep::ChannelParameters;

/// A channel: the SCTP stream that it uses in both directions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ChannelId(pub u16);

/// What a channel waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// The association, to be announced on.
    AwaitAssociation,
    /// The peer's acknowledgement. Messages may go already, but only in order (RFC 8832 section 6).
    AwaitAck,
    Open,
    Closing,
}

/// This side's half of the stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outgoing {
    Running,
    /// To be reset once everything is sent.
    Draining,
    /// The peer was asked to take note of the reset.
    Resetting,
    Reset,
}

pub(crate) struct Channel {
    pub(crate) parameters: ChannelParameters,
    pub(crate) is_negotiated: bool,
    pub(crate) stage: Stage,
    pub(crate) outgoing: Outgoing,
    /// The peer's half has ended.
    pub(crate) incoming_is_reset: bool,
    /// The peer opened this channel when it had seen the reset of its predecessor, which this side has not heard yet.
    pub(crate) predecessor_is_resetting: bool,
    pub(crate) reset_attempts: u8,
    /// Whether [`crate::Event::BufferedLow`] was asked for.
    pub(crate) tells_buffered_low: bool,
}

impl Channel {
    pub(crate) fn new(parameters: ChannelParameters, stage: Stage) -> Self {
        Self {
            parameters,
            is_negotiated: false,
            stage,
            outgoing: Outgoing::Running,
            incoming_is_reset: false,
            predecessor_is_resetting: false,
            reset_attempts: 0,
            tells_buffered_low: false,
        }
    }
}

/// All channels. Ordered by stream, so that what is done for all is done in the same order each time.
pub(crate) struct Channels {
    role: DtlsRole,
    pub(crate) by_id: BTreeMap<ChannelId, Channel>,
}

impl Channels {
    pub(crate) fn new(role: DtlsRole) -> Self {
        Self { role, by_id: BTreeMap::new() }
    }

    /// The DTLS client opens the even streams, the server the odd ones (RFC 8832 section 6).
    pub(crate) fn is_ours_to_open(&self, id: ChannelId) -> bool {
        id.0 % 2 == self.parity()
    }

    /// The lowest stream below `streams` that this side may open.
    pub(crate) fn free(&self, streams: u16) -> Option<ChannelId> {
        (self.parity()..streams).step_by(2).map(ChannelId).find(|id| !self.by_id.contains_key(id))
    }

    pub(crate) fn get(&self, id: ChannelId) -> Option<&Channel> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        self.by_id.get_mut(&id)
    }

    const fn parity(&self) -> u16 {
        match self.role {
            DtlsRole::Client => 0,
            DtlsRole::Server => 1,
        }
    }
}
