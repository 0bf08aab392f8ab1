//! What the server asks for: sockets opened and closed, answers sent.

use motet_net::ports::PortId;
use motet_turn::{Action, ClientProtocol, OpenError, RelayId};

use super::icmp::Telling;
use super::{PortUse, Relay, Turn};
use crate::counters::EngineDrop;
use crate::relays::{self, Opened};

impl Turn {
    /// Does what the server asks for, then sends its answers.
    pub(super) fn carry_out(&mut self) {
        self.is_report_due = true;
        self.spare.note(self.allocations());
        while let Some(action) = self.server.poll_action() {
            self.carry_out_one(action);
        }
        let mut answer = std::mem::take(&mut self.answer);
        answer.clear();
        while let Some(client) = self.server.poll_transmit(&mut answer) {
            match client.protocol {
                ClientProtocol::Udp => {
                    self.net.send(PortId(client.listener.0), client.remote, &answer, 0..0);
                }
                ClientProtocol::Tcp | ClientProtocol::Tls => self.send_by_stream(&client, &[&answer]),
                ClientProtocol::Dtls => self.send_by_tunnel(client, &answer),
            }
            answer.clear();
        }
        self.answer = answer;
    }

    fn carry_out_one(&mut self, action: Action) {
        match action {
            Action::OpenRelay { relay, transport, address, hold_next } => {
                let held = hold_next.map(|hold| relays::open_next(address).map(|port| (hold, port)));
                let opened = match held {
                    Some(Err(error)) => Err(error),
                    Some(Ok((hold, port))) => relays::open(transport, address).inspect(|_| {
                        self.shelf.put(hold, port);
                    }),
                    None => relays::open(transport, address),
                };
                self.finish_opening(relay, opened);
            }
            Action::TakeHeld { relay, hold } => {
                let opened = self.shelf.take(hold).map(Opened::Udp).ok_or(OpenError::Failed);
                self.finish_opening(relay, opened);
            }
            Action::DropHeld { hold } => drop(self.shelf.take(hold)),
            Action::CloseRelay { relay } => self.close_relay(relay),
            Action::ConnectPeer { connection, relay, peer, .. } => {
                self.connect_peer(connection, relay, peer);
            }
            Action::ClosePeer { connection } => self.close_peer(connection),
            Action::CloseClient { client, .. } => {
                if let Some(id) = self.streams.of_client(&client) {
                    self.finish_stream(id);
                }
                self.end_tunnel(client, false);
            }
        }
    }

    fn finish_opening(&mut self, relay: RelayId, opened: Result<Opened, OpenError>) {
        let outcome = opened.and_then(|opened| self.keep_relay(relay, opened));
        self.server.handle_relay_opened(self.now, relay, outcome);
    }

    fn keep_relay(&mut self, relay: RelayId, opened: Opened) -> Result<(), OpenError> {
        let index = relay.0 as usize;
        if self.relays.len() <= index {
            self.relays.resize_with(index + 1, || Relay::Closed);
        }
        let kept = match opened {
            Opened::Udp(mut port) => {
                port.hear_errors();
                let watched = self.net.watch(&self.poller, port, PortUse::Relay(relay));
                watched.map(|port| Relay::Udp { port, telling: Telling::default() })
            }
            Opened::Tcp(port) => self.keep_tcp_relay(relay, port),
        };
        self.relays[index] = kept.map_err(|_| {
            self.drops.count(EngineDrop::SystemRefused);
            OpenError::Failed
        })?;
        Ok(())
    }

    fn close_relay(&mut self, relay: RelayId) {
        let Some(known) = self.relays.get_mut(relay.0 as usize) else { return };
        match std::mem::replace(known, Relay::Closed) {
            Relay::Udp { port, .. } => self.net.close(port),
            // Closing the listener ends its watch.
            Relay::Tcp(_) | Relay::Closed => {}
        }
    }
}
