//! One direction of a host's access link: delay, jitter, loss, duplication, overtaking, rate, darkness.

use std::time::{Duration, Instant};

use crate::chance::Chance;

/// How long a lost TCP segment takes to be sent again; doubled with each further loss (RFC 6298 section 5).
const TCP_RESEND_AFTER: Duration = Duration::from_millis(200);
/// A segment that is lost more often than this has gone through after all.
const TCP_RESENDS_MAX: u32 = 6;

/// What a link does to what passes. The default does nothing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Conditions {
    /// Time that everything takes.
    pub delay: Duration,
    /// Time, drawn anew for each datagram up to this, that it takes on top. The order is kept.
    pub jitter: Duration,
    /// Share of datagrams that are lost, 0 to 1.
    pub loss: f64,
    /// Share of datagrams that come twice.
    pub duplication: f64,
    /// Share of datagrams that are held back by [`Self::hold`], so that later ones overtake them.
    pub overtaking: f64,
    /// See [`Self::overtaking`].
    pub hold: Duration,
    /// Bits per second that pass, headers of IP and UDP not counted; `None` for any number.
    pub rate_bps: Option<u64>,
    /// Time that a datagram may wait for the rate; what would wait longer is lost.
    pub queue: Duration,
    /// Nothing passes.
    pub is_dark: bool,
    /// DTLS does not pass, so that no handshake ever ends.
    pub drops_dtls: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            overtaking: 0.0,
            hold: Duration::from_millis(25),
            rate_bps: None,
            queue: Duration::from_millis(300),
            is_dark: false,
            drops_dtls: false,
        }
    }
}

/// What became of everything that came to a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LinkCounts {
    /// Datagrams and frames that passed, each once.
    pub passed: u64,
    /// Their bytes.
    pub passed_bytes: u64,
    /// Lost by chance or in the dark.
    pub lost: u64,
    /// Lost because the queue was full.
    pub queue_full: u64,
    /// Came twice.
    pub duplicated: u64,
    /// Were overtaken.
    pub held: u64,
}

/// One direction.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) conditions: Conditions,
    pub(crate) counts: LinkCounts,
    chance: Chance,
    /// Handshakes differ in length, and so perhaps in number, from run to run: their draws must shift no others.
    handshake_chance: Chance,
    /// Until when what has come before takes up the rate.
    busy_until: Instant,
    /// When the newest datagram that kept its place arrives.
    last_arrival: Instant,
    last_frame_arrival: Instant,
}

/// What a link is asked to carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) bytes: usize,
    pub(crate) is_dtls: bool,
}

impl Link {
    pub(crate) fn new(seed: u64, name: &str, now: Instant) -> Self {
        Self {
            conditions: Conditions::default(),
            counts: LinkCounts::default(),
            chance: Chance::new(seed, name),
            handshake_chance: Chance::new(seed, &format!("{name} dtls")),
            busy_until: now,
            last_arrival: now,
            last_frame_arrival: now,
        }
    }

    /// When a datagram that comes at `now` leaves at the other end; twice, where it is duplicated.
    pub(crate) fn pass(&mut self, now: Instant, load: Load) -> [Option<Instant>; 2] {
        let Conditions { delay, jitter, loss, duplication, overtaking, hold, .. } = self.conditions;
        let chance = if load.is_dtls { &mut self.handshake_chance } else { &mut self.chance };
        let (is_lost, is_twice, is_held) =
            (chance.happens(loss), chance.happens(duplication), chance.happens(overtaking));
        let wobble = chance.up_to(jitter);
        if is_lost || self.is_dark_for(load) {
            self.counts.lost += 1;
            return [None, None];
        }
        let Some(sent) = self.serialise(now, load) else { return [None, None] };
        self.count_passed(load);
        let arrival = if is_held {
            self.counts.held += 1;
            sent + delay + wobble + hold
        } else {
            self.last_arrival = self.last_arrival.max(sent + delay + wobble);
            self.last_arrival
        };
        self.counts.duplicated += u64::from(is_twice);
        [Some(arrival), is_twice.then_some(arrival + Duration::from_millis(1))]
    }

