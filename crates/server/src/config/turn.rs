//! The keys that begin with `turn`.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use motet::turn::protocol::{Network, Secret, StaticUser};

use super::typed::Reader;

/// What the owner of a server decides about TURN.
#[derive(Clone, Debug)]
pub struct TurnConfig {
    /// Where clients come, at each address for media; 0 takes any that is free.
    pub port: u16,
    /// Where they come instead of that.
    pub listen: Vec<SocketAddr>,
    /// The ports of relayed addresses.
    pub relay_ports: RangeInclusive<u16>,
    /// What browsers are told the server is called.
    pub hosts: Vec<String>,
    /// The realm.
    pub realm: String,
    /// What time-limited credentials are signed with, the first of them; empty: made at start.
    pub secrets: Vec<Secret>,
    /// Users with lasting passwords.
    pub users: Vec<StaticUser>,
    /// How long credentials that are handed out at a join are good for.
    pub credentials: Duration,
    /// Peers that may be relayed to though they are private.
    pub allow_peer: Vec<Network>,
    /// Peers that may not be relayed to though they are public.
    pub deny_peer: Vec<Network>,
    /// Threads; `None`: one per core.
    pub threads: Option<usize>,
    /// Allocations of all at a time.
    pub allocations_max: u32,
    /// Allocations of one participant at a time.
    pub allocations_per_user_max: u32,
    /// Relayed bytes a second of one participant.
    pub bytes_per_second_max: u64,
}

impl PartialEq for TurnConfig {
    /// Secrets are compared nowhere else; two configurations are the same if they were written alike.
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}") && self.secrets == other.secrets
    }
}

impl Eq for TurnConfig {}

impl Reader<'_> {
    /// `None` where TURN is off.
    pub(super) fn turn(&mut self) -> Option<TurnConfig> {
        let is_on = self.switch("turn");
        let config = TurnConfig {
            port: self.one("turn_port", "a port, 0 to 65535"),
            listen: self.many("turn_listen", "an address with a port, such as 203.0.113.5:3478"),
            relay_ports: self.relay_ports(),
            hosts: self.many("turn_host", "a name or an IP address"),
            realm: self.raw_text("turn_realm"),
            secrets: self.written("turn_secrets", crate::turn::secret),
            users: self.written("turn_users", crate::turn::user),
            credentials: self.seconds("turn_credentials_s"),
            allow_peer: self.many("turn_allow_peer", "a network such as 10.0.0.0/8"),
            deny_peer: self.many("turn_deny_peer", "a network such as 10.0.0.0/8"),
            threads: Some(self.bounded("turn_threads", 0, 256)).filter(|threads| *threads > 0),
            allocations_max: self.number("turn_allocations_max", 1_000_000),
            allocations_per_user_max: self.number("turn_allocations_per_user_max", 100_000),
            bytes_per_second_max: self.number("turn_bytes_per_second_max", u32::MAX).into(),
        };
        is_on.then_some(config)
    }

    fn relay_ports(&mut self) -> RangeInclusive<u16> {
        let text = self.raw_text("turn_relay_ports");
        crate::turn::port_range(&text).unwrap_or_else(|| {
            self.problem("turn_relay_ports", format!("expected two ports such as 49152-65535, not {text:?}"));
            49152..=65535
        })
    }

    /// Values that may stand in files. What is wrong with one never repeats it: it is a secret.
    fn written<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let texts: Vec<String> = self.many(key, "a text");
        let mut values = Vec::new();
        for text in texts {
            match read(&text) {
                Ok(value) => values.push(value),
                Err(problem) => self.problem(key, problem),
            }
        }
        values
    }

    fn number(&mut self, key: &str, max: u32) -> u32 {
        u32::try_from(self.bounded(key, 1, usize::try_from(max).unwrap_or(usize::MAX))).unwrap_or(max)
    }
}
