//! What a consumer sees of a source that loses, skips, pauses and switches.

use motet_layers::{Rewritten, StreamRewriter};
use motet_rtp::{RtpTime, SeqNo};

/// The outgoing sequence number of a packet that is forwarded.
fn forward(rewriter: &mut StreamRewriter, seq: u64) -> Option<u64> {
    rewriter.forward(SeqNo(seq), RtpTime(seq as u32 * 10)).map(|out| out.seq.0)
}

#[test]
fn the_first_packet_gets_the_numbers_chosen() {
    let mut rewriter = StreamRewriter::new(500, 9_000);
    let out = rewriter.forward(SeqNo(70_000), RtpTime(u32::MAX)).unwrap();
    assert_eq!(out, Rewritten { seq: SeqNo(500), rtp_time: RtpTime(9_000) });
    let out = rewriter.forward(SeqNo(70_001), RtpTime(2)).unwrap();
    assert_eq!(out, Rewritten { seq: SeqNo(501), rtp_time: RtpTime(9_003) });
    assert_eq!(rewriter.last(), Some(out));
}

#[test]
fn a_loss_stays_a_hole_and_is_filled_when_the_packet_comes_late() {
    let mut rewriter = StreamRewriter::new(0, 0);
    assert_eq!([10, 12, 11, 12].map(|seq| forward(&mut rewriter, seq)), [Some(0), Some(2), Some(1), Some(2)]);
}

#[test]
fn a_skip_leaves_no_hole() {
    let mut rewriter = StreamRewriter::new(0, 0);
    forward(&mut rewriter, 10);
    rewriter.skip(SeqNo(11));
    rewriter.skip(SeqNo(12));
    assert_eq!(forward(&mut rewriter, 13), Some(1));
    assert_eq!(forward(&mut rewriter, 12), None, "it has no number to go under");
}

#[test]
fn skips_out_of_order_close_their_gaps_too() {
    let mut rewriter = StreamRewriter::new(0, 0);
    forward(&mut rewriter, 10);
    for seq in [15, 11, 13, 12] {
        rewriter.skip(SeqNo(seq));
    }
    assert_eq!([16, 14].map(|seq| forward(&mut rewriter, seq)), [Some(2), Some(1)]);
}

#[test]
fn a_skip_that_comes_after_its_number_is_passed_is_a_hole() {
    let mut rewriter = StreamRewriter::new(0, 0);
    forward(&mut rewriter, 10);
    forward(&mut rewriter, 12);
    rewriter.skip(SeqNo(11));
    assert_eq!(forward(&mut rewriter, 13), Some(3));
    assert_eq!(rewriter.source_of(1), Some(SeqNo(11)));
}

#[test]
fn a_late_packet_between_skips_finds_its_place() {
    let mut rewriter = StreamRewriter::new(0, 0);
    forward(&mut rewriter, 10);
    rewriter.skip(SeqNo(11));
    rewriter.skip(SeqNo(13));
    assert_eq!([14, 12, 15].map(|seq| forward(&mut rewriter, seq)), [Some(2), Some(1), Some(3)]);
}

#[test]
fn a_pause_leaves_no_hole_and_keeps_the_clock() {
    let mut rewriter = StreamRewriter::new(0, 7);
    rewriter.forward(SeqNo(10), RtpTime(100));
    rewriter.forward(SeqNo(12), RtpTime(120));
    rewriter.resume();
    assert_eq!(forward(&mut rewriter, 11), Some(1), "a straggler of before the pause has its place");
    let out = rewriter.forward(SeqNo(500), RtpTime(9_000)).unwrap();
    assert_eq!(out, Rewritten { seq: SeqNo(3), rtp_time: RtpTime(9_000 - 100 + 7) });
    assert_eq!(forward(&mut rewriter, 499), None, "it came before the anchor");
    assert_eq!(forward(&mut rewriter, 13), None, "and so did this");
    assert_eq!(rewriter.source_of(2), Some(SeqNo(12)), "what went out before can still be repeated");
}

