//! The TURN server inside `motet`: started with it, its credentials handed out at each join.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::sync::{PoisonError, RwLock};

use motet::Worker;
use motet::turn::protocol::{AllowedPeer, Network, RelayIp, Secret, Settings, credentials};
use motet::turn::{StartError, TurnCounters, TurnServer, TurnSettings};
use motet_room::ParticipantId;
use motet_signal::wire::IceServer;
use rustls::ServerConnection;

use super::Identity;
use crate::config::{Config, Tls, TurnConfig, announced_for};
use crate::http::unix_now_s;
use crate::media;

/// Why TURN cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// A port is taken, an address is not this machine's, a setting makes no sense.
    #[error("TURN: {0}; turn: false does without it")]
    Start(#[from] StartError),
    /// A certificate or an address cannot be used.
    #[error("TURN: {0}")]
    Unusable(String),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// A running TURN server and what participants are told of it.
pub(crate) struct Turn {
    server: TurnServer,
    /// The first signs.
    secrets: RwLock<Vec<Secret>>,
    urls: Vec<String>,
    stun_urls: Vec<String>,
    credentials_s: u64,
}

impl Turn {
    /// Opens every port and serves. `web`: where HTTP is served, and so TURN inside TLS too if that is secured.
    pub(crate) fn start(
        config: &Config,
        turn: &TurnConfig,
        workers: &[Worker],
        web: SocketAddr,
    ) -> Result<Self, TurnError> {
        let ips = media_ips(config)?;
        let listen = match turn.listen.as_slice() {
            [] => ips.iter().map(|ip| SocketAddr::new(*ip, turn.port)).collect(),
            listen => super::alone::expand(listen).map_err(TurnError::Unusable)?,
        };
        let secrets = if turn.secrets.is_empty() { vec![new_secret()?] } else { turn.secrets.clone() };
        let mut protocol = Settings::new(turn.realm.clone());
        protocol.secrets.clone_from(&secrets);
        protocol.users.clone_from(&turn.users);
        protocol.ports = turn.relay_ports.clone();
        protocol.relays = relays(&ips, &config.announce);
        protocol.quotas.allocations_max = turn.allocations_max;
        protocol.quotas.allocations_per_user_max = Some(turn.allocations_per_user_max);
        protocol.quotas.bytes_per_second_per_user_max = Some(turn.bytes_per_second_max);
        protocol.peers.allowed = own_peers(workers, &ips, &protocol.relays, turn);
        protocol.peers.denied.clone_from(&turn.deny_peer);
        protocol.peers.own.push(web);
        let mut settings = TurnSettings::new(protocol, listen);
        settings.threads =
            turn.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZero::get));
        let names: Vec<String> = ips.iter().map(IpAddr::to_string).collect();
        if let Some(identity) = identity(config, &names)? {
            settings.tls = Some(identity.tls().map_err(TurnError::Unusable)?);
            settings.dtls = Some(identity.dtls().map_err(TurnError::Unusable)?);
        }
        let server = TurnServer::start(settings)?;
        let hosts = hosts(config, turn, server.listen_addrs());
        let urls = urls(config, turn, &hosts, server.listen_addrs(), web);
        let stun_urls = hosts.iter().map(|(host, port)| format!("stun:{host}:{port}")).collect();
        let credentials_s = turn.credentials.as_secs();
        Ok(Self { server, secrets: RwLock::new(secrets), urls, stun_urls, credentials_s })
    }

    /// What a participant's browser is told, with credentials that nobody else has.
    pub(crate) fn ice_servers(&self, participant_id: ParticipantId) -> Vec<IceServer> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let Some(secret) = secrets.first() else { return Vec::new() };
        let expiry = unix_now_s().saturating_add(self.credentials_s);
        let made = credentials::make(secret, expiry, &participant_id.to_string());
        let stun = IceServer { urls: self.stun_urls.clone(), username: None, credential: None };
        let turn = IceServer {
            urls: self.urls.clone(),
            username: Some(made.username),
            credential: Some(made.password.to_string()),
        };
        vec![stun, turn]
    }

    /// Exchanges the secrets. Calls go on: what an old one signed stays good while it is among them.
    pub(crate) fn set_secrets(&self, secrets: Vec<Secret>) -> Result<(), String> {
        if secrets.is_empty() {
            return Ok(());
        }
        self.server.set_secrets(&secrets).map_err(|error| error.to_string())?;
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = secrets;
        Ok(())
    }

    /// Shows the certificate that stands in the configuration's files to clients that come from here on. Calls go on.
    pub(crate) fn set_certificate(&self, config: &Config) -> Result<(), String> {
        let Tls::Files { cert, key } = &config.tls else { return Ok(()) };
        let identity = Identity::from_files(cert, key)?;
        self.server.set_certificate(Some(identity.tls()?), Some(identity.dtls()?));
        Ok(())
    }

    /// Takes over a connection to the web port that speaks TURN.
    pub(crate) fn adopt(&self, socket: std::net::TcpStream, tls: Option<ServerConnection>, read: Vec<u8>) {
        self.server.adopt(socket, tls, read);
    }

    /// Ends all relaying and frees every port.
    pub(crate) fn stop(&self) {
        self.server.stop();
    }

    pub(crate) fn counters(&self) -> TurnCounters {
        self.server.counters()
    }

    /// Where it listens.
    pub(crate) fn listen_addrs(&self) -> &[SocketAddr] {
        self.server.listen_addrs()
    }
}

