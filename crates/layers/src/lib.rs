//! Which packets of a producer a consumer gets, and under which numbers: sequence and timestamp rewriting, and the
//! gate that holds video back until a keyframe.

mod gate;
mod rewriter;

pub use gate::{Admission, KeyFrameGate};
pub use rewriter::{Rewritten, StreamRewriter};
