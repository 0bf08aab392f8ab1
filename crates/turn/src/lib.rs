//! A STUN and TURN server without sockets (RFC 8489, RFC 8656, RFC 6062): datagrams in, answers and relayed payloads out.
//!
//! The engine around it owns the sockets. It hands over what clients ([`Server::handle_client`]) and peers
//! ([`Server::handle_peer`]) send, carries out each [`Action`], sends each answer, and calls
//! [`Server::handle_timeout`] when [`Server::poll_timeout`] says so. Payloads are never copied: what is to be relayed is told
//! as a range of the datagram that came in, or as the few bytes to write in front of it.

mod action;
mod client;
mod counters;
pub mod credentials;
mod hashing;
mod outcome;
mod policy;
mod reasons;
mod server;
mod settings;
mod shared;
pub mod stream;
mod wire;

pub use action::{Action, CloseReason, ConnectionId, HoldId, OpenError, RelayId, RelayTransport};
pub use client::{ClientProtocol, ClientSocket, ListenerId, Now};
pub use counters::{Counters, DropReason};
pub use outcome::{FromClient, Prefix, ToClient};
pub use policy::{AllowedPeer, Network, NetworkError, PeerPolicy, Refusal};
pub use server::Server;
pub use settings::{Lifetimes, Quotas, Rate, RelayIp, Secret, Settings, SettingsError, StaticUser};
pub use shared::Shared;
