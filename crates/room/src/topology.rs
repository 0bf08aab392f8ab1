//! How rooms move media, and the words for it, the same as on the wire.

use crate::event::words;

/// How a room moves media.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Topology {
    /// From client to client; the server carries none.
    Mesh,
    /// Through the server, each track to whoever takes it.
    Sfu,
    /// Through the server, and who wishes nothing else takes a mix.
    Mcu,
}

/// How somebody wants a room to move media.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Intent {
    /// As a mesh, unless that is impossible.
    Mesh,
    /// As an SFU.
    Sfu,
    /// As an MCU, unless the server cannot mix.
    Mcu,
    /// As the policy finds best: [`crate::policy`].
    Auto,
}

/// What a participant takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum View {
    /// The others' tracks.
    Tracks,
    /// One mix of them.
    Mix,
}

/// What a participant wants to take.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ViewIntent {
    /// The others' tracks.
    Tracks,
    /// One mix of them.
    Mix,
    /// As the policy finds best.
    #[default]
    Auto,
}

/// What a decision about topology or view rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// It was asked for.
    Asked,
    /// Few enough people for a mesh, and nothing speaks against one.
    FewPeople,
    /// More people than a mesh may have.
    TooManyForMesh,
    /// Somebody's client cannot take part in a mesh.
    ClientCannotMesh,
    /// Somebody may not receive, which a mesh cannot see to.
    Grants,
    /// Somebody takes the mix, which a mesh has none of.
    MixWanted,
    /// Two people could not be connected, or lost each other.
    PairFailed,
    /// A mesh would do, and will be one once it would have for a while.
    Steadying,
    /// The server mixes no more rooms, or none.
    NoMixer,
    /// The room's mixer failed.
    MixerFailed,
    /// The tracks pass poorly.
    PoorPath,
}

/// How far a move is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MoveState {
    /// The new way is being made; the old one serves.
    Moving,
    /// The new way serves, and is the only one.
    Settled,
}

/// How a pair of a mesh does, as one of the two sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PairState {
    /// On its way.
    Connecting,
    /// Media can pass.
    Connected,
    /// The path is lost and may come back.
    Disconnected,
    /// It will not come up.
    Failed,
}

words! {
    Topology { Mesh = "mesh", Sfu = "sfu", Mcu = "mcu" }
    Intent { Mesh = "mesh", Sfu = "sfu", Mcu = "mcu", Auto = "auto" }
    View { Tracks = "tracks", Mix = "mix" }
    ViewIntent { Tracks = "tracks", Mix = "mix", Auto = "auto" }
    Reason {
        Asked = "asked", FewPeople = "fewPeople", TooManyForMesh = "tooManyForMesh",
        ClientCannotMesh = "clientCannotMesh", Grants = "grants", MixWanted = "mixWanted", PairFailed = "pairFailed",
        Steadying = "steadying", NoMixer = "noMixer", MixerFailed = "mixerFailed", PoorPath = "poorPath",
    }
    MoveState { Moving = "moving", Settled = "settled" }
    PairState { Connecting = "connecting", Connected = "connected", Disconnected = "disconnected", Failed = "failed" }
}

/// Which topologies a client can take part in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Topologies {
    /// It connects to other clients.
    pub mesh: bool,
    /// It takes tracks.
    pub sfu: bool,
    /// It takes the mix unasked.
    pub mcu: bool,
}

impl Topologies {
    /// Those that are listed.
    pub fn listed(list: &[Topology]) -> Self {
        let has = |topology| list.contains(&topology);
        Self { mesh: has(Topology::Mesh), sfu: has(Topology::Sfu), mcu: has(Topology::Mcu) }
    }
}

/// What a client can that says nothing: whatever needs only what the server offers.
impl Default for Topologies {
    fn default() -> Self {
        Self { mesh: false, sfu: true, mcu: true }
    }
}

/// What one participant is told of how media moves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heading {
    /// How the room moves media, or will when the move is over.
    pub topology: Topology,
    /// How it is wanted to.
    pub intent: Intent,
    /// What this participant takes.
    pub view: View,
    /// Why.
    pub reason: Reason,
    /// Why, for people.
    pub explanation: String,
    /// Which move brought it here; grows within the room.
    pub epoch: u64,
    /// How far that is.
    pub state: MoveState,
}
