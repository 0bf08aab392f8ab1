//! What an operator decides.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::PeerPolicy;

/// All that an operator decides. [`Settings::new`] is safe: every quota is set and no private address is a peer.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The authentication realm, 1 to [`Settings::REALM_LEN_MAX`] bytes.
    pub realm: String,
    /// Secrets of time-limited credentials: any of them verifies, the first signs. At most [`Settings::SECRETS_MAX`].
    pub secrets: Vec<Secret>,
    /// Users with lasting passwords.
    pub users: Vec<StaticUser>,
    /// Where relayed addresses are; at most one of each family is used for one allocation: the first that fits.
    pub relays: Vec<RelayIp>,
    /// Ports that are given away at those addresses, at random.
    pub ports: RangeInclusive<u16>,
    /// Which peers may be relayed to.
    pub peers: PeerPolicy,
    /// How much anyone may have.
    pub quotas: Quotas,
    /// How long things last.
    pub lifetimes: Lifetimes,
    /// How often those who have not shown credentials are answered, per source (an IPv4 address, an IPv6 /64), by all
    /// servers of one [`Shared`](crate::Shared) together; none: always.
    pub unauthenticated: Option<Rate>,
    /// Whether SHA-256 is offered (PASSWORD-ALGORITHMS and USERHASH of RFC 8489). Clients that know SHA-1 only do not notice.
    pub sha256: bool,
    /// The SOFTWARE attribute; none tells strangers nothing.
    pub software: Option<String>,
}

impl Settings {
    /// The dynamic ports of RFC 6335.
    pub const PORTS: RangeInclusive<u16> = 49152..=65535;
    /// Longest realm: 128 characters of RFC 8489, in bytes that fit an answer of one datagram.
    pub const REALM_LEN_MAX: usize = 128;
    /// Enough for a rotation of a rotation; each costs a failed attempt one more HMAC.
    pub const SECRETS_MAX: usize = 4;
    /// Longest SOFTWARE.
    pub const SOFTWARE_LEN_MAX: usize = 128;

    /// Safe settings without users, secrets and relays: those must be added.
    pub fn new(realm: impl Into<String>) -> Self {
        Self {
            realm: realm.into(),
            secrets: Vec::new(),
            users: Vec::new(),
            relays: Vec::new(),
            ports: Self::PORTS,
            peers: PeerPolicy::default(),
            quotas: Quotas::default(),
            lifetimes: Lifetimes::default(),
            unauthenticated: Some(Rate { per_second: 100, burst: 500 }),
            sha256: true,
            software: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if self.realm.is_empty() || self.realm.len() > Self::REALM_LEN_MAX {
            return Err(SettingsError::Realm);
        }
        if self.secrets.is_empty() && self.users.is_empty() {
            return Err(SettingsError::NobodyMayUseIt);
        }
        Self::check_secrets(&self.secrets)?;
        if let Some(user) = self.users.iter().find(|user| user.name.is_empty() || user.password.is_empty()) {
            return Err(SettingsError::EmptyUser(user.name.clone()));
        }
        if self.relays.is_empty() {
            return Err(SettingsError::NoRelay);
        }
        if self.ports.is_empty() || *self.ports.start() == 0 {
            return Err(SettingsError::NoPorts);
        }
        if let Some(relay) = self.relays.iter().find(|relay| relay.bind.is_unspecified()) {
            return Err(SettingsError::UnspecifiedRelay(relay.bind));
        }
        if self.software.as_ref().is_some_and(|software| software.len() > Self::SOFTWARE_LEN_MAX) {
            return Err(SettingsError::Software);
        }
        Ok(())
    }
}

impl Settings {
    pub(crate) fn check_secrets(secrets: &[Secret]) -> Result<(), SettingsError> {
        if secrets.len() > Self::SECRETS_MAX {
            return Err(SettingsError::TooManySecrets);
        }
        if secrets.iter().any(|secret| secret.0.is_empty()) {
            Err(SettingsError::EmptySecret)
        } else {
            Ok(())
        }
    }
}

/// Why settings are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Empty or too long.
    #[error("the realm must have 1 to {} bytes", Settings::REALM_LEN_MAX)]
    Realm,
    /// No way in.
    #[error("neither a secret nor a user is given: nobody could use the server")]
    NobodyMayUseIt,
    /// More than a rotation needs.
    #[error("more than {} secrets", Settings::SECRETS_MAX)]
    TooManySecrets,
    /// Anyone could sign with it.
    #[error("a secret is empty")]
    EmptySecret,
    /// A user that anyone could be.
    #[error("user {0:?} has no name or no password")]
    EmptyUser(String),
    /// Nothing to allocate.
    #[error("no relay address is given")]
    NoRelay,
    /// A relay must know its address, since clients are told it.
    #[error("{0} is no relay address: name one of this machine's own")]
    UnspecifiedRelay(IpAddr),
    /// No port to give away.
    #[error("the range of relay ports is empty or begins with 0")]
    NoPorts,
    /// Too long.
    #[error("the software text has more than {} bytes", Settings::SOFTWARE_LEN_MAX)]
    Software,
}

