//! What all servers of one process have in common.

mod accounts;
mod budget;
mod nonces;
mod ports;
mod reservations;
mod sources;
mod users;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

use arc_swap::{ArcSwap, Guard};
use aws_lc_rs::hmac;

use crate::{Now, PeerPolicy, Secret, Settings, SettingsError};

pub(crate) use accounts::{Accounts, Denied};
pub(crate) use budget::{Budget, Budgets};
pub(crate) use nonces::{Nonces, PASSWORD_ALGORITHMS};
pub(crate) use ports::{PortWish, Ports};
pub(crate) use reservations::{Held, Reservations};
use sources::Sources;
pub(crate) use users::{User, Users, userhash};

/// Nanoseconds since the servers' common beginning.
pub(crate) type Tick = u64;

/// What the servers of one process (one for each of the engine's threads) have in common: settings, secrets, keys of nonces, quotas, ports,
/// reservations. Locks are held for moments and only by requests, never by what is relayed.
pub struct Shared {
    pub(crate) settings: Settings,
    pub(crate) users: Users,
    pub(crate) nonces: Nonces,
    pub(crate) budgets: Budgets,
    pub(crate) sources: Sources,
    /// Keys the hashes of maps, so that clients cannot choose colliding addresses.
    pub(crate) hash_key: [u8; 16],
    epoch: Instant,
    secrets: RwLock<Arc<[hmac::Key]>>,
    peers: ArcSwap<PeerPolicy>,
    accounts: Mutex<Accounts>,
    ports: Mutex<Ports>,
    reservations: Mutex<Reservations>,
    /// The numbers of the servers, a bit each.
    servers: [AtomicU64; 4],
}

impl Shared {
    /// Checks the settings. The seed is all the chance that is needed; it is a secret.
    pub fn new(mut settings: Settings, seed: [u8; 32], now: Now) -> Result<Arc<Self>, SettingsError> {
        settings.check()?;
        let seed = hmac::Key::new(hmac::HMAC_SHA256, &seed);
        let hash_tag = hmac::sign(&seed, b"hash");
        let mut hash_key = [0; 16];
        hash_key.copy_from_slice(&hash_tag.as_ref()[..16]);
        let users = Users::new(&std::mem::take(&mut settings.users), &settings.realm);
        let secrets = signing_keys(&std::mem::take(&mut settings.secrets));
        // A hash of a username that only its holder can make up finds no static user.
        let knows_hashes = settings.sha256 && secrets.is_empty();
        Ok(Arc::new(Self {
            nonces: Nonces::new(&seed, &settings, knows_hashes),
            budgets: Budgets::new(&settings.quotas),
            sources: Sources::new(settings.unauthenticated, &hash_key),
            users,
            hash_key,
            epoch: now.instant,
            secrets: RwLock::new(secrets),
            peers: ArcSwap::from_pointee(std::mem::take(&mut settings.peers)),
            accounts: Mutex::new(Accounts::new(hash_key)),
            ports: Mutex::new(Ports::new(settings.ports.clone(), settings.relays.len())),
            reservations: Mutex::new(Reservations::default()),
            servers: Default::default(),
            settings,
        }))
    }

    /// Exchanges the secrets. Allocations go on, also those whose credentials no secret verifies any more.
    pub fn set_secrets(&self, secrets: &[Secret]) -> Result<(), SettingsError> {
        Settings::check_secrets(secrets)?;
        if secrets.is_empty() && self.users.is_empty() {
            return Err(SettingsError::NobodyMayUseIt);
        }
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = signing_keys(secrets);
        Ok(())
    }

    /// Exchanges the peer policy: for what clients ask from here on.
    pub fn set_peers(&self, peers: PeerPolicy) {
        self.peers.store(Arc::new(peers));
    }

    pub(crate) fn add_server(&self, number: u8) {
        self.servers[usize::from(number) / 64].fetch_or(1 << (number % 64), Ordering::Relaxed);
    }

    pub(crate) fn has_server(&self, number: u8) -> bool {
        self.servers[usize::from(number) / 64].load(Ordering::Relaxed) >> (number % 64) & 1 == 1
    }

    pub(crate) fn secrets(&self) -> Arc<[hmac::Key]> {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn peers(&self) -> Guard<Arc<PeerPolicy>> {
        self.peers.load()
    }

    pub(crate) fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ports(&self) -> MutexGuard<'_, Ports> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reservations(&self) -> MutexGuard<'_, Reservations> {
        self.reservations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tick(&self, now: Instant) -> Tick {
        now.saturating_duration_since(self.epoch).as_nanos() as Tick
    }

    pub(crate) fn instant(&self, tick: Tick) -> Instant {
        self.epoch + std::time::Duration::from_nanos(tick)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn signing_keys(secrets: &[Secret]) -> Arc<[hmac::Key]> {
    let key = |secret: &Secret| hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret.0);
    secrets.iter().map(key).collect()
}
