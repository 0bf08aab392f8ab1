//! Clients inside DTLS: each a tunnel, found by its address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::time::Instant;

use motet_dtls::{FirstDatagram, Tunnel};
use motet_net::ports::{PortId, UdpPort};
use motet_turn::{ClientProtocol, ClientSocket, FromClient, ListenerId};

use super::Turn;
use crate::counters::EngineDrop;

/// How often tunnels are looked at that have something to send again or are late.
const TICK: std::time::Duration = std::time::Duration::from_millis(50);

/// The tunnels of a thread.
pub(super) struct Tunnels {
    open: HashMap<ClientSocket, Box<Tunnel>>,
    tunnels_max: usize,
    next_tick: Option<Instant>,
    datagram: Vec<u8>,
}

/// Whether a datagram's first byte is that of a DTLS record (RFC 7983).
pub(super) fn is_dtls(first: Option<&u8>) -> bool {
    matches!(first, Some(20..=63))
}

impl Tunnels {
    pub(super) fn new(tunnels_max: usize) -> Self {
        Self { open: HashMap::new(), tunnels_max, next_tick: None, datagram: Vec::new() }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.next_tick
    }
}

impl Turn {
    pub(super) fn handle_dtls(&mut self, port: PortId, from: SocketAddr, datagram: &[u8]) {
        let Some(local) = self.net.ports.get(port).map(UdpPort::local_addr) else { return };
        let listener = ListenerId(port.0);
        let client = ClientSocket { listener, protocol: ClientProtocol::Dtls, local, remote: from };
        let now = self.now.instant;
        let outcome = match self.tunnels.open.entry(client) {
            Entry::Occupied(mut tunnel) => tunnel.get_mut().handle_datagram(now, datagram),
            Entry::Vacant(_) => return self.begin_dtls(client, datagram),
        };
        if outcome.is_err() {
            self.drops.count(EngineDrop::DtlsFailed);
            return self.end_tunnel(client, true);
        }
        self.take_tunnel_messages(client);
        self.send_from_tunnel(client);
    }

    fn begin_dtls(&mut self, client: ClientSocket, datagram: &[u8]) {
        let Some(server) = self.identity.dtls() else { return self.drops.count(EngineDrop::DtlsFailed) };
        match server.handle_first(self.now.instant, self.now.unix_s, client.remote, datagram) {
            FirstDatagram::Nothing => self.drops.count(EngineDrop::DtlsFailed),
            FirstDatagram::Verify(answer) => {
                self.net.send(PortId(client.listener.0), client.remote, &answer, 0..0);
            }
            FirstDatagram::Refuse(alert) => {
                self.drops.count(EngineDrop::DtlsFailed);
                self.net.send(PortId(client.listener.0), client.remote, &alert, 0..0);
            }
            FirstDatagram::Begin(tunnel) => {
                if self.tunnels.open.len() >= self.tunnels.tunnels_max {
                    return self.drops.count(EngineDrop::DtlsFull);
                }
                if !self.server.handle_client_opened(self.now, client) {
                    return self.drops.count(EngineDrop::HalfOpen);
                }
                self.tunnels.open.insert(client, tunnel);
                self.tunnels.next_tick.get_or_insert(self.now.instant + TICK);
                self.send_from_tunnel(client);
            }
        }
    }

    fn take_tunnel_messages(&mut self, client: ClientSocket) {
        while let Some(tunnel) = self.tunnels.open.get_mut(&client) {
            let Some(message) = tunnel.poll_data() else {
                if tunnel.is_closed() {
                    self.end_tunnel(client, true);
                }
                return;
            };
            match self.server.handle_client(self.now, client, &message) {
                FromClient::ToPeer { relay, peer, payload, dont_fragment } => {
                    self.send_to_peer(relay, peer, &message[payload], 0..0, dont_fragment);
                }
                // Streams alone are joined and moved.
                FromClient::Nothing | FromClient::Join { .. } | FromClient::Elsewhere { .. } => {
                    self.carry_out();
                }
            }
        }
    }

    /// Seals a message for a client.
    pub(super) fn send_by_tunnel(&mut self, client: ClientSocket, message: &[u8]) {
        let now = self.now.instant;
        let Some(tunnel) = self.tunnels.open.get_mut(&client) else {
            return self.drops.count(EngineDrop::Gone);
        };
        if tunnel.send(now, message).is_err() {
            self.drops.count(EngineDrop::DtlsFailed);
        }
        self.send_from_tunnel(client);
    }

    fn send_from_tunnel(&mut self, client: ClientSocket) {
        let Some(tunnel) = self.tunnels.open.get_mut(&client) else { return };
        let datagram = &mut self.tunnels.datagram;
        while tunnel.poll_transmit(datagram) {
            self.net.send(PortId(client.listener.0), client.remote, datagram, 0..0);
        }
    }

    /// Says goodbye; `tell`: the server does not know yet.
    pub(super) fn end_tunnel(&mut self, client: ClientSocket, tell: bool) {
        if let Some(tunnel) = self.tunnels.open.get_mut(&client) {
            tunnel.close();
            self.send_from_tunnel(client);
        }
        if self.tunnels.open.remove(&client).is_some() && tell {
            self.server.handle_client_closed(self.now, client);
            self.carry_out();
        }
    }

    pub(super) fn handle_tunnel_timeouts(&mut self) {
        let now = self.now.instant;
        if self.tunnels.next_tick.is_none_or(|due| now < due) {
            return;
        }
        let is_due = |tunnel: &Tunnel| tunnel.poll_timeout().is_some_and(|due| due <= now);
        let due: Vec<ClientSocket> = self
            .tunnels
            .open
            .iter()
            .filter(|(_, tunnel)| is_due(tunnel))
            .map(|(client, _)| *client)
            .collect();
        for client in due {
            let Some(tunnel) = self.tunnels.open.get_mut(&client) else { continue };
            if tunnel.handle_timeout(now).is_err() {
                self.drops.count(EngineDrop::TooSlow);
                self.end_tunnel(client, true);
            } else {
                self.send_from_tunnel(client);
            }
        }
        // Nothing is due by itself once every handshake has ended.
        let is_awaited = self.tunnels.open.values().any(|tunnel| tunnel.poll_timeout().is_some());
        self.tunnels.next_tick = is_awaited.then(|| now + TICK);
    }
}
