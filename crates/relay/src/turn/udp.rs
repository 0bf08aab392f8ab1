//! Datagrams: from clients to the server, from peers to their clients.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::os::fd::AsFd;

use motet_net::ports::{Datagram, Poller, PortId, UdpPort};
use motet_turn::{ClientProtocol, ClientSocket, FromClient, ListenerId, RelayId, ToClient};

use super::dtls::is_dtls;
use super::{DATAGRAMS_PER_TURN, Net, PortUse, Relay, Turn};
use crate::counters::EngineDrop;

impl Turn {
    /// Takes what came at all readable ports, each in turn, up to a turn's worth.
    pub(super) fn receive_udp(&mut self) {
        let mut left = DATAGRAMS_PER_TURN;
        let mut datagrams = std::mem::take(&mut self.datagrams);
        while left > 0 && !self.readable.is_empty() {
            let mut readable = std::mem::take(&mut self.readable);
            readable.retain(|id| {
                let may_have_more = self.receive_port(*id, &mut datagrams, &mut left);
                if !may_have_more && let Some(is_listed) = self.is_listed.get_mut(id.0 as usize) {
                    *is_listed = false;
                }
                may_have_more
            });
            self.readable = readable;
        }
        self.datagrams = datagrams;
    }

    /// One call's worth of one port; whether more may wait.
    fn receive_port(&mut self, id: PortId, datagrams: &mut Vec<Datagram>, left: &mut usize) -> bool {
        let Some(may_have_more) = self.net.receive(id, datagrams) else { return false };
        *left = left.saturating_sub(datagrams.len().max(1));
        self.pace.received += datagrams.len();
        self.is_report_due |= !datagrams.is_empty();
        for datagram in datagrams.drain(..) {
            self.handle_datagram(id, datagram);
        }
        may_have_more
    }

    fn handle_datagram(&mut self, port: PortId, datagram: Datagram) {
        match self.net.uses.get(port.0 as usize) {
            Some(PortUse::Listener) => self.handle_from_client(port, datagram),
            Some(PortUse::Relay(relay)) => self.handle_from_peer(*relay, datagram),
            // Closed by what a datagram before this one asked for.
            Some(PortUse::Closed) | None => self.drops.count(EngineDrop::Gone),
        }
    }

    fn handle_from_client(&mut self, port: PortId, Datagram { from, range }: Datagram) {
        if is_dtls(self.net.pool.bytes(range.clone()).first()) {
            // Opened into a buffer of its own anyway.
            let datagram = self.net.pool.bytes(range).to_vec();
            return self.handle_dtls(port, from, &datagram);
        }
        let Some(local) = self.net.ports.get(port).map(UdpPort::local_addr) else { return };
        let listener = ListenerId(port.0);
        let client = ClientSocket { listener, protocol: ClientProtocol::Udp, local, remote: from };
        match self.server.handle_client(self.now, client, self.net.pool.bytes(range.clone())) {
            FromClient::ToPeer { relay, peer, payload, dont_fragment } => {
                let body = range.start + payload.start..range.start + payload.end;
                self.send_to_peer(relay, peer, &[], body, dont_fragment);
            }
            // Only connections are joined and moved.
            FromClient::Nothing | FromClient::Join { .. } | FromClient::Elsewhere { .. } => self.carry_out(),
        }
    }

    fn handle_from_peer(&mut self, relay: RelayId, Datagram { from, range }: Datagram) {
        let Some(to) = self.server.handle_peer(self.now, relay, from, range.len()) else { return };
        let ToClient { client, prefix, padding } = to;
        match client.protocol {
            ClientProtocol::Udp => {
                let port = PortId(client.listener.0);
                self.net.send_padded(port, client.remote, prefix.as_bytes(), range, padding);
            }
            ClientProtocol::Tcp | ClientProtocol::Tls => {
                let Some(id) = self.streams.of_client(&client) else {
                    return self.drops.count(EngineDrop::Gone);
                };
                let Some(stream) = self.streams.get(id) else { return };
                let padding = &[0; 3][..usize::from(padding.min(3))];
                match stream.push(&[prefix.as_bytes(), self.net.pool.bytes(range), padding]) {
                    Ok(()) => self.streams.list_dirty(id),
                    Err(_) => self.drops.count(EngineDrop::OutputFull),
                }
            }
            ClientProtocol::Dtls => {
                let padding = &[0; 3][..usize::from(padding.min(3))];
                let message = [prefix.as_bytes(), self.net.pool.bytes(range), padding].concat();
                self.send_by_tunnel(client, &message);
            }
        }
    }

