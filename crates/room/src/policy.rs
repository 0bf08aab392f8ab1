//! Which topology a room has, and which view a participant: pure functions of what is known, so that each decision can be
//! shown with its reason and tried as a table.

use std::time::Duration;

use crate::topology::{Intent, Reason, Topologies, Topology, View, ViewIntent};

/// How long a mesh must have been possible before `auto` goes back to one. Longer than a reload takes, so that a page that
/// is loaded anew does not move a room twice.
pub const STEADY: Duration = Duration::from_secs(15);
/// How long tracks must pass poorly before `auto` gives the mix for them: a burst of loss is over sooner.
pub const POOR: Duration = Duration::from_secs(5);
/// How long the mix must pass well before `auto` gives the tracks again.
pub const FINE: Duration = Duration::from_secs(60);
/// How often `auto` gives one participant the mix for a poor path; the last time it stays with it.
pub const MIXES_MAX: u32 = 2;

/// What is known of a room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoomFacts {
    /// What it shall be.
    pub intent: Intent,
    /// What it is; `None` where nobody's media moves yet.
    pub current: Option<Topology>,
    /// How many people are in it.
    pub people: usize,
    /// How many of them have clients that cannot mesh.
    pub cannot_mesh: usize,
    /// How many of them may not receive.
    pub may_not_receive: usize,
    /// How many of them want the mix.
    pub mix_wanted: usize,
    /// How many pairs of them could not be connected.
    pub failed_pairs: usize,
    /// For how long a mesh has been possible.
    pub mesh_possible_for: Duration,
    /// Whether it can be mixed.
    pub mixer: MixerFact,
    /// The most people in a mesh that is asked for.
    pub mesh_people_max: usize,
    /// The most people in a mesh that `auto` makes.
    pub auto_mesh_people_max: usize,
}

/// Whether a room can be mixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MixerFact {
    /// It is, or can be.
    Ready,
    /// The server mixes no more rooms, or none.
    Unavailable,
    /// Its mixer failed.
    Failed,
}

/// Which topology, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Which.
    pub topology: Topology,
    /// Why.
    pub reason: Reason,
    /// Why, for people.
    pub explanation: String,
    /// When time alone may change it.
    pub again_in: Option<Duration>,
}

/// Which topology a room has.
pub fn decide(facts: &RoomFacts) -> Decision {
    let because =
        |topology, reason| Decision { topology, reason, explanation: explain(facts, reason), again_in: None };
    match facts.intent {
        Intent::Sfu => because(Topology::Sfu, Reason::Asked),
        Intent::Mcu => match facts.mixer {
            MixerFact::Ready => because(Topology::Mcu, Reason::Asked),
            MixerFact::Unavailable => because(Topology::Sfu, Reason::NoMixer),
            MixerFact::Failed => because(Topology::Sfu, Reason::MixerFailed),
        },
        Intent::Mesh => match mesh_obstacle(facts) {
            Some(reason) => because(Topology::Sfu, reason),
            None => because(Topology::Mesh, Reason::Asked),
        },
        Intent::Auto => match mesh_obstacle(facts) {
            Some(reason) => because(Topology::Sfu, reason),
            None if is_steady(facts) => because(Topology::Mesh, Reason::FewPeople),
            None => Decision {
                again_in: Some(STEADY.saturating_sub(facts.mesh_possible_for)),
                ..because(Topology::Sfu, Reason::Steadying)
            },
        },
    }
}

/// A mesh that is there stays; a room where no media moves yet has nothing to flap.
fn is_steady(facts: &RoomFacts) -> bool {
    matches!(facts.current, None | Some(Topology::Mesh)) || facts.mesh_possible_for >= STEADY
}

/// What speaks against a mesh, first of all what lasts longest.
pub fn mesh_obstacle(facts: &RoomFacts) -> Option<Reason> {
    [
        (facts.cannot_mesh > 0, Reason::ClientCannotMesh),
        (facts.may_not_receive > 0, Reason::Grants),
        (facts.people > mesh_people_max(facts), Reason::TooManyForMesh),
        (facts.mix_wanted > 0, Reason::MixWanted),
        (facts.failed_pairs > 0, Reason::PairFailed),
    ]
    .into_iter()
    .find_map(|(is_there, reason)| is_there.then_some(reason))
}

fn mesh_people_max(facts: &RoomFacts) -> usize {
    match facts.intent {
        Intent::Auto => facts.auto_mesh_people_max.min(facts.mesh_people_max),
        Intent::Mesh | Intent::Sfu | Intent::Mcu => facts.mesh_people_max,
    }
}

