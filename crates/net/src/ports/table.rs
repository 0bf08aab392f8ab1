//! The ports of a loop, by their ids.

use super::forwards::PortId;
use super::udp::UdpPort;

/// Opened ports. A closed one's id is used again.
#[derive(Default)]
pub struct Ports {
    slots: Vec<Option<UdpPort>>,
    free: Vec<PortId>,
}

impl Ports {
    /// Takes a port in.
    pub fn insert(&mut self, port: UdpPort) -> PortId {
        if let Some(id) = self.free.pop() {
            self.slots[id.0 as usize] = Some(port);
            return id;
        }
        self.slots.push(Some(port));
        PortId(self.slots.len() as u32 - 1)
    }

    /// Gives a port away, to be closed.
    pub fn remove(&mut self, id: PortId) -> Option<UdpPort> {
        let port = self.slots.get_mut(id.0 as usize)?.take()?;
        self.free.push(id);
        Some(port)
    }

    /// A port.
    pub fn get(&self, id: PortId) -> Option<&UdpPort> {
        self.slots.get(id.0 as usize)?.as_ref()
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get_mut(&mut self, id: PortId) -> Option<&mut UdpPort> {
        self.slots.get_mut(id.0 as usize)?.as_mut()
    }
}
