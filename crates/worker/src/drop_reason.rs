//! Why a worker gave a datagram to no router, or news to no one.

/// See the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DropReason {
    /// Not a STUN check, and from a tuple that no check has opened.
    UnknownTuple,
    /// A STUN check for a username fragment that no transport has.
    UnknownUfrag,
    /// A datagram without a byte.
    EmptyDatagram,
    /// One turn brought more news than the queue of notifications holds.
    NotificationsFull,
    /// The queue to or from the program at the other end of a direct transport was full.
    DirectFull,
    /// A packet for a direct transport that no program is attached to.
    NoProgram,
}

impl DropReason {
    /// Each reason once, in the order of the enum.
    pub const ALL: [DropReason; 6] = [
        Self::UnknownTuple,
        Self::UnknownUfrag,
        Self::EmptyDatagram,
        Self::NotificationsFull,
        Self::DirectFull,
        Self::NoProgram,
    ];

    /// A stable name, as metrics show it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownTuple => "unknown_tuple",
            Self::UnknownUfrag => "unknown_ufrag",
            Self::EmptyDatagram => "empty_datagram",
            Self::NotificationsFull => "notifications_full",
            Self::DirectFull => "direct_full",
            Self::NoProgram => "no_program",
        }
    }
}

/// How often for each reason.
#[derive(Default)]
pub(crate) struct Drops([u64; DropReason::ALL.len()]);

impl Drops {
    pub(crate) fn count(&mut self, reason: DropReason) {
        self.count_many(reason, 1);
    }

    pub(crate) fn count_many(&mut self, reason: DropReason, count: u64) {
        self.0[reason as usize] += count;
    }

    /// Reasons that occurred, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        DropReason::ALL.iter().zip(self.0).map(|(reason, count)| (reason.as_str(), count))
    }
}
