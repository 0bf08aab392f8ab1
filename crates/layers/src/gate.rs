//! The gate in front of a video consumer: nothing passes before a keyframe.

/// Closed until the start of a keyframe passes; then open until closed again (pause, switch, a decoder that lost it).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct KeyFrameGate {
    is_open: bool,
}

/// What the gate says about a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Not forwarded: no keyframe has started yet.
    Refused,
    /// Forwarded, and the first since the gate was closed: tell the rewriter first, by `resume` or `switch_source`.
    Opened,
    /// Forwarded.
    Passed,
}

impl KeyFrameGate {
    /// A closed gate.
    pub const fn new() -> Self {
        Self { is_open: false }
    }

    /// Closes the gate: on pause, resume or a switch of source.
    pub fn close(&mut self) {
        self.is_open = false;
    }

    /// Judges the next packet; `is_keyframe_start` is whether it is the first of a keyframe.
    pub fn admit(&mut self, is_keyframe_start: bool) -> Admission {
        match (self.is_open, is_keyframe_start) {
            (true, _) => Admission::Passed,
            (false, true) => {
                self.is_open = true;
                Admission::Opened
            }
            (false, false) => Admission::Refused,
        }
    }

    /// True until a keyframe has opened the gate: keep asking the producer for one.
    pub const fn wants_keyframe(&self) -> bool {
        !self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_passes_before_a_keyframe_starts() {
        let mut gate = KeyFrameGate::new();
        assert!(gate.wants_keyframe());
        assert_eq!(gate.admit(false), Admission::Refused);
        assert!(gate.wants_keyframe());
        assert_eq!(gate.admit(true), Admission::Opened);
        assert!(!gate.wants_keyframe());
    }

    #[test]
    fn everything_passes_after_a_keyframe_started_until_closed() {
        let mut gate = KeyFrameGate::new();
        gate.admit(true);
        assert_eq!(gate.admit(false), Admission::Passed);
        assert_eq!(gate.admit(true), Admission::Passed);
        gate.close();
        assert_eq!(gate.admit(false), Admission::Refused);
    }
}
