//! Members, their names and sources, in the order of arrival.

use std::collections::BTreeMap;

use super::super::seats::{Guest, Seat};
use super::super::text::settable;
use crate::{MemberId, SourceId};

/// Characters of a name that are kept.
const NAME_CHARACTERS_MAX: usize = 128;

#[derive(Default)]
pub(super) struct People {
    members: BTreeMap<MemberId, Member>,
    arrivals: Vec<Arrival>,
    active: Option<MemberId>,
    spoken: u64,
    /// Members that have come so far.
    came: u32,
}

pub(super) struct Member {
    /// As it is drawn.
    pub(super) name: String,
    /// As it was told.
    told: String,
    /// The how manieth it is, for want of a name that can be drawn.
    number: u32,
    /// Counts changes of the name.
    pub(super) name_serial: u32,
    pub(super) is_speaking: bool,
    shown: bool,
    spoke: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Member(MemberId),
    Source { source: SourceId, member: MemberId, is_screen: bool },
}

impl People {
    pub(super) fn set(&mut self, member: MemberId, name: &str, shown: bool) {
        let name: String = name.chars().take(NAME_CHARACTERS_MAX).collect();
        let known = self.member(member);
        known.shown = shown;
        if known.told != name {
            known.name = drawn(&name, known.number);
            known.told = name;
            known.name_serial += 1;
        }
    }

    pub(super) fn remove(&mut self, member: MemberId) {
        self.members.remove(&member);
        self.arrivals.retain(|arrival| match arrival {
            Arrival::Member(other) | Arrival::Source { member: other, .. } => *other != member,
        });
        if self.active == Some(member) {
            self.active = None;
        }
    }

    pub(super) fn add_source(&mut self, member: MemberId, source: SourceId, is_screen: bool) {
        self.member(member);
        self.arrivals.push(Arrival::Source { source, member, is_screen });
    }

    pub(super) fn remove_source(&mut self, source: SourceId) {
        self.arrivals
            .retain(|arrival| !matches!(arrival, Arrival::Source { source: other, .. } if *other == source));
    }

    /// Answers whether that is news.
    pub(super) fn set_active(&mut self, member: Option<MemberId>) -> bool {
        if self.active == member {
            return false;
        }
        self.active = member;
        self.spoken += 1;
        if let Some(known) = member.and_then(|member| self.members.get_mut(&member)) {
            known.spoke = self.spoken;
        }
        true
    }

    pub(super) fn set_speaking(&mut self, member: MemberId, is_speaking: bool) {
        if let Some(known) = self.members.get_mut(&member) {
            known.is_speaking = is_speaking;
        }
    }

    pub(super) fn active(&self) -> Option<MemberId> {
        self.active
    }

    pub(super) fn get(&self, member: MemberId) -> Option<&Member> {
        self.members.get(&member)
    }

    /// Everyone who may take a cell: cameras where their members stand, screens and further cameras where they came.
    pub(super) fn guests(&self) -> Vec<Guest> {
        let guest = |seat, member: MemberId, is_screen| {
            let spoke = self.members.get(&member).map_or(0, |known| known.spoke);
            Guest { seat, member, is_screen, spoke }
        };
        let of = |arrival: &Arrival| match *arrival {
            Arrival::Member(member) => {
                let is_there = self.camera_of(member).is_some() || self.is_shown(member);
                is_there.then(|| guest(Seat::Camera(member), member, false))
            }
            Arrival::Source { source, member, is_screen } => {
                let has_seat = is_screen || self.camera_of(member) != Some(source);
                has_seat.then(|| guest(Seat::Source(source), member, is_screen))
            }
        };
        self.arrivals.iter().filter_map(of).collect()
    }

    /// A member's first source that is no screen.
    pub(super) fn camera_of(&self, of: MemberId) -> Option<SourceId> {
        self.arrivals.iter().find_map(|arrival| match *arrival {
            Arrival::Source { source, member, is_screen: false } if member == of => Some(source),
            _ => None,
        })
    }

    /// The seat that a source has.
    pub(super) fn seat_of(&self, of: SourceId) -> Seat {
        let member = self.arrivals.iter().find_map(|arrival| match *arrival {
            Arrival::Source { source, member, is_screen: false } if source == of => Some(member),
            _ => None,
        });
        match member {
            Some(member) if self.camera_of(member) == Some(of) => Seat::Camera(member),
            _ => Seat::Source(of),
        }
    }

    fn is_shown(&self, member: MemberId) -> bool {
        self.members.get(&member).is_some_and(|known| known.shown)
    }

    /// A member that is not known comes now, unnamed and not shown by itself.
    fn member(&mut self, member: MemberId) -> &mut Member {
        if !self.members.contains_key(&member) {
            self.arrivals.push(Arrival::Member(member));
            self.came = self.came.saturating_add(1);
        }
        let number = self.came;
        self.members.entry(member).or_insert_with(|| Member {
            name: String::new(),
            told: String::new(),
            number,
            name_serial: 0,
            is_speaking: false,
            shown: false,
            spoke: 0,
        })
    }
}

/// A name as it can be drawn. People whose names cannot are told apart by numbers.
fn drawn(name: &str, number: u32) -> String {
    let settable = settable(name);
    if settable.is_empty() && !name.is_empty() { format!("Person {number}") } else { settable }
}
