//! DTLS for media (RFC 5763, RFC 5764): a door to two DTLS libraries. Datagrams and the time go in; datagrams, events
//! and SRTP keys come out. Owns no socket and reads no clock.

mod association;
mod certificate;
mod error;
mod keying;

pub use association::{APPLICATION_DATA_BYTES_MAX, DATAGRAM_BYTES_MAX, Dtls, Event, HANDSHAKE_TIMEOUT};
pub use certificate::Certificate;
pub use error::{CertificateError, DtlsError};
pub use keying::{SrtpKey, SrtpKeying, SrtpProfile};
