//! DTLS for media (RFC 5763, RFC 5764): a door to two DTLS libraries. Datagrams and the time go in; datagrams, events
//! and SRTP keys come out. Owns no socket and reads no clock; the libraries draw their randomness themselves.

mod association;
mod certificate;
mod dimpl_door;
mod door;
mod error;
mod flight;
mod gate;
mod hello;
mod keying;
mod openssl_door;
mod record;
mod tunnel;

pub use association::{APPLICATION_DATA_BYTES_MAX, Dtls, Event, HANDSHAKE_TIMEOUT};
pub use certificate::Certificate;
pub use door::{DATAGRAM_BYTES_MAX, DATAGRAMS_MAX, MESSAGES_MAX};
pub use error::{CertificateError, DtlsError};
pub use keying::{SrtpKey, SrtpKeying, SrtpProfile};
pub use tunnel::{FirstDatagram, Tunnel, TunnelServer};
