//! What the server shows in TLS and DTLS, for all threads: certificates run out while calls go on.

use std::sync::{Arc, PoisonError, RwLock};

use motet_dtls::TunnelServer;
use rustls::ServerConfig;

/// Read once for each connection that begins, never for a packet.
#[derive(Clone)]
pub(crate) struct Identity(Arc<RwLock<Shown>>);

struct Shown {
    tls: Option<Arc<ServerConfig>>,
    dtls: Option<TunnelServer>,
}

impl Identity {
    pub(crate) fn new(tls: Option<Arc<ServerConfig>>, dtls: Option<TunnelServer>) -> Self {
        Self(Arc::new(RwLock::new(Shown { tls, dtls })))
    }

    /// For connections that begin from here on.
    pub(crate) fn set(&self, tls: Option<Arc<ServerConfig>>, dtls: Option<TunnelServer>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Shown { tls, dtls };
    }

    pub(crate) fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).tls.clone()
    }

    pub(crate) fn dtls(&self) -> Option<TunnelServer> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).dtls.clone()
    }
}