/// A secret that signs time-limited credentials. Wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub(crate) Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes of a secret, as they stand in the configuration.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A user with a lasting password.
#[derive(Clone)]
pub struct StaticUser {
    /// As sent in USERNAME.
    pub name: String,
    /// Wiped when dropped, never shown.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for StaticUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticUser").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An address that relays are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayIp {
    /// This machine's.
    pub bind: IpAddr,
    /// What clients and peers see, where a NAT stands before it; of the same family.
    pub announce: Option<IpAddr>,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Steadily.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

/// How much anyone may have; none is without limit. A user is a USERNAME (of time-limited credentials: the participant); an address is
/// an IPv4 address or an IPv6 /64. Quotas hold across all servers of one [`Shared`](crate::Shared).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Allocations of all.
    pub allocations_max: u32,
    /// Allocations of one user.
    pub allocations_per_user_max: Option<u32>,
    /// Allocations of one client address.
    pub allocations_per_address_max: Option<u32>,
    /// Relayed bytes a second of one user, both directions together.
    pub bytes_per_second_per_user_max: Option<u64>,
    /// Relayed bytes a second of one client address, both directions together.
    pub bytes_per_second_per_address_max: Option<u64>,
    /// Permissions of one allocation.
    pub permissions_max: u16,
    /// Channels of one allocation.
    pub channels_max: u16,
    /// Connections to peers of one allocation (RFC 6062).
    pub connections_max: u16,
    /// Client connections (TCP, TLS, DTLS) of all that have no allocation yet.
    pub half_open_max: u32,
    /// The same, of one client address.
    pub half_open_per_address_max: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            allocations_max: 20_000,
            allocations_per_user_max: Some(64),
            allocations_per_address_max: Some(1_000),
            bytes_per_second_per_user_max: Some(12_500_000),
            bytes_per_second_per_address_max: Some(62_500_000),
            permissions_max: 64,
            channels_max: 64,
            connections_max: 16,
            half_open_max: 4_096,
            half_open_per_address_max: 256,
        }
    }
}

/// How long things last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An allocation whose client names no lifetime, and the least that one is given.
    pub allocation_default: Duration,
    /// The most that an allocation is given at a time.
    pub allocation_max: Duration,
    /// A nonce.
    pub nonce: Duration,
    /// A client's connection without an allocation, and a connection to a peer that no client joins.
    pub half_open: Duration,
    /// How long an allocation may be refreshed after its time-limited credentials have expired: browsers never renew them, so
    /// this is how much longer than them a call may last.
    pub after_expiry: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            allocation_default: Duration::from_secs(600),
            allocation_max: Duration::from_secs(3600),
            nonce: Duration::from_secs(600),
            half_open: Duration::from_secs(30),
            after_expiry: Duration::from_secs(24 * 3600),
        }
    }
}
