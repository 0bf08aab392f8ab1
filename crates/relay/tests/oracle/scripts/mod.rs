//! What both servers are asked, in the order of RFC 8489 and RFC 8656.

mod allocations;
mod authentication;
mod messages;
mod peers;
mod relaying;
mod streams;
mod time_limited;

use crate::servers::Users;
use crate::talk::Talk;

/// Steps that belong together: they may use one allocation.
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Talk),
}

/// All that are for servers with these users.
pub(crate) fn of(users: Users) -> impl Iterator<Item = &'static Script> {
    let scripts: &[&[Script]] = match users {
        Users::Lasting => &[
            messages::SCRIPTS,
            authentication::SCRIPTS,
            allocations::SCRIPTS,
            peers::SCRIPTS,
            relaying::SCRIPTS,
            streams::SCRIPTS,
        ],
        Users::TimeLimited => &[time_limited::SCRIPTS],
    };
    scripts.iter().copied().flatten()
}
