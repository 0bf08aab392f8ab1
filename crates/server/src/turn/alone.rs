//! `motet turn` and `motet turn credentials`.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::ArgMatches;
use motet::turn::{TurnServer, TurnSettings, protocol, spare_little_memory};
use protocol::{AllowedPeer, Network, Quotas, RelayIp, Secret, Settings, StaticUser};
use tokio::signal::unix::{SignalKind, signal};

use super::Identity;
use crate::commands::{BAD_CONFIG, complain, duration, say};
use crate::config::announced_for;
use crate::http::unix_now_s;

/// STUN and TURN's own port.
const PORT: u16 = 3478;

/// `motet turn`: serves until it is told to stop.
pub fn serve(arguments: &ArgMatches) -> ExitCode {
    // Beside rooms and mixers this would cost more than it saves.
    spare_little_memory();
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(problem) => {
            complain(&problem);
            return ExitCode::from(BAD_CONFIG);
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(run(settings, arguments))
}

async fn run(settings: TurnSettings, arguments: &ArgMatches) -> ExitCode {
    let signals =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup()));
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) = signals else {
        complain("cannot listen for signals");
        return ExitCode::FAILURE;
    };
    let relays: Vec<String> = settings.server.relays.iter().map(|relay| relay.bind.to_string()).collect();
    let ports = settings.server.ports.clone();
    let server = match TurnServer::start(settings) {
        Ok(server) => server,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    say(&format!("motet turn {}", env!("CARGO_PKG_VERSION")));
    for addr in server.listen_addrs() {
        say(&format!("  listens on {addr}, UDP, TCP, TLS and DTLS"));
    }
    say(&format!("  relays from {}, ports {} to {}", relays.join(", "), ports.start(), ports.end()));
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => match reload(&server, arguments) {
                Ok(()) => say("  secrets and certificate were read again"),
                Err(problem) => complain(&problem),
            },
        }
    }
    server.stop();
    ExitCode::SUCCESS
}

/// Reads again what stands in files and may change while calls go on. A certificate that was made at start stays.
fn reload(server: &TurnServer, arguments: &ArgMatches) -> Result<(), String> {
    let TurnSettings { server: protocol, tls, dtls, .. } = settings(arguments)?;
    server.set_secrets(&protocol.secrets).map_err(|error| error.to_string())?;
    if arguments.contains_id("tls-cert") {
        server.set_certificate(tls, dtls);
    }
    Ok(())
}

fn settings(arguments: &ArgMatches) -> Result<TurnSettings, String> {
    let listen = listen(arguments)?;
    let realm = arguments.get_one::<String>("realm").cloned().unwrap_or_default();
    let mut server = Settings::new(realm);
    server.relays = relays(arguments, &listen)?;
    server.ports = port_range(text(arguments, "relay-ports")).ok_or("--relay-ports: expected FIRST-LAST")?;
    server.users = all(arguments, "user")
        .map(|text| user(text).map_err(|why| format!("--user: {why}")))
        .collect::<Result<_, _>>()?;
    server.secrets = all(arguments, "secret").map(|text| secret(text)).collect::<Result<_, _>>()?;
    let allowed: Vec<Network> = parse_all(arguments, "allow-peer", "a network such as 10.0.0.0/8")?;
    server.peers.allowed = allowed.into_iter().map(|network| AllowedPeer { network, ports: None }).collect();
    server.peers.denied = parse_all(arguments, "deny-peer", "a network such as 10.0.0.0/8")?;
    server.quotas = quotas(arguments, &server)?;
    let identity = identity(arguments, &listen)?;
    let mut settings = TurnSettings::new(server, listen);
    settings.tls = Some(identity.tls()?);
    settings.dtls = Some(identity.dtls()?);
    settings.threads = threads(arguments)?;
    if let Some(text) = arguments.get_one::<String>("pause-us") {
        let us: u16 = text.parse().map_err(|_| format!("--pause-us: expected 0 to 65535, not {text:?}"))?;
        settings.pause = Duration::from_micros(us.into());
    }
    Ok(settings)
}

/// Few: the fewer threads share the packets, the more of them does each find together, and one moves some hundred thousand a
/// second.
fn threads(arguments: &ArgMatches) -> Result<usize, String> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let Some(text) = arguments.get_one::<String>("threads") else { return Ok(cores.div_ceil(4)) };
    let threads: usize = text.parse().map_err(|_| format!("--threads: expected a number, not {text:?}"))?;
    Ok(if threads == 0 { cores } else { threads })
}

