//! One PeerConnection: a str0m machine with a UDP socket of its own.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;

use crate::told::Failure;

/// A datagram's largest size on the wire, with room to spare.
const DATAGRAM_BYTES_MAX: usize = 2000;

/// A str0m machine and the socket that feeds it.
pub(crate) struct Peer {
    pub(crate) rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    timeout: Instant,
    buffer: Vec<u8>,
}

impl Peer {
    /// Binds a free port of `ip` and makes it the only candidate.
    pub(crate) async fn bind(ip: IpAddr, config: RtcConfig) -> Result<Self, Failure> {
        let socket = UdpSocket::bind((ip, 0)).await?;
        let local = socket.local_addr()?;
        let now = Instant::now();
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(local, "udp")?).ok_or("str0m refused the candidate")?;
        Ok(Self { rtc, socket, local, timeout: now, buffer: vec![0; DATAGRAM_BYTES_MAX] })
    }

    /// Sends what is due and gives the next event, or `None` when the machine waits for input or time.
    pub(crate) async fn poll(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            match self.rtc.poll_output()? {
                Output::Transmit(transmit) => {
                    // A full socket buffer is packet loss, which the machine repairs.
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination).await;
                }
                Output::Event(event) => return Ok(Some(event)),
                Output::Timeout(at) => {
                    self.timeout = at;
                    return Ok(None);
                }
            }
        }
    }

    /// Waits for a datagram or for the machine's time, and gives it to the machine. Safe to drop half-way.
    pub(crate) async fn wait(&mut self) -> Result<(), Failure> {
        let at = tokio::time::Instant::from_std(self.timeout);
        match tokio::time::timeout_at(at, self.socket.recv_from(&mut self.buffer)).await {
            Err(_) => self.rtc.handle_input(Input::Timeout(Instant::now()))?,
            Ok(Err(_)) => {}
            Ok(Ok((len, source))) => {
                let Ok(contents) = self.buffer[..len].try_into() else { return Ok(()) };
                let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
                self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
            }
        }
        Ok(())
    }
}