#[test]
fn numbers_kept_for_skips_nobody_followed_are_given_up_on_resume() {
    let mut rewriter = StreamRewriter::new(0, 0);
    forward(&mut rewriter, 10);
    rewriter.skip(SeqNo(12));
    rewriter.resume();
    rewriter.skip(SeqNo(19));
    assert_eq!([20, 21].map(|seq| forward(&mut rewriter, seq)), [Some(1), Some(2)]);
    assert_eq!(rewriter.source_of(1), Some(SeqNo(20)));
}

#[test]
fn another_source_follows_at_once_on_a_clock_that_goes_on() {
    let mut rewriter = StreamRewriter::new(0, 0);
    rewriter.forward(SeqNo(10), RtpTime(100));
    rewriter.switch_source(3_000);
    rewriter.resume();
    assert_eq!(rewriter.rtp_time_of(RtpTime(100)), None, "which source's time is not known");
    let out = rewriter.forward(SeqNo(5), RtpTime(4_000_000_000)).unwrap();
    assert_eq!(out, Rewritten { seq: SeqNo(1), rtp_time: RtpTime(3_000) });
    assert_eq!(rewriter.rtp_time_of(RtpTime(4_000_000_001)), Some(RtpTime(3_001)));
    assert_eq!(rewriter.source_of(1), Some(SeqNo(5)));
    assert_eq!(rewriter.source_of(0), None, "that was another source's");
}

#[test]
fn a_source_in_step_keeps_the_clock_and_ascends_where_it_is_to() {
    for (ascends, time, expected) in [
        (false, 900, 900),
        (false, 1_000, 1_000),
        (true, 1_000, 1_001),
        (true, 900, 1_001),
        (true, 1_100, 1_100),
    ] {
        let mut rewriter = StreamRewriter::new(0, 1_000);
        rewriter.forward(SeqNo(10), RtpTime(1_000));
        rewriter.switch_in_step(500, 45_000, ascends);
        let out = rewriter.forward(SeqNo(5), RtpTime(time)).unwrap();
        assert_eq!(out, Rewritten { seq: SeqNo(1), rtp_time: RtpTime(expected) }, "{time}, {ascends}");
        let after = rewriter.forward(SeqNo(6), RtpTime(time + 100)).unwrap();
        assert_eq!(after.rtp_time.0 - out.rtp_time.0, 100, "its own clock goes on");
    }
}

#[test]
fn a_nacked_number_is_traced_over_a_wrap_and_not_into_the_future() {
    let mut rewriter = StreamRewriter::new(65_534, 0);
    for seq in 100..104 {
        forward(&mut rewriter, seq);
    }
    assert_eq!(
        [65_534, 65_535, 0, 1].map(|out| rewriter.source_of(out)),
        [100, 101, 102, 103].map(|seq| Some(SeqNo(seq)))
    );
    assert_eq!(rewriter.last().unwrap().seq, SeqNo(65_537), "the rollover is counted");
    assert_eq!(rewriter.source_of(2), None, "not sent yet");
    assert_eq!(rewriter.source_of(65_533), None, "before the first");
}

#[test]
fn a_packet_found_by_its_nack_gets_the_numbers_it_had() {
    let mut rewriter = StreamRewriter::new(9, 1_000);
    let sent = rewriter.forward(SeqNo(40), RtpTime(77)).unwrap();
    rewriter.skip(SeqNo(41));
    rewriter.forward(SeqNo(42), RtpTime(99));
    let source = rewriter.source_of(sent.seq.wire()).unwrap();
    assert_eq!(rewriter.rewritten_of(source, RtpTime(77)), Some(sent));
}

#[test]
fn the_record_is_bounded_and_forgets_the_oldest() {
    let mut rewriter = StreamRewriter::new(0, 0);
    for seq in 0..10_000 {
        if seq % 2 == 0 { _ = forward(&mut rewriter, seq) } else { rewriter.skip(SeqNo(seq)) }
    }
    assert_eq!(rewriter.last().unwrap().seq, SeqNo(4_999));
    assert_eq!(rewriter.source_of(4_600), Some(SeqNo(9_200)));
    assert_eq!(rewriter.source_of(1_000), None);
}
