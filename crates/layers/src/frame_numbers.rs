//! Frame numbering: a consumer sees frames counted on and on, whatever its source skipped or whichever it is.
//!
//! Receivers take frames for old whose number is behind the newest one's, all but keyframes. Were a source's own numbers passed on where a
//! consumer goes on with another one, then half of the time what follows a keyframe that comes late, by retransmission, would be thrown
//! away, and the picture stand still until the receiver asks for another.

use std::collections::VecDeque;

use motet_rtp::SeqNo;

/// What a payload says of its frame, in VP8's words (RFC 7741 section 4.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameNumber {
    /// Counts frames, 15 bits.
    pub picture_id: u16,
    /// TL0PICIDX: counts frames of the lowest temporal layer.
    pub tl0_pic_idx: Option<u8>,
}

/// Maps the frames of a consumer's sources to numbers of its own. One per consumer stream.
#[derive(Clone, Debug, Default)]
pub struct FrameNumberer {
    is_anew: bool,
    /// By outgoing number; each reaches to where the next begins, the last one on and on.
    runs: VecDeque<Run>,
    newest: Option<(SeqNo, FrameNumber)>,
}

/// Frames that follow each other as they do at their source, from one packet on.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: SeqNo,
    picture_id_offset: u16,
    tl0_offset: u8,
}

/// A run is as long as from one keyframe to another at least, and packets of those before the last few are not repeated.
const RUNS_MAX: usize = 4;
/// The numbers' range.
const PICTURE_IDS: u16 = 1 << 15;

impl FrameNumberer {
    /// The next packet is the first of a keyframe, whose number follows the newest one's whatever it is at the source.
    pub fn start_run(&mut self) {
        self.is_anew = true;
    }

    /// The number under which a frame goes out, of which a packet goes out as `out`. `None`: as for [`Self::renumbered`].
    pub fn forward(&mut self, out: SeqNo, frame: FrameNumber) -> Option<FrameNumber> {
        if std::mem::take(&mut self.is_anew) || self.runs.is_empty() {
            self.begin(out, frame);
        }
        let renumbered = self.renumbered(out, frame)?;
        if self.newest.is_none_or(|(newest, _)| out > newest) {
            self.newest = Some((out, renumbered));
        }
        Some(renumbered)
    }

    /// The number under which a frame went out, of which a packet went out as `out`. `None`: that is too long ago.
    pub fn renumbered(&self, out: SeqNo, frame: FrameNumber) -> Option<FrameNumber> {
        let run = self.runs.iter().rev().find(|run| run.from <= out)?;
        Some(FrameNumber {
            picture_id: frame.picture_id.wrapping_add(run.picture_id_offset) % PICTURE_IDS,
            tl0_pic_idx: frame.tl0_pic_idx.map(|index| index.wrapping_add(run.tl0_offset)),
        })
    }

    fn begin(&mut self, out: SeqNo, frame: FrameNumber) {
        let mut run = Run { from: out, picture_id_offset: 0, tl0_offset: 0 };
        if let Some((_, newest)) = self.newest {
            let next = newest.picture_id.wrapping_add(1);
            run.picture_id_offset = next.wrapping_sub(frame.picture_id) % PICTURE_IDS;
            if let (Some(newest), Some(index)) = (newest.tl0_pic_idx, frame.tl0_pic_idx) {
                run.tl0_offset = newest.wrapping_add(1).wrapping_sub(index);
            }
        }
        if self.runs.len() == RUNS_MAX {
            self.runs.pop_front();
        }
        self.runs.push_back(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(picture_id: u16, tl0: u8) -> FrameNumber {
        FrameNumber { picture_id, tl0_pic_idx: Some(tl0) }
    }

    #[test]
    fn a_lone_source_keeps_its_numbers() {
        let mut numberer = FrameNumberer::default();
        numberer.start_run();
        for at in 0..5 {
            let frame = number(0x7ffe_u16.wrapping_add(at) % PICTURE_IDS, 254_u8.wrapping_add(at as u8));
            assert_eq!(numberer.forward(SeqNo(u64::from(at)), frame), Some(frame));
        }
    }

    #[test]
    fn another_source_goes_on_counting_across_both_ends_of_the_range() {
        for first in [3, 0x7fff] {
            let mut numberer = FrameNumberer::default();
            numberer.forward(SeqNo(9), number(first, 255));
            numberer.start_run();
            let [next, after] = [first + 1, first + 2].map(|id| id % PICTURE_IDS);
            assert_eq!(numberer.forward(SeqNo(10), number(20_000, 7)), Some(number(next, 0)));
            assert_eq!(numberer.forward(SeqNo(11), number(20_001, 8)), Some(number(after, 1)));
        }
    }

    #[test]
    fn what_comes_late_or_goes_out_again_has_the_number_of_its_run() {
        let mut numberer = FrameNumberer::default();
        numberer.forward(SeqNo(1), number(100, 1));
        numberer.forward(SeqNo(4), number(103, 4));
        numberer.start_run();
        numberer.forward(SeqNo(5), number(9_000, 90));
        assert_eq!(numberer.forward(SeqNo(3), number(102, 3)), Some(number(102, 3)));
        assert_eq!(numberer.renumbered(SeqNo(4), number(103, 4)), Some(number(103, 4)));
        assert_eq!(numberer.renumbered(SeqNo(5), number(9_000, 90)), Some(number(104, 5)));
        assert_eq!(
            numberer.forward(SeqNo(6), number(9_001, 91)),
            Some(number(105, 6)),
            "late ones count for nothing"
        );
    }

    #[test]
    fn runs_of_long_ago_are_forgotten() {
        let mut numberer = FrameNumberer::default();
        for run in 0..1_000 {
            numberer.start_run();
            numberer.forward(SeqNo(run), number(run as u16 * 31, 0));
        }
        assert_eq!(numberer.runs.len(), RUNS_MAX);
        assert_eq!(numberer.renumbered(SeqNo(3), number(0, 0)), None);
    }
}