/// Where media is received, each address once, the outside first.
fn media_ips(config: &Config) -> Result<Vec<IpAddr>, TurnError> {
    let listen = media::listen_addresses(config).map_err(|error| TurnError::Unusable(error.to_string()))?;
    Ok(listen.iter().map(|listen| listen.ip).collect())
}

fn relays(ips: &[IpAddr], announce: &[IpAddr]) -> Vec<RelayIp> {
    let mut ips = ips.to_vec();
    // One address of each family is given away, and it is to be one that others reach.
    ips.sort_by_key(IpAddr::is_loopback);
    ips.iter().map(|ip| RelayIp { bind: *ip, announce: announced_for(*ip, &ips, announce) }).collect()
}

/// Peers beside the public ones: this server's own media ports, its own relayed addresses, so that two people in a mesh may
/// both be relayed, and what the configuration names.
fn own_peers(workers: &[Worker], ips: &[IpAddr], relays: &[RelayIp], turn: &TurnConfig) -> Vec<AllowedPeer> {
    let mut allowed = Vec::new();
    for worker in workers {
        let facts = worker.facts();
        let told = facts.candidates.iter().map(|candidate| candidate.ip);
        for ip in ips.iter().copied().chain(told) {
            allowed.push(AllowedPeer { network: Network::single(ip), ports: Some(facts.port..=facts.port) });
        }
    }
    for relay in relays {
        for ip in std::iter::once(relay.bind).chain(relay.announce) {
            allowed.push(AllowedPeer { network: Network::single(ip), ports: Some(turn.relay_ports.clone()) });
        }
    }
    allowed.extend(turn.allow_peer.iter().map(|network| AllowedPeer { network: *network, ports: None }));
    allowed
}

fn identity(config: &Config, names: &[String]) -> Result<Option<Identity>, TurnError> {
    let made = match &config.tls {
        Tls::Off => return Ok(None),
        Tls::SelfSigned => Identity::generate(names),
        Tls::Files { cert, key } => Identity::from_files(cert, key),
    };
    made.map(Some).map_err(TurnError::Unusable)
}

/// What browsers reach it by, with the port: the configured names, or else the addresses, announced or own. Of several own
/// ones the first of each family: a browser asks every server that it is told, and the same one twice brings nothing.
fn hosts(config: &Config, turn: &TurnConfig, listen: &[SocketAddr]) -> Vec<(String, u16)> {
    let first_port = listen.first().map_or(turn.port, SocketAddr::port);
    if !turn.hosts.is_empty() {
        return turn.hosts.iter().map(|host| (bracketed(host), first_port)).collect();
    }
    let ips: Vec<IpAddr> = listen.iter().map(SocketAddr::ip).collect();
    let mut hosts = Vec::new();
    for is_v4 in [true, false] {
        let of_family = || listen.iter().filter(|addr| addr.is_ipv4() == is_v4);
        let outside = of_family().find(|addr| !addr.ip().is_loopback());
        // Beside an outside address loopback of the other family helps nobody.
        let loopback = of_family().next().filter(|_| ips.iter().all(IpAddr::is_loopback));
        let Some(addr) = outside.or(loopback) else { continue };
        let ip = announced_for(addr.ip(), &ips, &config.announce).unwrap_or(addr.ip());
        hosts.push((bracketed(&ip.to_string()), addr.port()));
    }
    hosts
}

/// An IPv6 address stands in brackets in a URL.
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

fn urls(
    config: &Config,
    turn: &TurnConfig,
    hosts: &[(String, u16)],
    listen: &[SocketAddr],
    web: SocketAddr,
) -> Vec<String> {
    let mut urls = Vec::new();
    for transport in ["udp", "tcp"] {
        urls.extend(hosts.iter().map(|(host, port)| format!("turn:{host}:{port}?transport={transport}")));
    }
    // A browser looks at the name in a certificate: with files it is only known where the configuration says it. The web
    // port is the one that a strict firewall lets through, where it can be reached at all.
    let is_named = config.tls == Tls::SelfSigned || !turn.hosts.is_empty();
    if config.tls != Tls::Off && is_named {
        let is_reached = |ip: IpAddr| web.ip().is_unspecified() || web.ip() == ip;
        let is_web_reached = listen.iter().any(|addr| is_reached(addr.ip())) || !turn.hosts.is_empty();
        for (host, port) in hosts {
            let port = if is_web_reached { web.port() } else { *port };
            urls.push(format!("turns:{host}:{port}?transport=tcp"));
        }
    }
    urls
}

/// Of a server that nobody told a secret; its credentials end with it.
fn new_secret() -> Result<Secret, TurnError> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| TurnError::NoRandomness)?;
    Ok(Secret::new(bytes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_addresses_stand_in_brackets() {
        assert_eq!(bracketed("2001:db8::1"), "[2001:db8::1]");
        assert_eq!(bracketed("[2001:db8::1]"), "[2001:db8::1]");
        assert_eq!(bracketed("turn.example.org"), "turn.example.org");
    }
}
