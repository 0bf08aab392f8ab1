//! The rewriter against a model that remembers everything and counts instead of shifting.

use std::collections::BTreeSet;

use motet_layers::StreamRewriter;
use motet_rtp::{RtpTime, SeqNo};
use proptest::prelude::*;

/// Runs between pauses; in each, a packet's number is the run's first plus how many packets of the source lie between,
/// those not counted that were skipped in time.
#[derive(Default)]
struct Model {
    runs: Vec<Run>,
    is_resuming: bool,
    next_out: u64,
}

struct Run {
    first: u64,
    first_out: u64,
    skipped: BTreeSet<u64>,
    /// One past the highest number and source sent; the run ends there once there is another.
    end: u64,
}

impl Run {
    fn out_of(&self, seq: u64) -> Option<u64> {
        let is_in = seq >= self.first && !self.skipped.contains(&seq);
        is_in.then(|| self.first_out + (seq - self.first) - self.skipped.range(..seq).count() as u64)
    }
}

impl Model {
    fn forward(&mut self, seq: u64) -> Option<u64> {
        let is_new = self.runs.last().is_none_or(|run| seq >= run.end);
        if is_new && (self.runs.is_empty() || self.is_resuming) {
            self.is_resuming = false;
            let first_out = self.next_out;
            self.runs.push(Run { first: seq, first_out, skipped: BTreeSet::new(), end: seq + 1 });
        }
        let last = self.runs.len() - 1;
        let run = self.runs.iter_mut().rposition(|run| run.first <= seq)?;
        let is_past_its_end = run < last && seq >= self.runs[run].end;
        let out = if is_past_its_end { None } else { self.runs[run].out_of(seq) }?;
        self.runs[run].end = self.runs[run].end.max(seq + 1);
        self.next_out = self.next_out.max(out + 1);
        Some(out)
    }

    fn skip(&mut self, seq: u64) {
        if let Some(run) = self.runs.last_mut().filter(|_| !self.is_resuming)
            && seq >= run.end
        {
            run.skipped.insert(seq);
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Forwarded,
    Skipped,
    Lost,
    /// The consumer is paused when this packet comes, and resumes after it.
    Paused,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Forwarded),
        4 => Just(Fate::Skipped),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Paused),
    ]
}

/// Packets in the order in which they arrive: each delayed by up to as many places as its number says, some twice.
fn arrivals() -> impl Strategy<Value = Vec<(u64, Fate)>> {
    let packet =
        (fate(), prop_oneof![6 => Just(0_u64), 2 => 0_u64..12, 1 => 0_u64..60], prop::bool::weighted(0.1));
    prop::collection::vec(packet, 1..400).prop_map(|packets| {
        let mut arrivals = Vec::new();
        for (seq, (fate, delay, is_repeated)) in packets.into_iter().enumerate() {
            arrivals.push((seq as u64 + delay, seq as u64, fate));
            if is_repeated {
                arrivals.push((seq as u64 + delay + 5, seq as u64, fate));
            }
        }
        arrivals.sort_by_key(|(at, ..)| *at);
        arrivals.into_iter().map(|(_, seq, fate)| (seq, fate)).collect()
    })
}

proptest! {
    #[test]
    fn the_rewriter_numbers_as_the_model_does(
        first_source in prop_oneof![0_u64..200_000, Just(65_500)],
        first_out: u16,
        arrivals in arrivals(),
    ) {
        let (first_out, mut model) = (u64::from(first_out), Model::default());
        let mut rewriter = StreamRewriter::new(first_out as u16, 77);
        let mut sent = BTreeSet::new();
        let mut first_time = None;
        for (seq, fate) in arrivals {
            let source = SeqNo(first_source + seq);
            let rtp_time = RtpTime((first_source + seq) as u32 * 3_000);
            match fate {
                Fate::Forwarded => {
                    let out = rewriter.forward(source, rtp_time);
                    let expected = model.forward(seq).map(|out| SeqNo(first_out + out));
                    prop_assert_eq!(out.map(|out| out.seq), expected, "packet {}", seq);
                    let Some(out) = out else { continue };
                    let first_time = *first_time.get_or_insert(rtp_time);
                    prop_assert_eq!(out.rtp_time.0.wrapping_sub(77), rtp_time.0.wrapping_sub(first_time.0));
                    sent.insert((out.seq, source));
                }
                Fate::Skipped => {
                    rewriter.skip(source);
                    model.skip(seq);
                }
                Fate::Paused => {
                    rewriter.resume();
                    model.is_resuming = !model.runs.is_empty();
                }
                Fate::Lost => {}
            }
            prop_assert_eq!(rewriter.last().map_or(0, |last| last.seq.0 + 1 - first_out), model.next_out);
        }
        let sources: BTreeSet<_> = sent.iter().map(|(_, source)| source).collect();
        prop_assert_eq!(sources.len(), sent.len(), "no packet has two numbers");
        prop_assert!(sent.iter().zip(sources).all(|((_, source), by_source)| source == by_source), "in order");
        for (out, source) in sent {
            prop_assert_eq!(rewriter.source_of(out.wire()), Some(source));
        }
    }

    #[test]
    fn any_order_of_any_calls_is_survived(calls in prop::collection::vec((0_u8..5, 0_u64..3_000, any::<u32>()), 1..2_000)) {
        let mut rewriter = StreamRewriter::new(65_000, 0);
        let mut last = None;
        for (call, seq, time) in calls {
            match call {
                0 | 1 => _ = rewriter.forward(SeqNo(seq), RtpTime(time)),
                2 => rewriter.skip(SeqNo(seq)),
                3 if seq < 300 => rewriter.switch_source(time),
                3 => rewriter.resume(),
                _ => _ = rewriter.source_of(seq as u16),
            }
            let now = rewriter.last().map(|out| out.seq);
            prop_assert!(now >= last, "outgoing numbers never go back");
            last = now;
        }
    }
}
