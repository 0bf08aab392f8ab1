//! What both servers are asked, in the order of RFC 8489 and RFC 8656.

mod allocations;
mod authentication;
mod messages;
mod peers;
mod relaying;

use crate::talk::Talk;

/// Steps that belong together: they may use one allocation.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Talk),
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Script> {
    [messages::SCRIPTS, authentication::SCRIPTS, allocations::SCRIPTS, peers::SCRIPTS, relaying::SCRIPTS]
        .into_iter()
        .flatten()
}
