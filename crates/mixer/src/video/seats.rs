//! Who is there to be shown, in which order.

use crate::{MemberId, SourceId};

/// One who may take a cell.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Seat {
    /// A member's camera, or the lack of it.
    Camera(MemberId),
    /// A screen, or a further camera.
    Source(SourceId),
}

/// A seat and what matters for its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Guest {
    pub(crate) seat: Seat,
    pub(crate) member: MemberId,
    pub(crate) is_screen: bool,
    /// When the member last became the active speaker, as a count; 0 is never.
    pub(crate) spoke: u64,
}

/// Everyone, in the order of arrival, and who speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast<'a> {
    pub(crate) guests: &'a [Guest],
    pub(crate) active: Option<MemberId>,
}

impl<'a> Cast<'a> {
    /// The newest screen.
    pub(crate) fn screen(&self) -> Option<Seat> {
        self.guests.iter().rev().find(|guest| guest.is_screen).map(|guest| guest.seat)
    }

    /// Who speaks, or spoke last, or came first.
    pub(crate) fn speaker(&self) -> Option<Seat> {
        let cameras = || self.guests.iter().filter(|guest| matches!(guest.seat, Seat::Camera(_)));
        let active = cameras().find(|guest| Some(guest.member) == self.active);
        let last = || cameras().rev().max_by_key(|guest| guest.spoke);
        active.or_else(last).or(self.guests.first()).map(|guest| guest.seat)
    }

    /// Whom a single big cell shows.
    pub(crate) fn main(&self) -> Option<Seat> {
        self.screen().or_else(|| self.speaker())
    }

    /// A member's camera, else its screen.
    pub(crate) fn of_member(&self, member: MemberId) -> Option<Seat> {
        let theirs = || self.guests.iter().filter(|guest| guest.member == member);
        let camera = theirs().find(|guest| matches!(guest.seat, Seat::Camera(_)));
        camera.or_else(|| theirs().next()).map(|guest| guest.seat)
    }

    /// `count` of those who are not `shown`, in the order of arrival: screens and those who spoke last are chosen first
    /// where not all fit, so that nobody moves while people take turns among those who are seen.
    pub(crate) fn others(&self, shown: &[Seat], count: usize) -> Vec<Seat> {
        let mut rest: Vec<(usize, &Guest)> =
            self.guests.iter().enumerate().filter(|(_, guest)| !shown.contains(&guest.seat)).collect();
        if rest.len() > count {
            rest.sort_by_key(|(index, guest)| (!guest.is_screen, u64::MAX - guest.spoke, *index));
            rest.truncate(count);
            rest.sort_by_key(|(index, _)| *index);
        }
        rest.into_iter().map(|(_, guest)| guest.seat).collect()
    }
}