    /// Sends `front` and then `body`, which lies in the pool, from a relay to a peer.
    pub(super) fn send_to_peer(
        &mut self,
        relay: RelayId,
        peer: SocketAddr,
        front: &[u8],
        body: Range<usize>,
        dont_fragment: bool,
    ) {
        match self.relays.get(relay.0 as usize) {
            Some(Relay::Udp { port, .. }) if dont_fragment => self.net.send_whole(*port, peer, front, body),
            Some(Relay::Udp { port, .. }) => self.net.send(*port, peer, front, body),
            Some(Relay::Tcp(_) | Relay::Closed) | None => self.drops.count(EngineDrop::Gone),
        }
    }
}

impl Net {
    /// Takes a port in and watches it.
    pub(super) fn watch(&mut self, poller: &Poller, port: UdpPort, used: PortUse) -> io::Result<PortId> {
        let id = self.ports.insert(port);
        let index = id.0 as usize;
        if self.uses.len() <= index {
            self.uses.resize(index + 1, PortUse::Closed);
        }
        let Some(port) = self.ports.get(id) else { return Err(io::ErrorKind::NotFound.into()) };
        if let Err(error) = poller.watch(&port.as_fd(), index) {
            self.ports.remove(id);
            return Err(error);
        }
        self.uses[index] = used;
        Ok(id)
    }

    /// Closes a port; what waits to be sent from it is sent before.
    pub(super) fn close(&mut self, id: PortId) {
        self.flush_forwards();
        if let Some(used) = self.uses.get_mut(id.0 as usize) {
            *used = PortUse::Closed;
        }
        self.ports.remove(id);
    }

    /// One system call's worth of datagrams, and whether more may wait; `None` for a port that is closed.
    fn receive(&mut self, id: PortId, datagrams: &mut Vec<Datagram>) -> Option<bool> {
        if !self.pool.has_room() {
            self.flush();
        }
        let port = self.ports.get(id)?;
        let is_busy = self.uses.get(id.0 as usize) == Some(&PortUse::Listener);
        let received =
            self.pool.receive(port, is_busy, &mut self.counters, |_, datagram| datagrams.push(datagram));
        // An error that a former send left behind is told once and says nothing about what waits.
        Some(received.unwrap_or(true))
    }

    pub(super) fn send(&mut self, port: PortId, to: SocketAddr, front: &[u8], body: Range<usize>) {
        self.send_padded(port, to, front, body, 0);
    }

    /// As one that must not be cut in fragments.
    fn send_whole(&mut self, port: PortId, to: SocketAddr, front: &[u8], body: Range<usize>) {
        if self.forwards.push_whole(port, to, front, body.clone()).is_err() {
            self.flush_forwards();
            // An empty batch has room for any datagram.
            let _ = self.forwards.push_whole(port, to, front, body);
        }
    }

    /// With so many zeros behind it.
    fn send_padded(&mut self, port: PortId, to: SocketAddr, front: &[u8], body: Range<usize>, padding: u8) {
        if self.forwards.push(port, to, front, body.clone(), padding).is_err() {
            self.flush_forwards();
            // An empty batch has room for any datagram.
            let _ = self.forwards.push(port, to, front, body, padding);
        }
    }

    /// Sends all that waits; what was received is forgotten.
    pub(super) fn flush(&mut self) {
        self.flush_forwards();
        self.pool.clear();
    }

    fn flush_forwards(&mut self) {
        if !self.forwards.is_empty() {
            self.forwards.flush(&self.pool, &mut self.ports, &mut self.counters);
        }
    }
}