/// Those of many people, where credentials are made for people; none, where all users are the host's own services.
fn quotas(arguments: &ArgMatches, server: &Settings) -> Result<Quotas, String> {
    let usual = server.quotas;
    let is_for_people = !server.secrets.is_empty();
    let allocations = |name, usual: Option<u32>| quota(arguments, name, usual.filter(|_| is_for_people));
    let bytes = |name, usual: Option<u64>| quota(arguments, name, usual.filter(|_| is_for_people));
    Ok(Quotas {
        allocations_per_user_max: allocations("allocations-per-user", usual.allocations_per_user_max)?,
        allocations_per_address_max: allocations(
            "allocations-per-address",
            usual.allocations_per_address_max,
        )?,
        bytes_per_second_per_user_max: bytes(
            "bytes-per-second-per-user",
            usual.bytes_per_second_per_user_max,
        )?,
        bytes_per_second_per_address_max: bytes(
            "bytes-per-second-per-address",
            usual.bytes_per_second_per_address_max,
        )?,
        ..usual
    })
}

/// 0 is no limit.
fn quota<T: FromStr + Default + PartialEq>(
    arguments: &ArgMatches,
    name: &str,
    usual: Option<T>,
) -> Result<Option<T>, String> {
    let Some(text) = arguments.get_one::<String>(name) else { return Ok(usual) };
    let number: T = text.parse().map_err(|_| format!("--{name}: expected a number, not {text:?}"))?;
    Ok(Some(number).filter(|number| *number != T::default()))
}

fn identity(arguments: &ArgMatches, listen: &[SocketAddr]) -> Result<Identity, String> {
    let file = |name| arguments.get_one::<String>(name).map(Path::new);
    match (file("tls-cert"), file("tls-key")) {
        (Some(cert), Some(key)) => Identity::from_files(cert, key),
        (None, None) => {
            let names: Vec<String> = listen.iter().map(|addr| addr.ip().to_string()).collect();
            Identity::generate(&names)
        }
        _ => Err("--tls-cert and --tls-key belong together".to_owned()),
    }
}

fn listen(arguments: &ArgMatches) -> Result<Vec<SocketAddr>, String> {
    let mut listen: Vec<SocketAddr> =
        parse_all(arguments, "listen", "an address with a port, such as 203.0.113.5:3478")?;
    if listen.is_empty() {
        listen.push(SocketAddr::from(([0, 0, 0, 0], PORT)));
    }
    expand(&listen)
}

/// An answer leaves from the address that was asked, so that a wildcard is each address of the machine.
pub(super) fn expand(listen: &[SocketAddr]) -> Result<Vec<SocketAddr>, String> {
    let mut expanded = Vec::new();
    for addr in listen {
        if !addr.ip().is_unspecified() {
            expanded.push(*addr);
            continue;
        }
        let own = if_addrs::get_if_addrs().map_err(|error| format!("cannot list own addresses: {error}"))?;
        let is_wanted = |ip: &IpAddr| match ip {
            IpAddr::V4(_) => true,
            // Link-local addresses need a zone that nothing on the wire can carry.
            IpAddr::V6(ip) => addr.is_ipv6() && !ip.is_unicast_link_local(),
        };
        let own = own.iter().map(if_addrs::Interface::ip).filter(is_wanted);
        expanded.extend(own.map(|ip| SocketAddr::new(ip, addr.port())));
    }
    let mut seen = Vec::new();
    expanded.retain(|addr| {
        !seen.contains(addr) && {
            seen.push(*addr);
            true
        }
    });
    Ok(expanded)
}

fn relays(arguments: &ArgMatches, listen: &[SocketAddr]) -> Result<Vec<RelayIp>, String> {
    let mut ips: Vec<IpAddr> = parse_all(arguments, "relay-ip", "an IP address")?;
    let announce: Vec<IpAddr> = parse_all(arguments, "announce", "an IP address")?;
    if ips.is_empty() {
        ips.extend(listen.iter().map(SocketAddr::ip));
        // The outside first: one address of each family is given away, and it is to be one that others reach.
        ips.sort_by_key(IpAddr::is_loopback);
        ips.dedup();
    }
    Ok(ips.iter().map(|ip| RelayIp { bind: *ip, announce: announced_for(*ip, &ips, &announce) }).collect())
}

/// `NAME:PASSWORD`, or `NAME:@FILE`.
pub(crate) fn user(text: &str) -> Result<StaticUser, String> {
    let (name, password) = text.split_once(':').ok_or("expected NAME:PASSWORD")?;
    let password = read_if_file(password)?;
    Ok(StaticUser { name: name.to_owned(), password: password.into() })
}

/// The bytes themselves, or `@FILE`.
pub(crate) fn secret(text: &str) -> Result<Secret, String> {
    read_if_file(text).map(|text| Secret::new(text.into_bytes()))
}

fn read_if_file(text: &str) -> Result<String, String> {
    let Some(path) = text.strip_prefix('@') else { return Ok(text.to_owned()) };
    let read =
        std::fs::read_to_string(Path::new(path)).map_err(|error| format!("cannot read {path}: {error}"))?;
    Ok(read.trim_end_matches(['\r', '\n']).to_owned())
}

