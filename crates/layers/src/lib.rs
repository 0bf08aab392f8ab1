//! Which packets of a producer a consumer gets, and under which numbers: sequence, timestamp and frame numbers are rewritten, and a
//! gate holds video back until a keyframe.

mod frame_numbers;
mod gate;
mod rewriter;

pub use frame_numbers::{FrameNumber, FrameNumberer};
pub use gate::{Admission, KeyFrameGate};
pub use rewriter::{Rewritten, StreamRewriter};
