//! What the peer sent: messages to hand on, and the channel protocol's own.

use dcsctp::api::Message;

use crate::association::Association;
use crate::channels::{Channel, ChannelId, Outgoing, Stage};
use crate::dcep::{ChannelParameters, DcepMessage};
use crate::drop_reason::DropReason;
use crate::event::Event;
use crate::payload::{MessageKind, Payload};

impl Association {
    /// Takes messages while there is room for them.
    pub(crate) fn take_messages(&mut self) {
        while self.events.has_room()
            && let Some(message) = self.socket.next_message()
        {
            let id = ChannelId(message.stream_id.0);
            let taken = match Payload::from_id(message.ppid.0) {
                Some(Payload::Dcep) => self.take_dcep(id, &message.payload),
                Some(Payload::Message { kind, is_empty }) => self.take_message(id, kind, is_empty, message),
                None => Err(DropReason::UnknownPayload),
            };
            if let Err(reason) = taken {
                self.drops.add(reason);
            }
        }
    }

    fn take_message(
        &mut self,
        id: ChannelId,
        kind: MessageKind,
        is_empty: bool,
        message: Message,
    ) -> Result<(), DropReason> {
        let channel = self.channels.get_mut(id).ok_or(DropReason::NoChannel)?;
        let data = if is_empty { Vec::new() } else { message.payload };
        if data.len() > self.settings.received_message_bytes_max() {
            return Err(DropReason::MessageTooLong);
        }
        match channel.stage {
            Stage::Closing => return Err(DropReason::ChannelClosing),
            // Whoever sends on a channel knows it (RFC 8832 section 6).
            Stage::AwaitAck => {
                channel.stage = Stage::Open;
                self.events.push(Event::Ready(id));
            }
            Stage::AwaitAssociation | Stage::Open => {}
        }
        self.events.push(Event::Message { channel: id, kind, data });
        Ok(())
    }

    fn take_dcep(&mut self, id: ChannelId, data: &[u8]) -> Result<(), DropReason> {
        let taken = match DcepMessage::parse(data) {
            Ok(DcepMessage::Ack) => return self.take_ack(id),
            Ok(DcepMessage::Open(parameters)) => self.take_open(id, parameters),
            Err(reason) => Err(reason),
        };
        // A channel that cannot be is closed (RFC 8832 section 6), whether this side has one there or not.
        if taken.is_err() {
            self.refuse_channel(id);
        }
        taken
    }

    fn take_ack(&mut self, id: ChannelId) -> Result<(), DropReason> {
        let is_ours = self.channels.is_ours_to_open(id);
        match self.channels.get_mut(id) {
            Some(channel) if channel.stage == Stage::AwaitAck => {
                channel.stage = Stage::Open;
                self.events.push(Event::Ready(id));
                Ok(())
            }
            // The acknowledgement of a channel that is closed in the same breath, or that data has acknowledged.
            Some(channel) if is_ours && !channel.is_negotiated => Ok(()),
            _ => Err(DropReason::DcepUnexpectedAck),
        }
    }

    fn take_open(&mut self, id: ChannelId, parameters: ChannelParameters) -> Result<(), DropReason> {
        if self.channels.is_ours_to_open(id) {
            return Err(DropReason::DcepWrongParity);
        }
        let mut channel = Channel::new(parameters.clone(), Stage::Open);
        if let Some(predecessor) = self.channels.get(id) {
            // The peer opens the stream anew only when it knows both halves to be reset; that it took note of this
            // side's reset is then still on its way.
            if !predecessor.incoming_is_reset || predecessor.outgoing != Outgoing::Resetting {
                return Err(DropReason::DcepInUse);
            }
            channel.predecessor_is_resetting = true;
            self.forget(id);
        }
        if self.channels.by_id.len() >= self.settings.channels_max {
            return Err(DropReason::DcepTooManyChannels);
        }
        self.channels.by_id.insert(id, channel);
        if let Ok(ack) = DcepMessage::Ack.write() {
            self.send_dcep(id, ack);
        }
        self.events.push(Event::Opened { channel: id, parameters: Box::new(parameters) });
        Ok(())
    }
}
