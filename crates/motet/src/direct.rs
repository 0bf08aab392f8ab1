//! The handle to a direct transport.

use std::fmt;
use std::sync::Arc;

use motet_control::{ConsumerId, ProducerId, Request, Response, RouterId, TransportId, TransportStats};
use motet_router::EntityId;
use motet_worker::{DirectReceiver, DirectSender};

use crate::consumer::{Consumer, ConsumerSettings};
use crate::error::RequestError;
use crate::link::{Held, Link};
use crate::producer::{Producer, ProducerSettings};

/// A transport whose peer is this program. Closed, with its producers and consumers, when dropped.
///
/// What its consumers forward comes out of the [`DirectReceiver`], and so do reports and keyframe requests about its producers,
/// as RTCP. What goes into the [`DirectSender`] are packets of its producers, known by the SSRCs that they were opened with,
/// and RTCP. Each way has a queue of two megabytes; what does not fit is lost and counted (`direct_full`), and the worker
/// waits for nobody.
pub struct DirectTransport {
    held: Held,
    id: TransportId,
}

impl DirectTransport {
    pub(crate) async fn create(
        link: &Arc<Link>,
        router_id: RouterId,
        id: TransportId,
    ) -> Result<(Self, DirectSender, DirectReceiver), RequestError> {
        let request = Request::CreateDirectTransport { router_id, transport_id: id };
        let (held, _) = Held::create(link, EntityId::Transport(id), request).await?;
        let (sender, receiver) = link.attach(id);
        Ok((Self { held, id }, sender, receiver))
    }

    /// Its name in [`motet_control`]'s words.
    pub fn id(&self) -> TransportId {
        self.id
    }

    /// Opens a producer for media that this program sends.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn produce(&self, settings: ProducerSettings) -> Result<Producer, RequestError> {
        let link = &self.held.link;
        Producer::create(link, self.id, ProducerId(link.next_id()), settings).await
    }

    /// Opens a consumer that gives a producer's media to this program.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn consume(&self, settings: ConsumerSettings) -> Result<Consumer, RequestError> {
        let link = &self.held.link;
        Consumer::create(link, self.id, ConsumerId(link.next_id()), settings).await
    }

    /// Its counters, with those of its producers and consumers.
    ///
    /// # Errors
    /// As [`RequestError`] says.
    pub async fn stats(&self) -> Result<TransportStats, RequestError> {
        match self.held.link.send(Request::GetTransportStats { transport_id: self.id }).await? {
            Response::TransportStats(stats) => Ok(*stats),
            other => unreachable!("GetTransportStats is answered by TransportStats, not {other:?}"),
        }
    }
}

impl fmt::Debug for DirectTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirectTransport").field(&self.id).finish()
    }
}
