//! Clients on TCP, and peers on TCP (RFC 6062).

use std::net::{SocketAddr, TcpListener};

use super::Script;
use crate::ask::{Ask, allocate, bind, binding, permit, refresh, request, send};
use crate::servers::{DENIED, IPV4};
use crate::talk::Talk;
use crate::wire::{attribute, channel_data, method};

pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "a client on TCP", run: client },
    Script { name: "TCP allocations", run: allocations },
    Script { name: "connections to peers", run: connections },
];

fn client(talk: &mut Talk) {
    let one = talk.one();
    talk.anew_by_tcp().ask("Binding", binding());
    talk.ask("allocate without credentials", allocate().unsigned());
    talk.allocate();
    talk.ask("permit", permit(&[one]));
    let hello = talk.write(&send(one, b"hello"));
    talk.relay("Send", &hello, one);
    talk.hear("a peer", one, b"hi");
    talk.ask("bind", bind(0x4000, one));
    talk.relay("channel data", &[channel_data(0x4000, b"hello"), vec![0; 3]].concat(), one);
    talk.hear("its peer on a channel", one, b"hello");
    talk.ask("refresh", refresh(600));
}

fn allocate_tcp() -> Ask {
    request(method::ALLOCATE).with(attribute::REQUESTED_TRANSPORT, &[6, 0, 0, 0])
}

fn allocations(talk: &mut Talk) {
    talk.anew_by_tcp().ask("good", allocate_tcp());
    talk.anew().ask("with EVEN-PORT", allocate_tcp().with(attribute::EVEN_PORT, &[0]));
    talk.anew().ask("with DONT-FRAGMENT", allocate_tcp().with(attribute::DONT_FRAGMENT, &[]));
    talk.anew().ask("with RESERVATION-TOKEN", allocate_tcp().with(attribute::RESERVATION_TOKEN, &[1; 8]));
    talk.anew().ask("IPv6", allocate_tcp().with(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0]));
}

fn connections(talk: &mut Talk) {
    let listener = TcpListener::bind(SocketAddr::new(IPV4, 0)).unwrap();
    let peer = listener.local_addr().unwrap();
    let connect = |peer| request(method::CONNECT).with_peer(peer);
    talk.anew_by_tcp().ask("Connect without an allocation", connect(peer));
    talk.ask("allocate", allocate_tcp());
    talk.ask("a channel", bind(0x4000, peer));
    talk.ask("Connect to a denied peer", connect(SocketAddr::new(DENIED, 4000)));
    talk.ask("Connect to no peer", request(method::CONNECT));
    talk.ask("Connect to the other family", connect(talk.ipv6()));
    let connected = talk.ask("Connect", connect(peer));
    let id = connected.as_ref().and_then(|answer| answer.get(attribute::CONNECTION_ID)).unwrap_or(&[0; 4]);
    talk.ask("Connect again", connect(peer));
    let join = |id: &[u8]| request(method::CONNECTION_BIND).with(attribute::CONNECTION_ID, id);
    talk.ask("ConnectionBind on the same connection", join(id));
    talk.beside().ask_at_last("ConnectionBind without an id", request(method::CONNECTION_BIND));
    talk.beside().ask_at_last("ConnectionBind of an unknown id", join(&[1, 2, 3, 4]));
    talk.beside().ask_at_last("ConnectionBind", join(id));
    talk.beside().ask_at_last("ConnectionBind again", join(id));
}
