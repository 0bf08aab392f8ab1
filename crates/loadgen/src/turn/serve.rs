//! Motet's own TURN server, set up as a bench wants it: peers on loopback, and no quota on what is measured.

use std::time::Duration;

use motet_relay::protocol::{AllowedPeer, Network, RelayIp, Settings, StaticUser};
use motet_relay::{TurnServer, TurnSettings};

use super::bench::ServeArguments;
use crate::told::Failure;

pub(super) fn start(arguments: &ServeArguments) -> Result<TurnServer, Failure> {
    let ip = arguments.listen.ip();
    let mut protocol = Settings::new("bench");
    let password = arguments.password.clone().into();
    protocol.users = vec![StaticUser { name: arguments.user.clone(), password }];
    protocol.relays = vec![RelayIp { bind: ip, announce: None }];
    protocol.peers.allowed = vec![AllowedPeer { network: Network::single(ip), ports: None }];
    protocol.quotas.allocations_per_user_max = None;
    protocol.quotas.allocations_per_address_max = None;
    protocol.quotas.bytes_per_second_per_user_max = None;
    protocol.quotas.bytes_per_second_per_address_max = None;
    protocol.unauthenticated = None;
    let mut settings = TurnSettings::new(protocol, vec![arguments.listen]);
    settings.threads = arguments.threads;
    settings.pause = Duration::from_micros(arguments.pause_us);
    Ok(TurnServer::start(settings)?)
}