    /// When a frame of a TCP connection arrives that is sent at `now`: loss is time, and nothing overtakes. `None` in the
    /// dark.
    pub(crate) fn pass_frame(&mut self, now: Instant, load: Load) -> Option<Instant> {
        let chance = if load.is_dtls { &mut self.handshake_chance } else { &mut self.chance };
        let mut late = chance.up_to(self.conditions.jitter);
        let mut resend_after = TCP_RESEND_AFTER;
        for _ in 0..TCP_RESENDS_MAX {
            if !chance.happens(self.conditions.loss) {
                break;
            }
            late += resend_after;
            resend_after *= 2;
        }
        if self.is_dark_for(load) {
            self.counts.lost += 1;
            return None;
        }
        // The sender's stack holds back what the rate cannot take.
        let queue = std::mem::replace(&mut self.conditions.queue, Duration::MAX);
        let sent = self.serialise(now, load);
        self.conditions.queue = queue;
        self.count_passed(load);
        self.last_frame_arrival = self.last_frame_arrival.max(sent? + self.conditions.delay + late);
        Some(self.last_frame_arrival)
    }

    fn is_dark_for(&self, load: Load) -> bool {
        self.conditions.is_dark || (self.conditions.drops_dtls && load.is_dtls)
    }

    fn count_passed(&mut self, load: Load) {
        self.counts.passed += 1;
        self.counts.passed_bytes += load.bytes as u64;
    }

    /// When the last bit is on the wire; `None` where the queue is full.
    fn serialise(&mut self, now: Instant, load: Load) -> Option<Instant> {
        let Some(rate_bps) = self.conditions.rate_bps else { return Some(now) };
        let start = self.busy_until.max(now);
        if start - now > self.conditions.queue {
            self.counts.queue_full += 1;
            return None;
        }
        // As if all of a handshake's datagrams were of one length.
        let bytes = if load.is_dtls { 1_000 } else { load.bytes };
        self.busy_until = start + Duration::from_nanos(bytes as u64 * 8 * 1_000_000_000 / rate_bps.max(1));
        Some(self.busy_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOAD: Load = Load { bytes: 1_000, is_dtls: false };

    fn link(conditions: Conditions) -> (Link, Instant) {
        let now = Instant::now();
        (Link { conditions, ..Link::new(3, "test", now) }, now)
    }

    #[test]
    fn a_plain_link_passes_all_at_once() {
        let (mut link, now) = link(Conditions::default());
        assert_eq!(link.pass(now, LOAD), [Some(now), None]);
    }

    #[test]
    fn jitter_keeps_the_order_and_holding_breaks_it() {
        let (mut link, now) = link(Conditions {
            delay: Duration::from_millis(20),
            jitter: Duration::from_millis(30),
            overtaking: 0.2,
            ..Conditions::default()
        });
        let arrivals: Vec<Instant> =
            (0..500).filter_map(|index| link.pass(now + Duration::from_millis(index), LOAD)[0]).collect();
        let overtaken = arrivals.windows(2).filter(|pair| pair[1] < pair[0]).count() as u64;
        assert!(overtaken > 0 && overtaken <= link.counts.held, "{overtaken} of {}", link.counts.held);
    }

    #[test]
    fn a_rate_spaces_datagrams_and_a_full_queue_loses_them() {
        let (mut link, now) = link(Conditions {
            rate_bps: Some(800_000),
            queue: Duration::from_millis(50),
            ..Conditions::default()
        });
        let arrivals: Vec<_> = (0..10).map(|_| link.pass(now, LOAD)[0]).collect();
        assert_eq!(arrivals[0], Some(now + Duration::from_millis(10)));
        assert_eq!(arrivals[5], Some(now + Duration::from_millis(60)));
        assert_eq!(arrivals[6], None);
        assert_eq!(link.counts.queue_full, 4);
    }

    #[test]
    fn frames_of_a_connection_are_late_and_never_lost_or_out_of_order() {
        let (mut link, now) = link(Conditions { loss: 0.3, ..Conditions::default() });
        let arrivals: Vec<Instant> =
            (0..200).filter_map(|index| link.pass_frame(now + Duration::from_millis(index), LOAD)).collect();
        assert_eq!(arrivals.len(), 200);
        assert!(arrivals.is_sorted());
        assert!(arrivals[199] > now + Duration::from_millis(199));
    }
}