fn explain(facts: &RoomFacts, reason: Reason) -> String {
    let counted = |count: usize| {
        if count == 1 { "one person's client".to_owned() } else { format!("{count} people's clients") }
    };
    match reason {
        Reason::Asked => format!("the room shall be {}", facts.intent.as_str()),
        Reason::FewPeople => {
            let max = mesh_people_max(facts);
            format!("no more than {max} people are here, and nothing needs the server to see media")
        }
        Reason::TooManyForMesh => {
            format!("more people are here than the {} that such a mesh may have", mesh_people_max(facts))
        }
        Reason::ClientCannotMesh => {
            format!("{} cannot connect to other clients", counted(facts.cannot_mesh))
        }
        Reason::Grants => "somebody here may not receive, which a mesh cannot see to".to_owned(),
        Reason::MixWanted => "somebody here takes the mix, which only the server can make".to_owned(),
        Reason::PairFailed => "two people here could not be connected to each other".to_owned(),
        Reason::Steadying => {
            format!("a mesh would do, and is made when it would have for {} s", STEADY.as_secs())
        }
        Reason::NoMixer => "the server can mix no more rooms".to_owned(),
        Reason::MixerFailed => "the room's mixer failed".to_owned(),
        Reason::PoorPath => "the tracks pass poorly".to_owned(),
    }
}

/// What is known of a participant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ViewFacts {
    /// What it wants.
    pub intent: ViewIntent,
    /// What its client can.
    pub can: Topologies,
    /// What its room shall be.
    pub room_intent: Intent,
    /// What its room is.
    pub topology: Topology,
    /// Whether its room can be mixed.
    pub mixer: MixerFact,
    /// How many pictures the others send.
    pub pictures: usize,
    /// What it has; `None` where it has nothing yet.
    pub current: Option<View>,
    /// For how long what it receives has passed poorly.
    pub poor_for: Option<Duration>,
    /// For how long it has passed well.
    pub fine_for: Option<Duration>,
    /// How often it was given the mix for a poor path.
    pub mixes: u32,
}

/// Which view, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ViewDecision {
    /// Which.
    pub view: View,
    /// Why; `None`: because the room is what it is.
    pub reason: Option<Reason>,
    /// When time alone may change it.
    pub again_in: Option<Duration>,
}

impl ViewDecision {
    /// The reason, for people.
    pub fn explanation(&self) -> Option<String> {
        let text = match self.reason? {
            Reason::Asked => match self.view {
                View::Tracks => "the participant shall have the tracks",
                View::Mix => "the participant shall have the mix",
            },
            Reason::NoMixer => "the mix is wanted, but the server can mix no more rooms",
            Reason::MixerFailed => "the mix is wanted, but the room's mixer failed",
            _ => "the tracks pass poorly, one mix needs less",
        };
        Some(text.to_owned())
    }
}

/// Which view a participant has.
pub fn decide_view(facts: &ViewFacts) -> ViewDecision {
    let because = |view, reason| ViewDecision { view, reason, again_in: None };
    // A mesh has no mix; whoever wants one has moved the room out of it.
    if facts.topology == Topology::Mesh {
        return because(View::Tracks, None);
    }
    let wants_mix = match facts.intent {
        ViewIntent::Tracks => return because(View::Tracks, Some(Reason::Asked)),
        ViewIntent::Mix => Some(Reason::Asked),
        ViewIntent::Auto if !facts.can.mcu => return because(View::Tracks, None),
        ViewIntent::Auto if facts.topology == Topology::Mcu || !facts.can.sfu => None,
        ViewIntent::Auto => return by_path(facts),
    };
    match facts.mixer {
        MixerFact::Ready => because(View::Mix, wants_mix),
        MixerFact::Unavailable => because(View::Tracks, Some(Reason::NoMixer)),
        MixerFact::Failed => because(View::Tracks, Some(Reason::MixerFailed)),
    }
}

/// In a room that is `auto`: the mix for one whose path carries the tracks poorly, and the tracks again when it has been
/// well for long. One picture is as heavy as the mix, so that there must be two.
fn by_path(facts: &ViewFacts) -> ViewDecision {
    let tracks = ViewDecision { view: View::Tracks, reason: None, again_in: None };
    let mix = ViewDecision { view: View::Mix, reason: Some(Reason::PoorPath), again_in: None };
    if facts.room_intent != Intent::Auto || facts.mixer != MixerFact::Ready {
        return tracks;
    }
    match (facts.current, facts.poor_for, facts.fine_for) {
        (Some(View::Mix), _, Some(fine)) if facts.mixes < MIXES_MAX => match FINE.checked_sub(fine) {
            Some(left) if !left.is_zero() => ViewDecision { again_in: Some(left), ..mix },
            _ => tracks,
        },
        (Some(View::Mix), ..) => mix,
        (_, Some(poor), _) if facts.pictures >= 2 => match POOR.checked_sub(poor) {
            Some(left) if !left.is_zero() => ViewDecision { again_in: Some(left), ..tracks },
            _ => mix,
        },
        _ => tracks,
    }
}

#[cfg(test)]
mod tests;
