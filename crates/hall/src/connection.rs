//! One PeerConnection of a guest: a str0m machine and its socket.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

pub(crate) const DATAGRAM_MAX: usize = 2_000;

/// See the module.
pub(crate) struct Connection {
    pub(crate) rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    timeout: Instant,
    /// The share of what comes that is lost on the way, 0 to 1.
    pub(crate) loss: f32,
}

impl Connection {
    pub(crate) fn new(config: RtcConfig) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        socket.set_nonblocking(true).expect("a socket need not block");
        let local = socket.local_addr().expect("a bound socket has an address");
        let now = Instant::now();
        let mut rtc = config.build(now);
        let candidate = Candidate::host(local, "udp").expect("loopback can be a candidate");
        rtc.add_local_candidate(candidate).expect("str0m takes the candidate");
        Self { rtc, socket, local, timeout: now, loss: 0.0 }
    }

    /// For whoever reads it in place of [`step`](Self::step).
    pub(crate) fn socket(&self) -> UdpSocket {
        self.socket.try_clone().expect("a socket has as many handles as one likes")
    }

    /// Does what is due and takes what came; events go to `handle`.
    pub(crate) fn step(&mut self, now: Instant, mut handle: impl FnMut(&mut Rtc, Event)) {
        self.drain(&mut handle);
        let mut buffer = [0; DATAGRAM_MAX];
        while let Ok((len, source)) = self.socket.recv_from(&mut buffer) {
            if fastrand::f32() < self.loss {
                continue;
            }
            self.take(now, source, &buffer[..len], &mut handle);
        }
        self.tick(now, handle);
    }

    /// Takes a datagram.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        source: SocketAddr,
        datagram: &[u8],
        mut handle: impl FnMut(&mut Rtc, Event),
    ) {
        let Ok(contents) = datagram.try_into() else { return };
        let received = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
        // What str0m does not take is lost, as on any network.
        let _ = self.rtc.handle_input(Input::Receive(now, received));
        self.drain(&mut handle);
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Instant, mut handle: impl FnMut(&mut Rtc, Event)) {
        if self.timeout <= now {
            let _ = self.rtc.handle_input(Input::Timeout(now));
            self.drain(&mut handle);
        }
    }

    fn drain(&mut self, handle: &mut impl FnMut(&mut Rtc, Event)) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(transmit)) => {
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(event)) => handle(&mut self.rtc, event),
                Ok(Output::Timeout(at)) => {
                    self.timeout = at;
                    return;
                }
                Err(_) => return,
            }
        }
    }
}
