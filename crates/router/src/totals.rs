//! Sums over a router's entities, closed ones included.

use crate::consumer::Consumer;
use crate::drop_reason::DropCounts;
use crate::producer::Producer;
use crate::transport::{Traffic, Transport};

/// Sums over all entities of a router, closed ones included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Open transports.
    pub transports: usize,
    /// Open producers.
    pub producers: usize,
    /// Open consumers.
    pub consumers: usize,
    /// Datagrams and frames that came.
    pub received_packets: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Datagrams and frames that went.
    pub sent_packets: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// RTP packets that producers took in.
    pub producer_packets: u64,
    /// RTP packets that consumers sent, retransmissions included.
    pub consumer_packets: u64,
    /// Whatever was refused, by reason.
    pub drops: Vec<(&'static str, u64)>,
}

/// Sums in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    received: Traffic,
    sent: Traffic,
    producer_packets: u64,
    consumer_packets: u64,
    drops: DropCounts,
}

impl Tally {
    pub(crate) fn add_transport(&mut self, transport: &Transport) {
        self.received.merge(transport.received);
        self.sent.merge(transport.sent);
        self.drops.merge(&transport.drops);
    }

    /// A datagram of a closed transport went.
    pub(crate) fn add_sent(&mut self, bytes: usize) {
        self.sent.add(bytes);
    }

    pub(crate) fn add_producer(&mut self, producer: &Producer) {
        self.producer_packets += producer.packets();
        self.drops.merge(&producer.drops());
    }

    pub(crate) fn add_consumer(&mut self, consumer: &Consumer) {
        self.consumer_packets += consumer.packets();
        self.drops.merge(&consumer.drops);
    }

    /// With the numbers of open entities: transports, producers, consumers.
    pub(crate) fn totals(&self, (transports, producers, consumers): (usize, usize, usize)) -> Totals {
        Totals {
            transports,
            producers,
            consumers,
            received_packets: self.received.packets,
            received_bytes: self.received.bytes,
            sent_packets: self.sent.packets,
            sent_bytes: self.sent.bytes,
            producer_packets: self.producer_packets,
            consumer_packets: self.consumer_packets,
            drops: self.drops.to_named(),
        }
    }
}
