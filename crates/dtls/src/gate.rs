//! What of a peer's datagrams a library gets to see.
//!
//! Until the handshake ends, anyone who can send from the peer's address can send unprotected records, and the libraries
//! end a handshake over one that does not fit. This gate lets through only what the peer may send at this point, bounds
//! what a library buffers, and keeps unprotected alerts to itself. Who injects a well-formed handshake message between
//! two of the peer's can still spoil the handshake: that cannot be told apart before the Finished message.

use motet_control::DtlsRole;

use crate::record::{self, Piece, Record, content, message};

/// The longest handshake message let through: some certificates with their chains; a library reserves what is announced.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// How many protected records may come before the handshake ends. A peer sends its Finished and perhaps some data, a few
/// times where datagrams get lost; OpenSSL keeps those that it cannot read yet, each in a buffer of 16 KiB.
const EARLY_RECORDS_MAX: u32 = 32;
/// RFC 5246 section 7.2.
const ALERT_FATAL: u8 = 2;

/// The protocol of the library behind the gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    /// DTLS 1.2.
    V1_2,
    /// DTLS 1.3.
    V1_3,
}

/// One association's gate.
pub(crate) struct Gate {
    version: Version,
    /// This side's.
    role: DtlsRole,
    early_records: u32,
    refusal: Option<u8>,
    admitted: Vec<u8>,
}

impl Gate {
    pub(crate) fn new(version: Version, role: DtlsRole) -> Self {
        Self { version, role, early_records: 0, refusal: None, admitted: Vec::new() }
    }

    /// The description of an unprotected fatal alert, if one came (RFC 5246 section 7.2). Anyone can forge one.
    pub(crate) fn refusal(&self) -> Option<u8> {
        self.refusal
    }

    /// The records of `datagram` that may pass; empty when none may.
    pub(crate) fn admit(&mut self, datagram: &[u8], connected: bool) -> &[u8] {
        self.admitted.clear();
        for piece in record::pieces(datagram) {
            let whole = match piece {
                Piece::Ciphertext(rest) => (self.version == Version::V1_3).then_some(rest),
                Piece::Record(record) => self.may_pass(&record, connected).then_some(record.whole),
            };
            self.admitted.extend(whole.unwrap_or_default());
        }
        &self.admitted
    }

    fn may_pass(&mut self, record: &Record<'_>, connected: bool) -> bool {
        match (self.version, record.epoch) {
            (Version::V1_2, 1) if connected => true,
            // Whatever comes unprotected after the handshake is late or forged; there is no renegotiation.
            _ if connected => false,
            (_, 0) => self.unprotected_may_pass(record),
            (Version::V1_2, 1) => {
                self.early_records += 1;
                self.early_records <= EARLY_RECORDS_MAX
            }
            _ => false,
        }
    }

    fn unprotected_may_pass(&mut self, record: &Record<'_>) -> bool {
        match record.content {
            content::CHANGE_CIPHER_SPEC => self.version == Version::V1_2 && record.body == [1],
            content::HANDSHAKE => record::fragments(record.body)
                .is_some_and(|fragments| fragments.iter().all(|fragment| self.fragment_may_pass(fragment))),
            content::ACK => self.version == Version::V1_3,
            content::ALERT => {
                if let [ALERT_FATAL, description] = record.body {
                    self.refusal = Some(*description);
                }
                false
            }
            _ => false,
        }
    }

    fn fragment_may_pass(&self, fragment: &record::Fragment<'_>) -> bool {
        let is_expected = match (self.version, self.role) {
            // The second hello answers a HelloRetryRequest.
            (Version::V1_3, DtlsRole::Server) => {
                fragment.message == message::CLIENT_HELLO && fragment.message_seq <= 1
            }
            (Version::V1_3, DtlsRole::Client) => fragment.message == message::SERVER_HELLO,
            // The hello itself was given before; its repetitions say nothing new.
            (Version::V1_2, DtlsRole::Server) => matches!(
                fragment.message,
                message::CERTIFICATE | message::CLIENT_KEY_EXCHANGE | message::CERTIFICATE_VERIFY
            ),
            (Version::V1_2, DtlsRole::Client) => matches!(
                fragment.message,
                message::SERVER_HELLO
                    | message::HELLO_VERIFY_REQUEST
                    | message::CERTIFICATE
                    | message::SERVER_KEY_EXCHANGE
                    | message::CERTIFICATE_REQUEST
                    | message::SERVER_HELLO_DONE
            ),
        };
        is_expected && fragment.message_len <= MESSAGE_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(content: u8, epoch: u8, body: &[u8]) -> Vec<u8> {
        let mut record = vec![content, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 0, 0, body.len() as u8];
        record.extend(body);
        record
    }

    fn handshake(message: u8, message_seq: u8, message_len: u16) -> Vec<u8> {
        let [high, low] = message_len.to_be_bytes();
        record(content::HANDSHAKE, 0, &[message, 0, high, low, 0, message_seq, 0, 0, 0, 0, 0, 1, 7])
    }

    #[test]
    fn an_unprotected_alert_is_noted_and_kept_out() {
        let mut gate = Gate::new(Version::V1_2, DtlsRole::Server);
        assert!(gate.admit(&record(content::ALERT, 0, &[1, 90]), false).is_empty());
        assert_eq!(gate.refusal(), None, "a warning refuses nothing");
        assert!(gate.admit(&record(content::ALERT, 0, &[2, 40]), false).is_empty());
        assert_eq!(gate.refusal(), Some(40));
    }

    #[test]
    fn only_messages_of_the_peers_role_pass() {
        let mut server = Gate::new(Version::V1_2, DtlsRole::Server);
        assert!(!server.admit(&handshake(message::CERTIFICATE, 1, 40), false).is_empty());
        assert!(server.admit(&handshake(message::SERVER_HELLO, 1, 40), false).is_empty());
        assert!(server.admit(&handshake(message::CLIENT_HELLO, 1, 40), false).is_empty());
        let mut client = Gate::new(Version::V1_2, DtlsRole::Client);
        assert!(!client.admit(&handshake(message::SERVER_HELLO, 1, 40), false).is_empty());
        assert!(client.admit(&handshake(message::CLIENT_HELLO, 1, 40), false).is_empty());
    }

    #[test]
    fn a_message_that_announces_too_much_is_kept_out() {
        let mut gate = Gate::new(Version::V1_2, DtlsRole::Server);
        assert!(gate.admit(&handshake(message::CERTIFICATE, 1, 16_385), false).is_empty());
    }

    #[test]
    fn after_the_handshake_only_protected_records_pass() {
        let mut gate = Gate::new(Version::V1_2, DtlsRole::Server);
        let protected = record(23, 1, b"sealed");
        let mixed = [handshake(message::CERTIFICATE, 1, 40), protected.clone()].concat();
        assert_eq!(gate.admit(&mixed, true), protected);
        assert!(gate.admit(&record(content::HANDSHAKE, 2, b"sealed"), true).is_empty());
    }

    #[test]
    fn protected_records_before_the_end_of_the_handshake_are_counted() {
        let mut gate = Gate::new(Version::V1_2, DtlsRole::Server);
        let protected = record(content::HANDSHAKE, 1, b"sealed");
        let passed = (0..100).filter(|_| !gate.admit(&protected, false).is_empty()).count();
        assert_eq!(passed, EARLY_RECORDS_MAX as usize);
        assert!(!gate.admit(&protected, true).is_empty(), "the count ends with the handshake");
    }
}
