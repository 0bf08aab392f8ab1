//! Meshes: which pairs are connected, and what is passed on between clients.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Rooms;
use super::participant::{Participant, Way};
use super::room::Room;
use crate::error::RoomError;
use crate::event::Event;
use crate::ids::ParticipantId;
use crate::reply::Reply;
use crate::topology::{PairState, Topology};

/// The longest message that is relayed: a description of a hundred tracks fits.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// What one client may have relayed: at once, and then a second. The others have to read it, and are closed as slow when
/// they cannot; a whole mesh's descriptions and candidates are a tenth of it.
const ALLOWANCE_BYTES: usize = 512 * 1024;
const ALLOWANCE_BYTES_PER_S: f64 = 128.0 * 1024.0;
/// What a message costs beside its length.
const MESSAGE_COST: usize = 256;

pub(super) struct Mesh {
    /// The move that began it.
    pub(super) begun: u64,
    /// The last move into it.
    pub(super) epoch: u64,
    /// Whether the server carries nothing any more.
    pub(super) is_alone: bool,
    pairs: BTreeMap<PairKey, Pair>,
}

/// Two people, the lower id first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct PairKey(ParticipantId, ParticipantId);

impl PairKey {
    pub(super) fn of(one: ParticipantId, other: ParticipantId) -> Self {
        Self(one.min(other), one.max(other))
    }

    pub(super) fn has(self, id: ParticipantId) -> bool {
        self.0 == id || self.1 == id
    }
}

/// How two people are connected.
#[derive(Clone, Copy, Debug)]
struct Pair {
    /// As each of the two sees it.
    connected: [bool; 2],
    /// Until when they are to be; `None` while they are.
    due: Option<Instant>,
}

impl Mesh {
    pub(super) fn begin(epoch: u64, is_alone: bool) -> Self {
        Self { begun: epoch, epoch, is_alone, pairs: BTreeMap::new() }
    }

    /// Serves again though it was on its way out. Pairs that are not connected have until `due`.
    pub(super) fn resume(&mut self, epoch: u64, due: Instant) {
        self.epoch = epoch;
        self.pairs.values_mut().filter(|pair| pair.due.is_some()).for_each(|pair| pair.due = Some(due));
    }

    pub(super) fn forget(&mut self, id: ParticipantId) {
        self.pairs.retain(|pair, _| !pair.has(id));
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.pairs.values().filter_map(|pair| pair.due).min()
    }

    pub(super) fn pairs(&self) -> usize {
        self.pairs.len()
    }
}

/// Whether a participant is in the mesh, or on its way out of it.
fn meshes(participant: &Participant) -> bool {
    participant.is_on(Way::Mesh)
}

impl Room {
    /// Whether media moves on both sides of a move into or out of a mesh.
    pub(super) fn is_crossing(&self) -> bool {
        self.mesh.as_ref().is_some_and(|mesh| self.topology != Topology::Mesh || !mesh.is_alone)
    }

    /// Whether media may not pass the server.
    pub(super) fn is_mesh_alone(&self) -> bool {
        self.topology == Topology::Mesh && self.mesh.as_ref().is_some_and(|mesh| mesh.is_alone)
    }

    /// Begins pairs where there are none: of people who are in the mesh, where one of the two has something to send.
    pub(super) fn pair_up(&mut self, due: Instant) {
        let Some(mesh) = self.mesh.as_mut().filter(|_| self.topology == Topology::Mesh) else { return };
        let members: Vec<&Participant> = self.people.values().filter(|other| meshes(other)).collect();
        for (place, one) in members.iter().enumerate() {
            for other in &members[place + 1..] {
                if !one.tracks.is_empty() || !other.tracks.is_empty() {
                    let fresh = Pair { connected: [false; 2], due: Some(due) };
                    mesh.pairs.entry(PairKey::of(one.id, other.id)).or_insert(fresh);
                }
            }
        }
    }

    /// Pairs that were not connected in time fail. Whoever has no socket can neither connect nor tell.
    pub(super) fn expire_pairs(&mut self, now: Instant, timeout: Duration) {
        let Some(mesh) = self.mesh.as_mut().filter(|_| self.topology == Topology::Mesh) else { return };
        let is_gone = |id: ParticipantId| self.people.get(&id).is_none_or(|other| other.gone_at.is_some());
        for (key, pair) in &mut mesh.pairs {
            if pair.due.is_none_or(|due| due > now) {
                continue;
            }
            if is_gone(key.0) || is_gone(key.1) {
                pair.due = Some(now + timeout);
            } else {
                pair.due = None;
                self.failed_pairs.insert(*key);
            }
        }
    }

