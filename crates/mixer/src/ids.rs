//! How a mixer calls what it is fed.

/// One stream of one participant, as its owner calls it. Audio and video have ids of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u64);
