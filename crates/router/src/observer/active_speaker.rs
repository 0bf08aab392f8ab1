//! Who speaks: a dominant speaker by speech activity on three time scales, after I. Volfin and I. Cohen, "Dominant
//! speaker identification for multipoint videoconferencing" (Computer Speech and Language 27, 2013).
//!
//! A level is heard about every 20 ms: a *step*. Five steps make a *phrase* of 100 ms, ten phrases a *turn* of 1 s. On each
//! scale one counts how many of the parts below are active, and asks how much likelier that count is in speech (where
//! parts are active like a fair coin) than in silence (where activity thins out exponentially). Somebody takes the floor only by being
//! clearly likelier to speak than its holder on the shortest scale and on the middle one, and no less likely on the longest: a cough or
//! a slammed door wins the short scale and loses the others, and whoever pauses for breath keeps the floor.

use std::time::Duration;

use motet_control::ProducerId;
use slab::Slab;

/// The time between two levels of one producer, which is Opus's usual packet time.
const STEP: Duration = Duration::from_millis(20);
const STEPS_PER_PHRASE: usize = 5;
const PHRASES_PER_TURN: usize = 10;
const STEPS: usize = STEPS_PER_PHRASE * PHRASES_PER_TURN;

/// A step's loudness above the noise, in units of [`DB_PER_LOUDNESS`].
const LOUDNESS_MAX: u8 = 13;
const DB_PER_LOUDNESS: i16 = 5;
/// A step this loud is active.
const ACTIVE_LOUDNESS: u8 = 3;
/// A phrase with this many active steps is active.
const ACTIVE_STEPS: usize = 3;

/// The noise of a quiet room: senders that gate it away must not be taken to whisper when they open.
const NOISE_MIN_DBOV: i16 = -75;
/// The noise to assume before any is known.
const NOISE_FIRST_DBOV: i16 = -70;
/// Whoever sends constant noise louder than this is heard.
const NOISE_MAX_DBOV: i16 = -50;
/// The noise estimate rises by 1 dB in this many steps, and falls at once.
const NOISE_RISE_STEPS: u32 = 50;

/// How much more likely than the holder's, in nepers, somebody's speech must be to take the floor.
const LEAD_STEP: f64 = 3.0;
const LEAD_PHRASE: f64 = 2.0;
const LEAD_TURN: f64 = 0.0;

/// The exponential law of silence on each scale: the paper's figures.
const SILENCE_STEP: f64 = 0.78;
const SILENCE_PHRASE: f64 = 24.0;
const SILENCE_TURN: f64 = 47.0;
/// The least score, so that its logarithm exists.
const SCORE_MIN: f64 = 1e-10;

/// Scores by count, made once: `ln` of a binomial law over an exponential one.
#[derive(Debug)]
struct Law<const N: usize> {
    scores: [f64; N],
}

impl<const N: usize> Law<N> {
    /// For counts from 0 to `N - 1`.
    fn new(silence: f64) -> Self {
        let parts = (N - 1) as f64;
        let mut ln_choose = 0.0;
        let scores = std::array::from_fn(|count| {
            let count = count as f64;
            if count > 0.0 {
                ln_choose += ((parts - count + 1.0) / count).ln();
            }
            let speech = ln_choose - parts * std::f64::consts::LN_2;
            (speech - silence.ln() + silence * count).max(SCORE_MIN).ln()
        });
        Self { scores }
    }

    fn of(&self, count: usize) -> f64 {
        self.scores[count.min(N - 1)]
    }
}

#[derive(Debug)]
struct Laws {
    step: Law<{ LOUDNESS_MAX as usize + 1 }>,
    phrase: Law<{ STEPS_PER_PHRASE + 1 }>,
    turn: Law<{ PHRASES_PER_TURN + 1 }>,
}

/// Logarithms of one member's scores.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Scores {
    step: f64,
    phrase: f64,
    turn: f64,
}

#[derive(Debug)]
struct Member {
    producer: ProducerId,
    /// The loudness of the last [`STEPS`] steps, in a ring.
    steps: [u8; STEPS],
    next: usize,
    /// Levels heard since the last decision.
    heard: usize,
    noise_dbov: i16,
    noise_age: u32,
}

impl Member {
    fn new(producer: ProducerId) -> Self {
        Self { producer, steps: [0; STEPS], next: 0, heard: 0, noise_dbov: NOISE_FIRST_DBOV, noise_age: 0 }
    }

    fn push(&mut self, loudness: u8) {
        self.steps[self.next] = loudness;
        self.next = (self.next + 1) % STEPS;
    }