/// `FIRST-LAST`.
pub(crate) fn port_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-')?;
    let range = first.trim().parse().ok()?..=last.trim().parse().ok()?;
    (*range.start() > 0 && !range.is_empty()).then_some(range)
}

/// `motet turn credentials`.
pub fn credentials(configured: Option<Secret>, arguments: &ArgMatches) -> ExitCode {
    match minted(configured, arguments) {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            complain(&problem);
            ExitCode::FAILURE
        }
    }
}

fn minted(configured: Option<Secret>, arguments: &ArgMatches) -> Result<String, String> {
    let given = arguments.get_one::<String>("secret").map(|text| secret(text)).transpose()?;
    let secret =
        given.or(configured).ok_or("no secret: give --secret, or a configuration with turn_secrets")?;
    let expires_in = text(arguments, "expires-in");
    let expires_in = duration(expires_in).ok_or_else(|| {
        format!("--expires-in: expected a time such as 90s, 15m, 6h or 30d, not {expires_in:?}")
    })?;
    let expiry = unix_now_s().saturating_add(expires_in.as_secs());
    let made = protocol::credentials::make(&secret, expiry, text(arguments, "name"));
    let host = text(arguments, "host");
    let entry = serde_json::json!({
        "urls": [format!("turn:{host}?transport=udp"), format!("turn:{host}?transport=tcp")],
        "username": made.username,
        "credential": made.password.as_str(),
    });
    Ok(entry.to_string())
}

fn text<'a>(arguments: &'a ArgMatches, name: &str) -> &'a str {
    arguments.get_one::<String>(name).map_or("", String::as_str)
}

fn all<'a>(arguments: &'a ArgMatches, name: &str) -> impl Iterator<Item = &'a String> {
    arguments.get_many::<String>(name).into_iter().flatten()
}

fn parse_all<T: FromStr>(
    arguments: &ArgMatches,
    name: &str,
    expected: impl Display,
) -> Result<Vec<T>, String> {
    let parse =
        |text: &String| text.parse().map_err(|_| format!("--{name}: expected {expected}, not {text:?}"));
    all(arguments, name).map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<TurnSettings, String> {
        let matches = super::super::command().try_get_matches_from([&["turn"], words].concat()).unwrap();
        settings(&matches)
    }

    #[test]
    fn every_flag_of_the_command_reaches_the_settings() {
        let settings = parsed(&[
            "--listen=127.0.0.1:5",
            "--listen=[::1]:6",
            "--relay-ip=127.0.0.1",
            "--realm=r",
            "--user=a:b:c",
            "--user=d:e",
            "--allow-peer=127.0.0.0/8",
            "--allow-peer=::1",
            "--relay-ports=5000-5009",
        ])
        .unwrap();
        assert_eq!(settings.listen.len(), 2);
        assert_eq!(settings.server.realm, "r");
        assert_eq!(settings.server.users[0].name, "a");
        assert_eq!(settings.server.users[0].password.as_str(), "b:c");
        assert_eq!(settings.server.relays.len(), 1);
        assert_eq!(settings.server.peers.allowed.len(), 2);
        assert_eq!(settings.server.ports, 5000..=5009);
    }

    #[test]
    fn quotas_are_for_people_unless_they_are_asked_for() {
        let service = ["--listen=127.0.0.1:5", "--user=a:b"];
        let quotas = parsed(&service).unwrap().server.quotas;
        assert_eq!((quotas.allocations_per_user_max, quotas.bytes_per_second_per_user_max), (None, None));
        assert_eq!(quotas.allocations_max, Quotas::default().allocations_max);
        let people = [&service[..], &["--secret=s"]].concat();
        assert_eq!(parsed(&people).unwrap().server.quotas, Quotas::default());
        let own = ["--allocations-per-user=5", "--bytes-per-second-per-address=0"];
        let quotas = parsed(&[&people[..], &own].concat()).unwrap().server.quotas;
        assert_eq!(quotas.allocations_per_user_max, Some(5));
        assert_eq!(quotas.bytes_per_second_per_address_max, None);
        assert_eq!(quotas.allocations_per_address_max, Quotas::default().allocations_per_address_max);
    }

    #[test]
    fn slips_are_named() {
        for (words, named) in [
            (&["--listen=here"][..], "--listen"),
            (&["--user=nobody"], "--user"),
            (&["--allow-peer=10.0.0.0/99"], "--allow-peer"),
            (&["--relay-ports=9-5"], "--relay-ports"),
            (&["--allocations-per-user=many"], "--allocations-per-user"),
            (&["--user=a:@/does/not/exist"], "/does/not/exist"),
        ] {
            let Err(problem) = parsed(&[&["--listen=127.0.0.1:5"], words].concat()) else {
                panic!("{words:?} makes no sense");
            };
            assert!(problem.contains(named), "{problem}");
        }
    }
}
