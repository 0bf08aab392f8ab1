//! One PeerConnection of a peer: a str0m machine on the simulated clock and network.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use motet_control::{CandidateProtocol, Codec};
use str0m::config::DtlsVersion;
use str0m::format::{CodecConfig, PayloadParams};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::Extension;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig, RtcError};

use crate::datagram::Datagram;
use crate::peer::{Half, Mode, PeerSetup};

/// A machine that asks to be woken at once is woken after this: nothing in it is due earlier than that.
const WAKE_AFTER_MIN: Duration = Duration::from_micros(500);
/// Rounds of output within one moment.
const ROUNDS_MAX: usize = 8;

/// See the module.
pub(crate) struct Connection {
    pub(crate) rtc: Rtc,
    pub(crate) failure: Option<String>,
    address: SocketAddr,
    protocol: CandidateProtocol,
    wake: Option<Instant>,
    transmits: VecDeque<Datagram>,
    events: VecDeque<Event>,
}

impl Connection {
    pub(crate) fn new(
        setup: &PeerSetup,
        half: Half,
        address: SocketAddr,
        now: Instant,
        with_raw_packets: bool,
    ) -> Self {
        let mut rtc = config(setup, half).enable_raw_packets(with_raw_packets).build(now);
        if let Some(bitrate_bps) = setup.bwe_from_bps {
            rtc.bwe().set_bitrate(0.into(), (bitrate_bps * 20).into());
        }
        rtc.add_local_candidate(candidate(address, setup.protocol));
        Self {
            rtc,
            failure: None,
            address,
            protocol: setup.protocol,
            wake: Some(now),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The address that it sends from.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes up another address and gives up the one it had, as a phone does that changes its network.
    pub(crate) fn move_to(&mut self, now: Instant, address: SocketAddr) {
        let old = candidate(self.address, self.protocol);
        self.rtc.add_local_candidate(candidate(address, self.protocol));
        self.rtc.direct_api().invalidate_candidate(&old);
        self.address = address;
        self.handle_timeout(now);
    }

    pub(crate) fn handle_datagram(&mut self, now: Instant, datagram: &Datagram) {
        let protocol = match datagram.protocol {
            CandidateProtocol::Udp => Protocol::Udp,
            CandidateProtocol::Tcp => Protocol::Tcp,
        };
        let received = Receive::new(protocol, datagram.source, datagram.destination, &datagram.bytes);
        // What str0m cannot tell apart it does not take.
        if let Ok(received) = received {
            let result = self.rtc.handle_input(Input::Receive(now, received));
            self.conclude(now, result);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let result = self.rtc.handle_input(Input::Timeout(now));
        self.conclude(now, result);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.wake
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Datagram> {
        self.transmits.pop_front()
    }

    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn conclude(&mut self, now: Instant, result: Result<(), RtcError>) {
        let result = result.and_then(|()| self.drain(now));
        match result {
            Ok(at) => self.wake = self.rtc.is_alive().then_some(at.max(now + WAKE_AFTER_MIN)),
            Err(error) => {
                self.failure = Some(error.to_string());
                self.wake = None;
            }
        }
    }

    /// Takes all output, and answers when the machine wants to be woken.
    fn drain(&mut self, now: Instant) -> Result<Instant, RtcError> {
        let mut rounds = 0;
        loop {
            match self.rtc.poll_output()? {
                Output::Event(event) => self.events.push_back(event),
                Output::Transmit(transmit) => self.transmits.push_back(Datagram {
                    protocol: self.protocol,
                    source: transmit.source,
                    destination: transmit.destination,
                    bytes: transmit.contents.to_vec(),
                }),
                Output::Timeout(at) if at > now || rounds == ROUNDS_MAX => return Ok(at),
                Output::Timeout(_) => {
                    rounds += 1;
                    self.rtc.handle_input(Input::Timeout(now))?;
                }
            }
        }
    }
}

fn candidate(address: SocketAddr, protocol: CandidateProtocol) -> Candidate {
    let candidate = match protocol {
        CandidateProtocol::Udp => Candidate::host(address, Protocol::Udp),
        CandidateProtocol::Tcp => Candidate::builder().tcp().host(address).tcptype(TcpType::Active).build(),
    };
    candidate.expect("a scenario's addresses can be candidates")
}

fn config(setup: &PeerSetup, half: Half) -> RtcConfig {
    let mut config = Rtc::builder()
        .set_dtls_version(if setup.is_dtls12 { DtlsVersion::Dtls12 } else { DtlsVersion::Dtls13 })
        .set_rtp_mode(setup.mode == Mode::Packets)
        .set_stats_interval(setup.has_stats.then_some(Duration::from_secs(1)));
    if half == Half::Publish {
        config = with_video(config.clear_codecs().enable_opus(true, false), setup.video);
    }
    if let Some(bitrate_bps) = setup.bwe_from_bps {
        config = config.enable_bwe(Some(bitrate_bps.into()));
    }
    if !setup.transport_cc {
        config = without_transport_cc(config);
    }
    config
}

fn with_video(config: RtcConfig, codec: Codec) -> RtcConfig {
    match codec {
        Codec::Vp8 => config.enable_vp8(true),
        Codec::Vp9 => config.enable_vp9(true),
        Codec::H264 => config.enable_h264(true),
        Codec::Av1 => config.enable_av1(true),
        Codec::Opus | Codec::Pcmu | Codec::Pcma | Codec::G722 => panic!("{codec:?} is no video codec"),
    }
}

fn without_transport_cc(mut config: RtcConfig) -> RtcConfig {
    let without = |params: &PayloadParams| {
        let mut params = *params;
        params.set_fb_transport_cc(false);
        params
    };
    let params: Vec<PayloadParams> = config.codec_config().params().iter().map(without).collect();
    *config.codec_config() = CodecConfig::new_from_payload_params(params);
    let kept = |extension: &Extension| *extension != Extension::TransportSequenceNumber;
    let extensions: Vec<(u8, Extension)> =
        config.extension_map().iter().map(|(id, extension)| (id, extension.clone())).collect();
    config = config.clear_extension_map();
    for (id, extension) in extensions.into_iter().filter(|(_, extension)| kept(extension)) {
        config = config.set_extension(id, extension);
    }
    config
}
