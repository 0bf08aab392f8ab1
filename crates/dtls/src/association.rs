//! One DTLS association: choosing a library, verifying the peer, handing out keys.

use std::collections::VecDeque;
use std::fmt;
use std::time::{Duration, Instant};

use motet_control::{DtlsRole, Fingerprint};

use crate::certificate::{Certificate, fingerprint_of};
use crate::dimpl_door::DimplDoor;
use crate::door::{Door, MESSAGES_MAX, Outbox, Told};
use crate::error::DtlsError;
use crate::gate::Gate;
use crate::hello::{Hello, HelloBuffer};
use crate::keying::SrtpKeying;
use crate::openssl_door::OpensslDoor;

/// A handshake that has not completed after this is given up, counted from [`Dtls::new`].
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// The most that one [`Dtls::send_application_data`] takes, in bytes, so that it fits one datagram: DTLS 1.2 adds 37.
pub const APPLICATION_DATA_BYTES_MAX: usize = 1160;
/// How long a handshake may go on after an unprotected fatal alert of the peer. Were it believed at once, anyone could
/// end the handshake; a peer that truly refused says nothing more.
const REFUSAL_GRACE: Duration = Duration::from_secs(2);
/// How many hellos that no library takes are borne. Each costs about as much as one of a peer who never goes on.
const REFUSED_HELLOS_MAX: u32 = 16;

const _: () = assert!(APPLICATION_DATA_BYTES_MAX + 37 <= crate::door::DATAGRAM_BYTES_MAX);

/// What an association tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The handshake completed, and the peer's certificate has an announced fingerprint.
    Connected(Box<SrtpKeying>),
    /// The peer sent this: one message of SCTP over DTLS (RFC 8261).
    ApplicationData(Vec<u8>),
    /// The peer closed the association.
    Closed,
}

/// One DTLS association.
///
/// To be made when ICE has found a path: a client's first flight goes out at once, and the handshake's deadline runs.
/// After every `handle_*`, [`Self::send_application_data`] and [`Self::close`]: drain [`Self::poll_transmit`], then
/// [`Self::poll_event`], then ask [`Self::poll_timeout`]. An error of `new` or `handle_*` is fatal: drain
/// `poll_transmit` (an alert may wait there) and drop the association.
///
/// # Which library
///
/// As server, the peer's ClientHello is put together first. A peer that offers DTLS 1.3 (browsers do) is served by dimpl,
/// any other by OpenSSL in DTLS 1.2: it alone takes RSA certificates, and which kind a DTLS 1.2 peer will show is not
/// known from its hello. With an RSA certificate of our own it is OpenSSL throughout.
///
/// As client, it is OpenSSL: its hello offers DTLS 1.2 with ECDSA and RSA, which everyone takes. dimpl's would also offer
/// DTLS 1.3, but no RSA, and a server with an RSA certificate (GStreamer's) ends the handshake over that for good.
///
/// A peer that offers DTLS 1.3 and shows an RSA certificate cannot be served: browsers do so only where an application
/// asks for it, and nothing in the hello tells.
///
/// # Bad input
///
/// Before a hello is complete, anything else is ignored; a hello that no library takes is answered by an alert and
/// forgotten. During the handshake unprotected records are let through only if the peer may send their kind at all, and
/// an unprotected alert ends the handshake only if nothing better comes within two seconds. Afterwards only
/// authenticated records count. What is left to someone who can send from the peer's address, which ICE must have
/// validated: to be first with a whole hello of their own, or to put a well-formed false message between the peer's.
pub struct Dtls {
    role: DtlsRole,
    certificate: Certificate,
    peer_fingerprints: Vec<Fingerprint>,
    deadline: Instant,
    state: State,
    outbox: Outbox,
    events: VecDeque<Event>,
    ignored: u64,
}

enum State {
    /// As server: no hello yet.
    ExpectHello {
        buffer: HelloBuffer,
        refused: u32,
    },
    /// The library is at work. `verified` once the peer's certificate is.
    Handshake {
        door: Door,
        gate: Gate,
        verified: bool,
    },
    Connected {
        door: Door,
        gate: Gate,
    },
    /// Closed by either side, or failed.
    Ended,
}

