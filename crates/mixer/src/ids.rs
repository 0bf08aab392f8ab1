//! How a mixer calls what it is fed.

/// One stream of one participant, as its owner calls it. Audio and video have ids of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u64);

/// A participant, as the mixer's owner calls it. A member may have several sources, a microphone and a shared screen's
/// sound, and hears none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId(pub u64);
