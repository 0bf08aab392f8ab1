//! One member: whether it speaks, and the mix that it then has to itself.

use motet_rtp::Ssrc;

use super::output::Output;
use super::pcm::SILENCE_DB;

/// For so many turns, half a second, a member keeps its own mix after its voice has ended: most voices come back, and
/// each change of mix is a risk to be heard.
const SPEAKS_ON: u32 = 25;
/// What of the loudness so far is kept in each turn: half of it for 140 ms.
const KEEP: f32 = 0.905;
/// Decibels above which loudness counts towards who leads the talk.
const COUNTS_FROM_DB: f32 = -60.0;

pub(super) struct Member {
    pub(super) ssrc: Ssrc,
    pub(super) sources: usize,
    /// Its own mix, while it speaks.
    pub(super) output: Option<Output>,
    /// Where its own mix's sequence numbers go on.
    pub(super) seq: u16,
    speaks_for: u32,
    score: f32,
    level_db: f32,
}

/// What a turn changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    FellQuiet,
}

impl Member {
    pub(super) fn new(ssrc: Ssrc, seq: u16) -> Self {
        Self { ssrc, sources: 0, output: None, seq, speaks_for: 0, score: 0.0, level_db: SILENCE_DB }
    }

    pub(super) fn speaks(&self) -> bool {
        self.speaks_for > 0
    }

    /// A voice of it is to be heard. True where it did not speak before.
    pub(super) fn begin(&mut self) -> bool {
        let was_quiet = !self.speaks();
        self.speaks_for = SPEAKS_ON;
        was_quiet
    }

    /// A turn in which its sources were so loud, the loudest of them, and one was open or none.
    pub(super) fn turn(&mut self, level_db: f32, is_open: bool) -> Change {
        self.level_db = level_db;
        let counts = (level_db - COUNTS_FROM_DB).max(0.0);
        self.score = self.score * KEEP + counts * (1.0 - KEEP);
        if is_open {
            self.speaks_for = SPEAKS_ON;
            return Change::None;
        }
        if self.speaks_for == 0 {
            return Change::None;
        }
        self.speaks_for -= 1;
        if self.speaks_for == 0 { Change::FellQuiet } else { Change::None }
    }

    /// How much it has said of late.
    pub(super) fn score(&self) -> f32 {
        self.score
    }

    /// How loud it is in this turn.
    pub(super) fn level_db(&self) -> f32 {
        self.level_db
    }

    /// Its own mix ends.
    pub(super) fn end_output(&mut self) {
        if let Some(output) = self.output.take() {
            self.seq = output.seq();
        }
    }
}
