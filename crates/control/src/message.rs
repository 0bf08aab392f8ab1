//! Requests to a worker, its responses, and what it tells unasked.
//!
//! A worker carries out requests in the order in which they came and answers each before it reads the next, so that an
//! asker may send a whole setup without waiting. Whatever is random (ids, ICE credentials, SSRCs) comes in the request.

use motet_rtp::Ssrc;

use crate::codec::MediaKind;
use crate::ids::{ConsumerId, ObserverId, ProducerId, RouterId, TransportId};
use crate::rtp_parameters::RtpParameters;
use crate::stats::{ConsumerStats, ProducerStats, TransportStats, WorkerStats};
use crate::transport::{DtlsParameters, DtlsState, IceCandidate, IceCredentials, IceState, TransportTuple};

/// What can be asked of a worker.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "an id field says all by its type; every other field is documented")]
pub enum Request {
    /// Opens a router. Answer: [`Response::Done`].
    CreateRouter { router_id: RouterId },
    /// Closes a router and all in it. Answer: [`Response::Done`].
    CloseRouter { router_id: RouterId },
    /// Opens a WebRTC transport, ICE-lite, DTLS in whichever role the peer leaves. Answer: [`Response::TransportCreated`].
    CreateWebRtcTransport { router_id: RouterId, transport_id: TransportId, ice: IceCredentials },
    /// Tells the peer's side. A second call for one transport may only follow an ICE restart and must repeat the DTLS
    /// parameters. Answer: [`Response::Done`].
    ConnectWebRtcTransport {
        transport_id: TransportId,
        /// The peer's username fragment, where known: checks that name another are refused.
        remote_ufrag: Option<String>,
        /// The peer's role and fingerprints.
        dtls: DtlsParameters,
    },
    /// Opens a transport whose peer is a program beside the worker: RTP and RTCP pass as they are, in bounded queues that the
    /// program attaches. Until it does, what is sent is lost and counted. Answer: [`Response::Done`].
    CreateDirectTransport { router_id: RouterId, transport_id: TransportId },
    /// New credentials; the old ones and their path serve until a check with the new ones comes (RFC 8445 section 9).
    /// Answer: [`Response::Done`].
    RestartIce { transport_id: TransportId, ice: IceCredentials },
    /// Closes a transport with its producers and consumers. Answer: [`Response::Done`].
    CloseTransport { transport_id: TransportId },
    /// Media will come in over this transport. Answer: [`Response::Done`].
    Produce(Box<Produce>),
    /// Stops or starts the forwarding of a producer. Answer: [`Response::Done`].
    SetProducerPaused { producer_id: ProducerId, paused: bool },
    /// Ends a producer and the consumers of it. Answer: [`Response::Done`].
    CloseProducer { producer_id: ProducerId },
    /// Media of a producer will go out over this transport. Answer: [`Response::Done`].
    Consume(Box<Consume>),
    /// Stops or starts a consumer; starting a video consumer asks for a keyframe. Answer: [`Response::Done`].
    SetConsumerPaused { consumer_id: ConsumerId, paused: bool },
    /// Asks the consumer's producer for a keyframe, merged with others and paced. Answer: [`Response::Done`].
    RequestKeyFrame { consumer_id: ConsumerId },
    /// Has a consumer go on with another producer of the same kind and router, in one gapless stream: audio from the next
    /// packet on, video from the new producer's next keyframe on, until which the former one goes on. Asked again before
    /// that, the last word counts. The consumer must have a payload type for one of the new producer's codecs.
    /// Answer: [`Response::Done`].
    SwitchConsumer {
        consumer_id: ConsumerId,
        producer_id: ProducerId,
        /// Whether the RTP times of both producers are of one clock, as those of one mixer's mixes are: then not even the
        /// jitter of a packet's arrival shows in the consumer's.
        in_step: bool,
    },
    /// Tries with padding beside the media whether the consumer's link carries so much of it: for some seconds, or until the
    /// link shows that it does not. [`ConsumerStats::available_bps`] tells what came of it. The consumer must have a
    /// stream of retransmissions and a receiver that gives transport-wide feedback. Answer: [`Response::Done`].
    ProbeConsumer {
        consumer_id: ConsumerId,
        /// Bits per second that the consumer would like to send.
        target_bps: u64,
    },
    /// Ends a consumer. Answer: [`Response::Done`].
    CloseConsumer { consumer_id: ConsumerId },
    /// Opens an observer that tells the loudest producers. Answer: [`Response::Done`].
    CreateAudioLevelObserver {
        router_id: RouterId,
        observer_id: ObserverId,
        /// How many producers to tell at most, at least 1.
        entries_max: usize,
        /// Quieter than this, in dBov (-127 to 0), counts as silence.
        threshold_dbov: i8,
        /// How often to tell, in milliseconds, 250 to 5000.
        interval_ms: u32,
    },
    /// Opens an observer that tells who speaks. Answer: [`Response::Done`].
    CreateActiveSpeakerObserver {
        router_id: RouterId,
        observer_id: ObserverId,
        /// How often to decide, in milliseconds, 100 to 5000.
        interval_ms: u32,
    },
    /// Has an observer listen to an audio producer, until either ends. Answer: [`Response::Done`].
    ObserveProducer { observer_id: ObserverId, producer_id: ProducerId },
    /// Has an observer listen no longer. Answer: [`Response::Done`].
    UnobserveProducer { observer_id: ObserverId, producer_id: ProducerId },
    /// Ends an observer. Answer: [`Response::Done`].
    CloseObserver { observer_id: ObserverId },
    /// Answer: [`Response::WorkerStats`].
    GetWorkerStats,
    /// Answer: [`Response::TransportStats`].
    GetTransportStats { transport_id: TransportId },
    /// Answer: [`Response::ProducerStats`].
    GetProducerStats { producer_id: ProducerId },
    /// Answer: [`Response::ConsumerStats`].
    GetConsumerStats { consumer_id: ConsumerId },
}

