//! Counters of a worker's entities. All count from the entity's creation; all sizes include headers, not IP and UDP.

use std::time::Duration;

use motet_rtp::{PayloadType, Rid, Ssrc};

use crate::codec::MediaKind;
use crate::ids::{ConsumerId, ProducerId, TransportId};
use crate::transport::{DtlsState, IceState, TransportTuple};

/// One RTP stream, as its receiver counts it (RFC 3550 section 6.4.1) or its sender.
#[derive(Clone, PartialEq, Debug)]
pub struct StreamStats {
    /// The stream.
    pub ssrc: Ssrc,
    /// Its encoding, in simulcast.
    pub rid: Option<Rid>,
    /// The payload type seen last.
    pub payload_type: Option<PayloadType>,
    /// Packets that arrived or were sent, repairs excluded.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Packets that never came, net of repairs; as the far end reports it for a consumer.
    pub packets_lost: i64,
    /// Share of packets lost in the last report interval, 0 to 1.
    pub fraction_lost: f32,
    /// Interarrival jitter in milliseconds.
    pub jitter_ms: f32,
    /// Round trip in milliseconds, once reports have measured it.
    pub round_trip_ms: Option<f32>,
    /// Bits per second over the last second.
    pub bitrate_bps: u64,
    /// Packets asked for again (a producer's stream) or that the receiver asked for again (a consumer's).
    pub nacked_packets: u64,
    /// Packets that came or went as retransmissions.
    pub retransmitted_packets: u64,
    /// Picture loss indications sent (producer) or received (consumer).
    pub pli_count: u64,
    /// Full intra requests sent (producer) or received (consumer).
    pub fir_count: u64,
    /// Keyframes seen.
    pub key_frames: u64,
    /// Packets refused, by reason; the reasons' names are stable and end up in metrics.
    pub drops: Vec<(&'static str, u64)>,
}

/// See [`crate::Request::GetProducerStats`].
#[derive(Clone, PartialEq, Debug)]
pub struct ProducerStats {
    /// Which producer.
    pub producer_id: ProducerId,
    /// Audio or video.
    pub kind: MediaKind,
    /// Whether its forwarding is stopped.
    pub paused: bool,
    /// One per encoding seen.
    pub streams: Vec<StreamStats>,
    /// Its consumers, those included that wait to be switched to it.
    pub consumers: usize,
    /// Packets kept to answer NACKs, and their bytes.
    pub stored_packets: usize,
    /// Bytes of the packets kept.
    pub stored_bytes: usize,
}

/// See [`crate::Request::GetConsumerStats`].
#[derive(Clone, PartialEq, Debug)]
pub struct ConsumerStats {
    /// Which consumer.
    pub consumer_id: ConsumerId,
    /// Of which producer.
    pub producer_id: ProducerId,
    /// Whether it is stopped.
    pub paused: bool,
    /// What its link is estimated to carry of it, in bits per second, beside what the transport's other consumers send.
    /// What nobody has sent or tried is not known to be carried. `None` where the receiver does not say what comes.
    pub available_bps: Option<u64>,
    /// Its stream.
    pub stream: StreamStats,
}

/// See [`crate::Request::GetTransportStats`].
#[derive(Clone, PartialEq, Debug)]
pub struct TransportStats {
    /// Which transport.
    pub transport_id: TransportId,
    /// ICE; for ever `New` where the transport is a direct one.
    pub ice_state: IceState,
    /// DTLS; for ever `New` where the transport is a direct one.
    pub dtls_state: DtlsState,
    /// The selected path.
    pub tuple: Option<TransportTuple>,
    /// All bytes that came.
    pub received_bytes: u64,
    /// All bytes that went.
    pub sent_bytes: u64,
    /// All datagrams or frames that came.
    pub received_packets: u64,
    /// All datagrams or frames that went.
    pub sent_packets: u64,
    /// Round trip in milliseconds, once known.
    pub round_trip_ms: Option<f32>,
    /// Its producers.
    pub producers: Vec<ProducerStats>,
    /// Its consumers.
    pub consumers: Vec<ConsumerStats>,
    /// Datagrams refused before a producer was found, by reason.
    pub drops: Vec<(&'static str, u64)>,
}

/// See [`crate::Request::GetWorkerStats`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct WorkerStats {
    /// Open routers.
    pub routers: usize,
    /// Open transports.
    pub transports: usize,
    /// Open producers.
    pub producers: usize,
    /// Open consumers.
    pub consumers: usize,
    /// Open TCP connections.
    pub tcp_connections: usize,
    /// All datagrams and frames that came.
    pub received_packets: u64,
    /// All datagrams and frames that went.
    pub sent_packets: u64,
    /// All bytes that came.
    pub received_bytes: u64,
    /// All bytes that went.
    pub sent_bytes: u64,
    /// RTP packets that came in on producers.
    pub producer_packets: u64,
    /// RTP packets that went out of consumers.
    pub consumer_packets: u64,
    /// Whatever was refused, by reason; the sum over all transports, gone ones included.
    pub drops: Vec<(&'static str, u64)>,
    /// Time the loop spent working, not waiting.
    pub busy: Duration,
    /// The longest single turn of the loop since the last time this was asked.
    pub longest_turn: Duration,
}
