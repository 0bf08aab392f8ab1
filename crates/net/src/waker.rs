//! Ends an endpoint's sleep from another thread.

use std::sync::Arc;

/// Ends an endpoint's sleep; any thread may hold one. Waking twice before the endpoint looks is waking once.
#[derive(Clone, Debug)]
pub struct Waker(Arc<mio::Waker>);

impl Waker {
    pub(crate) fn new(poll: &mio::Poll, token: mio::Token) -> std::io::Result<Self> {
        Ok(Self(Arc::new(mio::Waker::new(poll.registry(), token)?)))
    }

    /// Ends the current sleep, or the next one if the endpoint is awake.
    pub fn wake(&self) {
        // It fails only where the endpoint is gone, and then nobody sleeps.
        let _ = self.0.wake();
    }
}
