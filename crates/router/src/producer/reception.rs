//! Reception statistics of one stream, as report blocks tell them (RFC 3550 section 6.4.1, appendices A.3 and A.8).

use motet_rtp::{RtpTime, SeqNo};

/// What a report block says of the stream, besides its sender's last report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Report {
    /// Share lost since the last report, in 1/256.
    pub(crate) fraction_lost: u8,
    /// Lost since the beginning, within 24 signed bits.
    pub(crate) cumulative_lost: i32,
    /// The highest sequence number, extended by the low 16 bits of its rollovers.
    pub(crate) highest_seq: u32,
    /// Interarrival jitter in RTP clock units.
    pub(crate) jitter: u32,
}

/// Counts one stream's packets. Retransmissions by RTX are another stream's and are not counted (RFC 4588 section 6.1).
#[derive(Clone, Debug)]
pub(crate) struct Reception {
    base: SeqNo,
    highest: SeqNo,
    received: u64,
    expected_before: u64,
    received_before: u64,
    transit: Option<u32>,
    /// In 1/16 of an RTP clock unit, as appendix A.8 keeps it.
    jitter_16: u32,
    fraction_lost: u8,
}

impl Reception {
    /// Begins with the stream's first packet, which is yet to be handled.
    pub(crate) fn new(first: SeqNo) -> Self {
        Self {
            base: first,
            highest: first,
            received: 0,
            expected_before: 0,
            received_before: 0,
            transit: None,
            jitter_16: 0,
            fraction_lost: 0,
        }
    }

    /// A packet came at `arrival`, in units of its RTP clock.
    pub(crate) fn handle_packet(&mut self, seq: SeqNo, rtp_time: RtpTime, arrival: u32) {
        self.received += 1;
        self.highest = self.highest.max(seq);
        // A packet from before the first one must not make the count of lost ones negative.
        self.base = self.base.min(seq);
        let transit = arrival.wrapping_sub(rtp_time.0);
        if let Some(before) = self.transit.replace(transit) {
            let difference = (transit.wrapping_sub(before) as i32).unsigned_abs();
            self.jitter_16 = self
                .jitter_16
                .saturating_add(difference)
                .saturating_sub(self.jitter_16.saturating_add(8) >> 4);
        }
    }

    /// Lost since the beginning; negative when duplicates outnumber losses.
    pub(crate) fn lost(&self) -> i64 {
        self.expected() as i64 - self.received as i64
    }

    /// Interarrival jitter in RTP clock units.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter_16 >> 4
    }

    /// The share lost in the last report's interval, 0 to 1.
    pub(crate) fn fraction_lost(&self) -> f32 {
        f32::from(self.fraction_lost) / 256.0
    }

    /// What to report; begins the next report's interval.
    pub(crate) fn report(&mut self) -> Report {
        let expected = self.expected() - self.expected_before;
        let received = self.received - self.received_before;
        self.expected_before = self.expected();
        self.received_before = self.received;
        let lost = expected.saturating_sub(received);
        self.fraction_lost = (lost * 256).checked_div(expected).unwrap_or(0).min(255) as u8;
        Report {
            fraction_lost: self.fraction_lost,
            cumulative_lost: self.lost().clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest_seq: self.highest.0 as u32,
            jitter: self.jitter(),
        }
    }

    fn expected(&self) -> u64 {
        self.highest.0 - self.base.0 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(reception: &mut Reception, seqs: impl IntoIterator<Item = u64>) {
        for seq in seqs {
            let time = (seq * 3_000) as u32;
            reception.handle_packet(SeqNo(seq), RtpTime(time), time);
        }
    }

    #[test]
    fn a_whole_stream_reports_no_loss() {
        let mut reception = Reception::new(SeqNo(65_530));
        receive(&mut reception, 65_530..65_630);
        let report = reception.report();
        assert_eq!((report.fraction_lost, report.cumulative_lost), (0, 0));
        assert_eq!(report.highest_seq, 65_629, "one rollover above the wire's 93");
    }

    #[test]
    fn the_fraction_is_of_the_last_interval_and_the_sum_of_all() {
        let mut reception = Reception::new(SeqNo(0));
        receive(&mut reception, (0..100).filter(|seq| seq % 4 != 1));
        assert_eq!(reception.report().fraction_lost, 64);
        receive(&mut reception, 100..200);
        let report = reception.report();
        assert_eq!((report.fraction_lost, report.cumulative_lost), (0, 25));
    }

    #[test]
    fn an_interval_without_packets_reports_no_loss() {
        let mut reception = Reception::new(SeqNo(7));
        receive(&mut reception, [7]);
        reception.report();
        assert_eq!(reception.report().fraction_lost, 0);
    }

    #[test]
    fn late_packets_make_up_for_the_loss_reported_before() {
        let mut reception = Reception::new(SeqNo(0));
        receive(&mut reception, [0, 1, 4]);
        assert_eq!(reception.report().cumulative_lost, 2);
        receive(&mut reception, [2, 3]);
        let report = reception.report();
        assert_eq!((report.fraction_lost, report.cumulative_lost), (0, 0));
    }

    #[test]
    fn a_packet_from_before_the_first_is_not_a_negative_loss() {
        let mut reception = Reception::new(SeqNo(10));
        receive(&mut reception, [10, 9]);
        assert_eq!(reception.report().cumulative_lost, 0);
    }

    #[test]
    fn jitter_converges_on_the_mean_deviation() {
        let mut reception = Reception::new(SeqNo(0));
        for seq in 0..2_000u64 {
            let late = if seq % 2 == 0 { 0 } else { 160 };
            reception.handle_packet(SeqNo(seq), RtpTime(seq as u32 * 960), seq as u32 * 960 + late);
        }
        assert!((150..=160).contains(&reception.jitter()), "{}", reception.jitter());
    }

    #[test]
    fn a_steady_stream_has_no_jitter_across_the_wrap_of_its_time() {
        let mut reception = Reception::new(SeqNo(0));
        for seq in 0..100u64 {
            let time = u32::MAX.wrapping_add(seq as u32 * 960);
            reception.handle_packet(SeqNo(seq), RtpTime(time), time.wrapping_add(12_345));
        }
        assert_eq!(reception.jitter(), 0);
    }
}