    fn hear(&mut self, dbov: i8) {
        let dbov = i16::from(dbov);
        if dbov < self.noise_dbov {
            self.noise_dbov = dbov.max(NOISE_MIN_DBOV);
            self.noise_age = 0;
        } else {
            self.noise_age += 1;
            if self.noise_age == NOISE_RISE_STEPS {
                self.noise_dbov = (self.noise_dbov + 1).min(NOISE_MAX_DBOV);
                self.noise_age = 0;
            }
        }
        let above = (dbov - self.noise_dbov).max(0) / DB_PER_LOUDNESS;
        self.push(u8::try_from(above).unwrap_or(LOUDNESS_MAX).min(LOUDNESS_MAX));
        self.heard += 1;
    }

    /// Steps for which nothing came (a sender that stops in silence) are silent.
    fn fill(&mut self, steps: usize) {
        for _ in self.heard..steps.min(STEPS) {
            self.push(0);
        }
        self.heard = 0;
    }

    /// The steps of the `n`th phrase back from the present.
    fn phrase(&self, n: usize) -> impl Iterator<Item = u8> {
        let end = self.next + STEPS - n * STEPS_PER_PHRASE;
        (end - STEPS_PER_PHRASE..end).map(|step| self.steps[step % STEPS])
    }

    fn active_steps(&self, phrase: usize) -> usize {
        self.phrase(phrase).filter(|loudness| *loudness >= ACTIVE_LOUDNESS).count()
    }

    fn scores(&self, laws: &Laws) -> Scores {
        let loudest = self.phrase(0).max().unwrap_or(0);
        let active_phrases =
            (0..PHRASES_PER_TURN).filter(|phrase| self.active_steps(*phrase) >= ACTIVE_STEPS).count();
        Scores {
            step: laws.step.of(usize::from(loudest)),
            phrase: laws.phrase.of(self.active_steps(0)),
            turn: laws.turn.of(active_phrases),
        }
    }
}

/// Tells who speaks whenever that changes.
#[derive(Debug)]
pub(crate) struct ActiveSpeaker {
    laws: Laws,
    members: Slab<Member>,
    /// Who has the floor.
    holder: Option<usize>,
}

impl ActiveSpeaker {
    pub(crate) fn new() -> Self {
        let laws = Laws {
            step: Law::new(SILENCE_STEP),
            phrase: Law::new(SILENCE_PHRASE),
            turn: Law::new(SILENCE_TURN),
        };
        Self { laws, members: Slab::new(), holder: None }
    }

    pub(crate) fn join(&mut self, producer: ProducerId) -> usize {
        self.members.insert(Member::new(producer))
    }

    pub(crate) fn leave(&mut self, member: usize) {
        self.members.try_remove(member);
        if self.holder == Some(member) {
            self.holder = None;
        }
    }

    pub(crate) fn hear(&mut self, member: usize, dbov: i8) {
        if let Some(member) = self.members.get_mut(member) {
            member.hear(dbov);
        }
    }

    /// Who has taken the floor since the last decision, `interval` ago.
    pub(crate) fn decide(&mut self, interval: Duration) -> Option<ProducerId> {
        let steps = interval.as_millis() as usize / STEP.as_millis() as usize;
        for (_, member) in &mut self.members {
            member.fill(steps);
        }
        let floor = self.holder.and_then(|holder| self.members.get(holder)).map_or_else(
            // An empty floor is held by silence.
            || Member::new(ProducerId(0)).scores(&self.laws),
            |holder| holder.scores(&self.laws),
        );
        let challengers = self.members.iter().filter(|(key, _)| Some(*key) != self.holder);
        let (winner, producer, _) = challengers
            .filter_map(|(key, member)| Some((key, member.producer, self.lead(member, floor)?)))
            .max_by(|(.., a), (.., b)| a.total_cmp(b))?;
        self.holder = Some(winner);
        Some(producer)
    }

    /// How clearly `member` leads on the middle scale, if it leads on all three.
    fn lead(&self, member: &Member, floor: Scores) -> Option<f64> {
        let scores = member.scores(&self.laws);
        let takes_floor = scores.step - floor.step > LEAD_STEP
            && scores.phrase - floor.phrase > LEAD_PHRASE
            && scores.turn - floor.turn > LEAD_TURN;
        takes_floor.then_some(scores.phrase - floor.phrase)
    }
}

#[cfg(test)]
#[path = "active_speaker_tests.rs"]
mod tests;
