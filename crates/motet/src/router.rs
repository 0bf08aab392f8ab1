//! The handle to a router.

use std::fmt;
use std::sync::Arc;

use motet_control::{ObserverId, Request, RouterId, TransportId};

use motet_worker::{DirectReceiver, DirectSender};

use crate::direct::DirectTransport;
use crate::error::RequestError;
use crate::link::Link;
use crate::observer::{ActiveSpeakerObserver, AudioLevelObserver, AudioLevelSettings};
use crate::transport::WebRtcTransport;

/// A routing domain of packets: its producers can be consumed on its transports. Closed, with all on it, when dropped.
pub struct Router {
    link: Arc<Link>,
    id: RouterId,
}

impl Router {
    pub(crate) async fn create(link: &Arc<Link>, id: RouterId) -> Result<Self, RequestError> {
        // Made before the answer, so that the router is closed even if this future is dropped.
        let router = Self { link: Arc::clone(link), id };
        link.ask(Request::CreateRouter { router_id: id }).await?;
        Ok(router)
    }

    /// Its name in [`motet_control`]'s words.
    pub fn id(&self) -> RouterId {
        self.id
    }

    /// Opens a transport for one peer, with fresh ICE credentials.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn create_webrtc_transport(&self) -> Result<WebRtcTransport, RequestError> {
        WebRtcTransport::create(&self.link, self.id, TransportId(self.link.next_id())).await
    }

    /// Opens a transport whose peer is this program: RTP and RTCP pass in the clear, between the transport's producers and
    /// consumers and the two halves, which may be used from any thread.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn create_direct_transport(
        &self,
    ) -> Result<(DirectTransport, DirectSender, DirectReceiver), RequestError> {
        DirectTransport::create(&self.link, self.id, TransportId(self.link.next_id())).await
    }

    /// Opens an observer that tells the loudest producers.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn create_audio_level_observer(
        &self,
        settings: AudioLevelSettings,
    ) -> Result<AudioLevelObserver, RequestError> {
        AudioLevelObserver::create(&self.link, self.id, ObserverId(self.link.next_id()), settings).await
    }

    /// Opens an observer that tells who speaks, deciding every `interval_ms` (100 to 5000).
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn create_active_speaker_observer(
        &self,
        interval_ms: u32,
    ) -> Result<ActiveSpeakerObserver, RequestError> {
        ActiveSpeakerObserver::create(&self.link, self.id, ObserverId(self.link.next_id()), interval_ms).await
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.link.close(Request::CloseRouter { router_id: self.id });
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Router").field(&self.id).finish()
    }
}