/// Media into a router.
#[derive(Clone, Debug)]
pub struct Produce {
    /// Over this transport.
    pub transport_id: TransportId,
    /// Under this name.
    pub producer_id: ProducerId,
    /// Audio or video.
    pub kind: MediaKind,
    /// As negotiated with the sender. Must hold at least one codec of `kind` and one encoding.
    pub rtp_parameters: RtpParameters,
    /// Whether to begin without forwarding.
    pub paused: bool,
}

/// Media out of a router.
#[derive(Clone, Debug)]
pub struct Consume {
    /// Over this transport.
    pub transport_id: TransportId,
    /// Under this name.
    pub consumer_id: ConsumerId,
    /// Of this producer.
    pub producer_id: ProducerId,
    /// As negotiated with the receiver: one encoding with its SSRC (and RTX SSRC where RTX was negotiated), and for
    /// each codec that the producer may send the payload type to use. See [`crate::negotiate::consumer_parameters`].
    pub rtp_parameters: RtpParameters,
    /// Whether to begin without forwarding.
    pub paused: bool,
}

/// A worker's answer to a request that it carried out.
#[derive(Clone, Debug)]
pub enum Response {
    /// Carried out; nothing to tell.
    Done,
    /// The transport's own side.
    TransportCreated {
        /// Where peers may send to, best first.
        candidates: Vec<IceCandidate>,
        /// This side's fingerprints.
        fingerprints: Vec<crate::transport::Fingerprint>,
    },
    /// See [`Request::GetWorkerStats`].
    WorkerStats(Box<WorkerStats>),
    /// See [`Request::GetTransportStats`].
    TransportStats(Box<TransportStats>),
    /// See [`Request::GetProducerStats`].
    ProducerStats(Box<ProducerStats>),
    /// See [`Request::GetConsumerStats`].
    ConsumerStats(Box<ConsumerStats>),
}

/// Why a worker did not carry out a request. Nothing was changed by it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// No such entity.
    #[error("no {noun} {id}")]
    NotFound {
        /// `router`, `transport`, `producer`, `consumer` or `observer`.
        noun: &'static str,
        /// The id asked for.
        id: u64,
    },
    /// The id is taken.
    #[error("there is a {noun} {id} already")]
    Exists {
        /// As in `NotFound`.
        noun: &'static str,
        /// The id given.
        id: u64,
    },
    /// A parameter makes no sense; the text names it and says why.
    #[error("{0}")]
    BadParameter(String),
    /// The request does not fit the entity's state; the text says why.
    #[error("{0}")]
    BadState(String),
    /// A limit is reached; the text names it.
    #[error("{0}")]
    LimitReached(String),
}

/// What a worker tells unasked.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "an id field says all by its type; every other field is documented")]
pub enum Notification {
    /// A transport's ICE changed its state or its selected tuple.
    TransportIce { transport_id: TransportId, state: IceState, tuple: Option<TransportTuple> },
    /// A transport's DTLS changed its state.
    TransportDtls { transport_id: TransportId, state: DtlsState },
    /// How well a connected transport carries media, told when the verdict changes.
    TransportQuality { transport_id: TransportId, quality: Quality },
    /// The first RTP packet of a producer came, or it fell silent for 5 s, or came back.
    ProducerActive { producer_id: ProducerId, active: bool },
    /// The sender turned its camera (RFC 7742 section 4, 3GPP TS 26.114): degrees clockwise, and whether mirrored.
    ProducerVideoOrientation { producer_id: ProducerId, rotation_degrees: u16, mirrored: bool },
    /// The consumer's producer ended, and with it the consumer.
    ConsumerClosed { consumer_id: ConsumerId },
    /// The loudest observed producers, loudest first, with their average levels in dBov; empty when all are silent.
    AudioLevels { observer_id: ObserverId, levels: Vec<(ProducerId, i8)> },
    /// Another producer is the one who speaks.
    ActiveSpeaker { observer_id: ObserverId, producer_id: ProducerId },
    /// Two streams of one transport claim the same SSRC; the later one is dropped.
    SsrcConflict { transport_id: TransportId, ssrc: Ssrc },
}

/// How well media passes, by loss and round trip.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Quality {
    /// Nothing passes.
    Lost,
    /// More than 8 % lost or a round trip above 500 ms.
    Poor,
    /// More than 2 % lost or a round trip above 250 ms.
    Good,
    /// Better than that.
    Excellent,
}