    /// The mesh that a message or a report of `epoch` is about.
    fn mesh_of(&self, epoch: u64) -> Result<u64, RoomError> {
        let mesh = self.mesh.as_ref().ok_or(RoomError::NoMesh)?;
        if (mesh.begun..=self.epoch).contains(&epoch) { Ok(mesh.epoch) } else { Err(RoomError::StaleEpoch) }
    }

    fn meshed(&mut self, id: ParticipantId, unknown: RoomError) -> Result<&mut Participant, RoomError> {
        let participant = self.people.get_mut(&id).ok_or(unknown)?;
        if meshes(participant) { Ok(participant) } else { Err(RoomError::NoMesh) }
    }
}

impl Rooms {
    pub(super) fn relay(
        &mut self,
        now: Instant,
        from: ParticipantId,
        to: ParticipantId,
        epoch: u64,
        message: String,
    ) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(from)?;
        if message.len() > MESSAGE_BYTES_MAX {
            return Err(RoomError::MessageTooLong { bytes_max: MESSAGE_BYTES_MAX });
        }
        let epoch = room.mesh_of(epoch)?;
        if from == to {
            return Err(RoomError::NoSuchParticipant);
        }
        room.meshed(to, RoomError::NoSuchParticipant)?;
        let sender = room.meshed(from, RoomError::NoSuchParticipant)?;
        if !sender.allowance.take(now, message.len() + MESSAGE_COST) {
            return Err(RoomError::TooMuch);
        }
        let receiver = room.meshed(to, RoomError::NoSuchParticipant)?;
        receiver.relayed += 1;
        let number = receiver.relayed;
        desk.tell(to, Event::Relayed { from, epoch, number, message });
        Ok(Reply::Done)
    }

    pub(super) fn report_pair(
        &mut self,
        now: Instant,
        id: ParticipantId,
        with: ParticipantId,
        epoch: u64,
        state: PairState,
    ) -> Result<Reply, RoomError> {
        let timeout = self.config.mesh_connect_timeout;
        let (room, desk) = self.room_with(id)?;
        // What is told of a mesh that is over, or of one who just left, comes too late to mean anything.
        if room.mesh_of(epoch).is_err() || room.topology != Topology::Mesh {
            return Ok(Reply::Done);
        }
        let key = PairKey::of(id, with);
        let Some(pair) = room.mesh.as_mut().and_then(|mesh| mesh.pairs.get_mut(&key)) else {
            return Ok(Reply::Done);
        };
        let side = usize::from(key.0 != id);
        match state {
            PairState::Connected => {
                pair.connected[side] = true;
                if pair.connected == [true; 2] {
                    pair.due = None;
                }
            }
            PairState::Connecting | PairState::Disconnected => {
                pair.connected[side] = false;
                pair.due = Some(pair.due.unwrap_or(now + timeout));
            }
            PairState::Failed => {
                room.failed_pairs.insert(key);
            }
        }
        desk.touch(room.router_id);
        Ok(Reply::Done)
    }
}

/// What a participant may still have relayed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    bytes: f64,
    at: Instant,
}

impl Allowance {
    pub(super) fn full(now: Instant) -> Self {
        Self { bytes: ALLOWANCE_BYTES as f64, at: now }
    }

    fn take(&mut self, now: Instant, bytes: usize) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = self.at.max(now);
        self.bytes = (self.bytes + passed * ALLOWANCE_BYTES_PER_S).min(ALLOWANCE_BYTES as f64);
        let is_enough = self.bytes >= bytes as f64;
        if is_enough {
            self.bytes -= bytes as f64;
        }
        is_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_is_spent_and_comes_back() {
        let start = Instant::now();
        let mut allowance = Allowance::full(start);
        assert!(allowance.take(start, ALLOWANCE_BYTES));
        assert!(!allowance.take(start, 1));
        let later = start + Duration::from_secs(1);
        assert!(allowance.take(later, 128 * 1024));
        assert!(!allowance.take(later, 1));
    }
}
