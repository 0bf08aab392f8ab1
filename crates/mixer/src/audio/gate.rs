//! What is voice and what is the noise of a room.

/// Whatever is louder than this is heard, however noisy the room.
const THRESHOLD_MAX_DB: f32 = -42.0;
/// Whatever is quieter than this is silence, however quiet the room.
const THRESHOLD_MIN_DB: f32 = -55.0;
/// How far a voice stands out of its room.
const ABOVE_FLOOR_DB: f32 = 10.0;
/// How fast the floor is taken to rise, for each second: slower than any word, faster than anyone's patience.
const RISE_DB: f32 = 1.0;
const FLOOR_MIN_DB: f32 = -80.0;

/// Knows how noisy a source's room is.
#[derive(Debug)]
pub(super) struct Gate {
    floor_db: f32,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { floor_db: -70.0 }
    }

    /// Whether so loud a sound, of so many seconds, is more than noise.
    pub(super) fn is_voice(&mut self, level_db: f32, seconds: f32) -> bool {
        let threshold_db = (self.floor_db + ABOVE_FLOOR_DB).clamp(THRESHOLD_MIN_DB, THRESHOLD_MAX_DB);
        let level_db = level_db.max(FLOOR_MIN_DB);
        self.floor_db = match level_db < self.floor_db {
            true => level_db + (self.floor_db - level_db) * 0.7,
            false => level_db.min(self.floor_db + RISE_DB * seconds),
        };
        level_db > threshold_db
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_over_noise_is_heard_and_the_noise_is_not() {
        let mut gate = Gate::new();
        for _ in 0..1500 {
            gate.is_voice(-58.0, 0.02);
        }
        assert!(!gate.is_voice(-50.0, 0.02), "a cough of the fan");
        assert!(gate.is_voice(-40.0, 0.02));
    }

    #[test]
    fn a_steady_noise_is_learned_and_a_steady_tone_is_not() {
        let mut gate = Gate::new();
        assert!(gate.is_voice(-48.0, 0.02));
        let heard = (0..1500).filter(|_| gate.is_voice(-48.0, 0.02)).count();
        assert!((200..1200).contains(&heard), "{heard} frames of 1500");
        assert!((0..5000).all(|_| gate.is_voice(-20.0, 0.02)));
    }
}