impl Dtls {
    /// A new association. `role` is this side's. `peer_fingerprints` are those that signaling announced: the peer's
    /// certificate must match one of them.
    pub fn new(
        certificate: &Certificate,
        role: DtlsRole,
        peer_fingerprints: Vec<Fingerprint>,
        now: Instant,
    ) -> Result<Self, DtlsError> {
        let mut outbox = Outbox::default();
        let state = match role {
            DtlsRole::Server => State::ExpectHello { buffer: HelloBuffer::default(), refused: 0 },
            DtlsRole::Client => {
                let door = OpensslDoor::new(certificate.openssl(), role, now, &mut outbox)?;
                State::handshake(Door::Openssl(Box::new(door)), role)
            }
        };
        let deadline = now + HANDSHAKE_TIMEOUT;
        Ok(Self {
            role,
            certificate: certificate.clone(),
            peer_fingerprints,
            deadline,
            state,
            outbox,
            events: VecDeque::new(),
            ignored: 0,
        })
    }

    /// Takes one datagram of the peer. Garbage is ignored (RFC 6347 section 4.1.2.7).
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Result<(), DtlsError> {
        let mut is_ignored = false;
        let result = match &mut self.state {
            State::ExpectHello { buffer, .. } => {
                let known = buffer.fragments();
                let hello = buffer.take(datagram);
                is_ignored = buffer.fragments() == known;
                hello.map_or(Ok(()), |hello| self.handle_hello(now, &hello))
            }
            State::Handshake { door, gate, .. } => {
                let admitted = gate.admit(datagram, false);
                is_ignored = admitted.is_empty();
                let result = match admitted {
                    [] => Ok(()),
                    admitted => door.handle_datagram(now, admitted, &mut self.outbox),
                };
                if gate.refusal().is_some() {
                    self.deadline = self.deadline.min(now + REFUSAL_GRACE);
                }
                result
            }
            State::Connected { door, gate } => {
                let idle = self.outbox.load();
                let result = match gate.admit(datagram, true) {
                    [] => Ok(()),
                    admitted => door.handle_datagram(now, admitted, &mut self.outbox),
                };
                is_ignored = self.outbox.load() == idle;
                result
            }
            State::Ended => Ok(()),
        };
        self.ignored += u64::from(is_ignored && result.is_ok());
        self.conclude(result)
    }

