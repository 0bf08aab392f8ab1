//! Who leads the talk: the one who is heard most, and not whoever coughs.

use crate::MemberId;

/// What a member must have said of late to lead at all.
const SCORE_MIN: f32 = 6.0;
/// By how much another must be ahead of a leader who still speaks, and for how many turns.
const AHEAD: f32 = 1.15;
const AHEAD_TURNS: u32 = 15;

#[derive(Debug, Default)]
pub(super) struct Leader {
    current: Option<MemberId>,
    rival: Option<(MemberId, u32)>,
}

/// A member's standing in a turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) member: MemberId,
    pub(super) score: f32,
    pub(super) speaks: bool,
}

impl Leader {
    /// The leader, where that changed.
    pub(super) fn turn(&mut self, standings: impl Iterator<Item = Standing>) -> Option<MemberId> {
        let mut best: Option<Standing> = None;
        let mut current: Option<Standing> = None;
        for standing in standings {
            if Some(standing.member) == self.current {
                current = Some(standing);
            }
            if standing.speaks && best.is_none_or(|best| standing.score > best.score) {
                best = Some(standing);
            }
        }
        let best = best.filter(|best| best.score >= SCORE_MIN && Some(best.member) != self.current);
        let Some(best) = best else {
            self.rival = None;
            return None;
        };
        let contested = current.filter(|current| current.speaks);
        if contested.is_some_and(|current| best.score < current.score * AHEAD) {
            self.rival = None;
            return None;
        }
        let turns = match self.rival {
            Some((rival, turns)) if rival == best.member => turns + 1,
            _ => 1,
        };
        self.rival = Some((best.member, turns));
        if contested.is_some() && turns < AHEAD_TURNS {
            return None;
        }
        self.rival = None;
        self.current = Some(best.member);
        self.current
    }

    /// The member left. True where it led.
    pub(super) fn remove(&mut self, member: MemberId) -> bool {
        let led = self.current == Some(member);
        if led {
            self.current = None;
        }
        led
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(leader: &mut Leader, scores: [f32; 2]) -> Option<u64> {
        let standings = scores.into_iter().enumerate().map(|(index, score)| Standing {
            member: MemberId(index as u64),
            score,
            speaks: score > 0.0,
        });
        leader.turn(standings).map(|member| member.0)
    }

    #[test]
    fn the_first_voice_leads_and_a_cough_does_not_take_over() {
        let mut leader = Leader::default();
        assert_eq!(turn(&mut leader, [20.0, 0.0]), Some(0));
        assert!((0..10).all(|_| turn(&mut leader, [20.0, 30.0]).is_none()), "200 ms of cough");
        assert!(turn(&mut leader, [20.0, 0.0]).is_none());
    }

    #[test]
    fn who_is_heard_more_takes_over_and_who_falls_quiet_is_followed_at_once() {
        let mut leader = Leader::default();
        turn(&mut leader, [20.0, 0.0]);
        let taken: Vec<_> = (0..20).filter_map(|_| turn(&mut leader, [20.0, 30.0])).collect();
        assert_eq!(taken, [1]);
        assert_eq!(turn(&mut leader, [20.0, 0.0]), Some(0));
        assert_eq!(turn(&mut leader, [0.0, 0.0]), None, "the last voice leads on in silence");
        assert!(leader.remove(MemberId(0)) && !leader.remove(MemberId(0)));
    }
}
