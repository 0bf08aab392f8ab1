//! Mixes of one member's own: who speaks is moved to a mix without its voice, and back when it is quiet.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use motet_control::{Codec, ConsumerId, MixMember, ProducerId, Request};

use super::seat::Seat;
use super::stream::{Stream, mix_parameters};

/// A mix of one's own is kept open for this long after it fell silent: people take turns.
const KEPT: Duration = Duration::from_secs(20);

/// See the module. At most one producer for each who has spoken lately.
pub(super) struct OwnMixes {
    seat: Seat,
    shared: ProducerId,
    is_stereo: bool,
    members: HashMap<MixMember, Member>,
}

#[derive(Default)]
struct Member {
    /// The member's ears, if it has any to be moved.
    listener: Option<ConsumerId>,
    speaks: bool,
    mix: Option<OwnMix>,
}

struct OwnMix {
    producer_id: ProducerId,
    stream: Stream,
    /// Since when nobody needs it.
    unused_since: Option<Instant>,
}

impl OwnMixes {
    pub(super) fn new(seat: Seat, shared: ProducerId, is_stereo: bool) -> Self {
        Self { seat, shared, is_stereo, members: HashMap::new() }
    }

    /// A member has other ears, or none.
    pub(super) fn set_listener(&mut self, id: MixMember, listener: Option<ConsumerId>) {
        let member = self.members.entry(id).or_default();
        let former = std::mem::replace(&mut member.listener, listener);
        if member.speaks && former != listener {
            // The former one may go on to listen, to all.
            self.switch(former, self.shared);
            self.move_to_own(id);
        }
        self.forget_if_idle(id);
    }

    /// A member begins to speak; its voice is in the shared mix soon.
    pub(super) fn speaks(&mut self, id: MixMember) {
        self.members.entry(id).or_default().speaks = true;
        self.move_to_own(id);
    }

    /// A member's voice has left the shared mix.
    pub(super) fn quiet(&mut self, now: Instant, id: MixMember) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.speaks = false;
        if let Some(mix) = &mut member.mix {
            mix.unused_since = Some(now);
            let listener = member.listener;
            self.switch(listener, self.shared);
        }
        self.forget_if_idle(id);
    }

    /// The stream of a member's own mix, if it has one that it needs.
    pub(super) fn stream(&mut self, id: MixMember) -> Option<&mut Stream> {
        let mix = self.members.get_mut(&id)?.mix.as_mut()?;
        mix.unused_since.is_none().then_some(&mut mix.stream)
    }

    /// Closes mixes that nobody has needed for a while.
    pub(super) fn close_unused(&mut self, now: Instant) {
        let seat = &self.seat;
        for member in self.members.values_mut() {
            let is_old = |mix: &mut OwnMix| mix.unused_since.is_some_and(|since| now >= since + KEPT);
            if let Some(mix) = member.mix.take_if(is_old) {
                seat.hint(Request::CloseProducer { producer_id: mix.producer_id });
            }
        }
        self.members.retain(|_, member| !member.is_idle());
    }

    fn move_to_own(&mut self, id: MixMember) {
        let Some(member) = self.members.get_mut(&id) else { return };
        let Some(listener) = member.listener else { return };
        if member.mix.is_none() {
            let stream = Stream::new();
            let parameters = mix_parameters(Codec::Opus, stream.ssrc, self.is_stereo);
            let producer_id = ProducerId(self.seat.fresh_id());
            self.seat.produce(producer_id, parameters);
            member.mix = Some(OwnMix { producer_id, stream, unused_since: None });
        }
        let Some(mix) = &mut member.mix else { return };
        mix.unused_since = None;
        let own = mix.producer_id;
        self.switch(Some(listener), own);
    }

    fn switch(&self, consumer: Option<ConsumerId>, producer_id: ProducerId) {
        if let Some(consumer_id) = consumer {
            self.seat.hint(Request::SwitchConsumer { consumer_id, producer_id, in_step: true });
        }
    }

    fn forget_if_idle(&mut self, id: MixMember) {
        if self.members.get(&id).is_some_and(Member::is_idle) {
            self.members.remove(&id);
        }
    }
}

impl Member {
    fn is_idle(&self) -> bool {
        self.listener.is_none() && !self.speaks && self.mix.is_none()
    }
}