    /// How many datagrams came to nothing: none of it was the peer's to send at that point, or, once connected, it told
    /// nothing and asked for no answer, as forgeries, repetitions and acknowledgements do.
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// To be called at or after [`Self::poll_timeout`]; more often does no harm.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsError> {
        let is_late = now >= self.deadline;
        let result = match &mut self.state {
            State::ExpectHello { .. } if is_late => Err(DtlsError::Timeout),
            State::Handshake { gate, .. } if is_late => {
                Err(gate.refusal().map_or(DtlsError::Timeout, |alert| {
                    DtlsError::Handshake(format!("the peer refused with alert {alert}"))
                }))
            }
            State::Handshake { door, .. } | State::Connected { door, .. } => {
                door.handle_timeout(now, &mut self.outbox)
            }
            State::ExpectHello { .. } | State::Ended => Ok(()),
        };
        self.conclude(result)
    }

    /// Clears `out` and puts the next datagram to send there. `false` when there is none.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        self.outbox.poll_transmit(out)
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`Self::handle_timeout`] at the latest; `None` when only a datagram can bring news.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::ExpectHello { .. } => Some(self.deadline),
            State::Handshake { door, .. } => {
                Some(door.poll_timeout().map_or(self.deadline, |at| at.min(self.deadline)))
            }
            State::Connected { door, .. } => door.poll_timeout(),
            State::Ended => None,
        }
    }

    /// True between [`Event::Connected`] and the end.
    pub fn is_connected(&self) -> bool {
        matches!(self.state, State::Connected { .. })
    }

    /// Sends one message of at most [`APPLICATION_DATA_BYTES_MAX`] bytes. [`DtlsError::BadState`] when it is longer or
    /// the association is not connected; the association is none the worse for it.
    pub fn send_application_data(&mut self, now: Instant, data: &[u8]) -> Result<(), DtlsError> {
        let State::Connected { door, .. } = &mut self.state else {
            return Err(DtlsError::BadState("application data needs a connected association"));
        };
        if data.len() > APPLICATION_DATA_BYTES_MAX {
            return Err(DtlsError::BadState("application data does not fit a datagram"));
        }
        let result = door.send(now, data, &mut self.outbox);
        self.conclude(result)
    }

    /// Tells the peer the end (`close_notify`), where there is an association to end; to be followed by draining
    /// [`Self::poll_transmit`].
    pub fn close(&mut self) {
        if let State::Handshake { door, .. } | State::Connected { door, .. } = &mut self.state {
            door.close(&mut self.outbox);
        }
        self.outbox.told.clear();
        self.state = State::Ended;
    }

    /// Gives a whole hello to the library that suits it. If that does not answer, the hello is forgotten.
    fn handle_hello(&mut self, now: Instant, hello: &Hello) -> Result<(), DtlsError> {
        let waiting = self.outbox.waiting();
        let opened = self.open_door(now, hello).and_then(|mut door| {
            door.handle_datagram(now, &hello.datagram, &mut self.outbox)?;
            Ok(door)
        });
        match opened {
            Ok(door) if self.outbox.waiting() > waiting => {
                self.state = State::handshake(door, self.role);
                Ok(())
            }
            Ok(_) => self.refuse_hello(DtlsError::Handshake("the hello was not answered".into())),
            Err(error) => self.refuse_hello(error),
        }
    }

    fn open_door(&mut self, now: Instant, hello: &Hello) -> Result<Door, DtlsError> {
        match self.certificate.dimpl() {
            Some(setup) if hello.offers_1_3 => {
                DimplDoor::server(setup, now).map(|door| Door::Dimpl(Box::new(door)))
            }
            _ if hello.offers_1_2 => {
                OpensslDoor::new(self.certificate.openssl(), DtlsRole::Server, now, &mut self.outbox)
                    .map(|door| Door::Openssl(Box::new(door)))
            }
            _ => Err(DtlsError::Handshake(
                "the peer offers no DTLS version that this certificate serves".into(),
            )),
        }
    }

    fn refuse_hello(&mut self, error: DtlsError) -> Result<(), DtlsError> {
        self.outbox.told.clear();
        if let State::ExpectHello { refused, .. } = &mut self.state {
            *refused += 1;
            if *refused <= REFUSED_HELLOS_MAX {
                return Ok(());
            }
        }
        Err(error)
    }

    /// Acts on what the library told; ends the association after an error.
    fn conclude(&mut self, mut result: Result<(), DtlsError>) -> Result<(), DtlsError> {
        while result.is_ok()
            && let Some(told) = self.outbox.told.pop_front()
        {
            result = self.handle_told(told);
        }
        if result.is_err() {
            self.close();
        }
        result
    }

    fn handle_told(&mut self, told: Told) -> Result<(), DtlsError> {
        match told {
            Told::PeerCertificate(der) => {
                let is_announced =
                    |announced: &Fingerprint| fingerprint_of(&der, announced.hash) == *announced;
                if !self.peer_fingerprints.iter().any(is_announced) {
                    return Err(DtlsError::FingerprintMismatch);
                }
                if let State::Handshake { verified, .. } = &mut self.state {
                    *verified = true;
                }
            }
            Told::Keying(profile, material) => {
                let keying = SrtpKeying::from_exported(profile, &material, self.role);
                let keying = keying.ok_or(DtlsError::Setup("exported keys of the wrong length".into()))?;
                self.connect(keying)?;
            }
            Told::ApplicationData(data) if self.is_connected() => self.tell(Event::ApplicationData(data)),
            // Tunnels alone say so.
            Told::ApplicationData(_) | Told::Connected => {}
            Told::Closed if self.is_connected() => {
                self.close();
                self.events.push_back(Event::Closed);
            }
            Told::Closed => return Err(DtlsError::Handshake("closed by the peer".into())),
        }
        Ok(())
    }

    /// Hands the keys out; only to be reached with the peer's certificate verified.
    fn connect(&mut self, keying: SrtpKeying) -> Result<(), DtlsError> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Handshake { door, gate, verified: true } => {
                self.state = State::Connected { door, gate };
                self.events.push_back(Event::Connected(Box::new(keying)));
                Ok(())
            }
            _ => Err(DtlsError::NoCertificate),
        }
    }

    fn tell(&mut self, event: Event) {
        if self.events.len() < MESSAGES_MAX {
            self.events.push_back(event);
        }
    }
}

impl State {
    fn handshake(door: Door, role: DtlsRole) -> Self {
        let gate = Gate::new(door.version(), role);
        Self::Handshake { door, gate, verified: false }
    }
}

impl fmt::Debug for Dtls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::ExpectHello { .. } => "ExpectHello",
            State::Handshake { .. } => "Handshake",
            State::Connected { .. } => "Connected",
            State::Ended => "Ended",
        };
        f.debug_struct("Dtls").field("role", &self.role).field("state", &state).finish_non_exhaustive()
    }
}
