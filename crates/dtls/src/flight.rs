//! Sending OpenSSL's flights again, told the time (RFC 6347 section 4.2.4).
//!
//! OpenSSL keeps its own timer on the system's clock, a second long, and only looks at it when it is asked to go on. So
//! that a lost datagram costs less, and costs the same under a simulated clock, the flight is kept here and its
//! unprotected records are sent again under new sequence numbers; nothing authenticates those, and the peer would take
//! old numbers for a replay. The protected Finished message goes again as it was: a peer that missed it takes it.
//!
//! One loss needs OpenSSL's own timer: when, this side being the client, the peer's very last flight is lost, only a
//! Finished message under a new number makes the peer repeat it. OpenSSL is asked to go on at each of the times here,
//! so that it comes at the first of them that is a second of real time after the flight.

use std::time::{Duration, Instant};

use crate::door::Outbox;
use crate::record::read_record;

/// The first wait for an answer. RFC 6347 suggests a second; peers of a call wait for the picture, and a flight too
/// many does no harm.
pub(crate) const RESEND_AFTER: Duration = Duration::from_millis(250);
/// The wait doubles up to this.
const RESEND_AFTER_MAX: Duration = Duration::from_secs(4);
/// Where in a record header the 48-bit sequence number lies.
const SEQ: std::ops::Range<usize> = 5..11;

/// The last flight, and the numbers of unprotected records.
#[derive(Default)]
pub(crate) struct Flight {
    datagrams: Vec<Vec<u8>>,
    next_seq: u64,
    wait: Duration,
    resend_at: Option<Instant>,
}

impl Flight {
    /// Sends a new flight and waits for the answer to it.
    pub(crate) fn begin(&mut self, now: Instant, datagrams: Vec<Vec<u8>>, outbox: &mut Outbox) {
        self.datagrams = datagrams;
        self.wait = RESEND_AFTER;
        self.send(now, outbox);
    }

    /// The next time to send it again.
    pub(crate) fn resend_at(&self) -> Option<Instant> {
        self.resend_at
    }

    /// Sends the flight again, and waits twice as long. `afresh`, where not empty, is the same flight as OpenSSL made it
    /// anew.
    pub(crate) fn resend(&mut self, now: Instant, afresh: Vec<Vec<u8>>, outbox: &mut Outbox) {
        if !afresh.is_empty() {
            self.datagrams = afresh;
        }
        self.wait = (self.wait * 2).min(RESEND_AFTER_MAX);
        self.send(now, outbox);
    }

    /// Sends what is not to be sent again.
    pub(crate) fn send_once(&mut self, mut datagrams: Vec<Vec<u8>>, outbox: &mut Outbox) {
        for datagram in &mut datagrams {
            renumber(datagram, &mut self.next_seq);
            outbox.send(datagram);
        }
    }

    /// The handshake ended: nothing is sent again from here.
    pub(crate) fn end(&mut self) {
        self.datagrams.clear();
        self.resend_at = None;
    }

    fn send(&mut self, now: Instant, outbox: &mut Outbox) {
        for datagram in &mut self.datagrams {
            renumber(datagram, &mut self.next_seq);
            outbox.send(datagram);
        }
        self.resend_at = Some(now + self.wait);
    }
}

/// Gives the unprotected records of `datagram` the next numbers.
fn renumber(datagram: &mut [u8], next_seq: &mut u64) {
    let mut at = 0;
    while let Some((len, epoch)) =
        read_record(&datagram[at..]).map(|record| (record.whole.len(), record.epoch))
    {
        if epoch == 0 {
            datagram[at..][SEQ].copy_from_slice(&next_seq.to_be_bytes()[2..]);
            *next_seq += 1;
        }
        at += len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flight_goes_again_under_new_numbers_but_for_what_is_protected() {
        let unprotected = [22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9];
        let protected = [22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9];
        let (mut flight, mut outbox, now) = (Flight::default(), Outbox::default(), Instant::now());
        flight.begin(now, vec![[unprotected, protected, unprotected].concat()], &mut outbox);
        assert_eq!(flight.resend_at(), Some(now + RESEND_AFTER));
        flight.resend(now, vec![], &mut outbox);
        assert_eq!(flight.resend_at(), Some(now + 2 * RESEND_AFTER));

        let mut numbers = Vec::new();
        let mut datagram = Vec::new();
        while outbox.poll_transmit(&mut datagram) {
            numbers.push([datagram[10], datagram[14 + 10], datagram[28 + 10]]);
        }
        assert_eq!(numbers, [[0, 0, 1], [2, 0, 3]]);
    }
}
