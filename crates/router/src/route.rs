//! What the worker's demultiplexer has to know about a router.

use motet_control::{ConsumerId, ObserverId, ProducerId, TransportId};
use motet_ice::Tuple;

/// A change of what leads to whom. The worker applies them in order, before it routes the next datagram or request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RouteChange {
    /// STUN checks that name this local username fragment belong to the transport.
    AddUfrag(String, TransportId),
    /// They no longer do.
    RemoveUfrag(String),
    /// Whatever comes over this tuple belongs to the transport: ICE has validated it.
    AddTuple(Tuple, TransportId),
    /// It is no longer the transport's.
    RemoveTuple(Tuple, TransportId),
    /// Requests that name this entity belong to this router.
    AddEntity(EntityId),
    /// It ended, by a request or with the entity that it depended on.
    RemoveEntity(EntityId),
}

/// Any entity inside a router.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EntityId {
    /// A transport.
    Transport(TransportId),
    /// A producer.
    Producer(ProducerId),
    /// A consumer.
    Consumer(ConsumerId),
    /// An observer of audio levels.
    Observer(ObserverId),
}
