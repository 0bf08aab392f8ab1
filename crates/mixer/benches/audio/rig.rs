//! Motet's side: one thread with the mixer and the sockets, and the process that it runs in.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use motet_control::CandidateProtocol;
use motet_ice::{SocketId, Tuple};
use motet_mixer::audio::{AudioCodec, AudioEvent, AudioFormat, AudioMixer, AudioOutput, AudioSettings, Mix};
use motet_mixer::{MemberId, SourceId};
use motet_net::{Endpoint, EndpointSettings, Outbox};
use motet_rtp::PayloadType;

use crate::{BITRATE_BPS, COMPLEXITY, Outcome, Server};

/// A child process that runs [`run`].
pub(crate) struct Rig {
    child: Child,
    port: u16,
}

impl Rig {
    pub(crate) fn start(mode: &str, ports: &[u16]) -> Outcome<Self> {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["rig", mode, &ports.join(",")])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("the rig says nothing")?).read_line(&mut line)?;
        Ok(Self { child, port: line.trim().parse()? })
    }
}

impl Server for Rig {
    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn port_of(&self, _: usize) -> u16 {
        self.port
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Someone who is sent a mix, under numbers of its own as a consumer has them.
struct Listener {
    tuple: Tuple,
    speaks: bool,
    ssrc: u32,
    seq: u16,
}

impl Listener {
    fn send(&mut self, packet: &[u8], outbox: &mut Outbox) {
        self.seq = self.seq.wrapping_add(1);
        let (seq, ssrc) = (self.seq, self.ssrc);
        outbox.send(self.tuple, packet.len(), |out| {
            out[..packet.len()].copy_from_slice(packet);
            out[2..4].copy_from_slice(&seq.to_be_bytes());
            out[8..12].copy_from_slice(&ssrc.to_be_bytes());
            packet.len()
        });
    }
}

/// The server process: participants are those who send from these ports. Runs until it is killed.
pub(crate) fn run(mode: &str, ports: &str) -> Outcome {
    let settings = EndpointSettings { tcp: false, ..EndpointSettings::default() };
    let mut endpoint = Endpoint::bind(&settings)?;
    writeln!(std::io::stdout(), "{}", endpoint.port())?;
    let mut mixer = AudioMixer::new(Instant::now(), audio_settings(), 1)?;
    let mut listeners = Vec::new();
    let mut by_remote = HashMap::new();
    for (index, port) in ports.split(',').enumerate() {
        let remote = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse::<u16>()?));
        let tuple = Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote };
        listeners.push(Listener { tuple, speaks: false, ssrc: 5000 + index as u32, seq: 0 });
        by_remote.insert(remote, index as u64);
        let format = AudioFormat::of(PayloadType::from_wire(111), AudioCodec::Opus);
        mixer.add_source(SourceId(index as u64), MemberId(index as u64), format)?;
    }
    let mixes = mode == "mix";
    let mut out = Vec::new();
    loop {
        let timeout = mixer.poll_timeout().filter(|_| mixes);
        endpoint.wait(timeout.map(|at| at.saturating_duration_since(Instant::now())))?;
        let now = Instant::now();
        endpoint.receive(now, 1000, |tuple, packet, outbox| match by_remote.get(&tuple.remote) {
            Some(source) if mixes => mixer.handle_rtp(now, SourceId(*source), packet),
            Some(0) => listeners.iter_mut().skip(1).for_each(|listener| listener.send(packet, outbox)),
            _ => {}
        });
        if mixes {
            mixer.handle_timeout(now);
            send_mixes(&mut mixer, &mut listeners, endpoint.outbox(), &mut out);
        }
        endpoint.flush();
    }
}

fn send_mixes(mixer: &mut AudioMixer, listeners: &mut [Listener], outbox: &mut Outbox, out: &mut Vec<u8>) {
    while let Some(event) = mixer.poll_event() {
        match event {
            AudioEvent::Speaks(member) => listeners[member.0 as usize].speaks = true,
            AudioEvent::Quiet(member) => listeners[member.0 as usize].speaks = false,
            _ => {}
        }
    }
    while let Some(mix) = mixer.poll_packet(out) {
        match mix {
            Mix::Without(member) => listeners[member.0 as usize].send(out, outbox),
            Mix::Shared => {
                let listening = listeners.iter_mut().filter(|listener| !listener.speaks);
                listening.for_each(|listener| listener.send(out, outbox));
            }
        }
    }
}

fn audio_settings() -> AudioSettings {
    let output = AudioOutput {
        bitrate_bps: BITRATE_BPS,
        complexity: COMPLEXITY,
        fec: false,
        expected_loss_percent: 0,
        dtx: false,
        stereo: false,
    };
    AudioSettings { output, ..AudioSettings::new(PayloadType::from_wire(111)) }
}
