//! Credentials that a secret signs for a time (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`).

use super::Script;
use crate::ask::{allocate, refresh};
use crate::servers::{Account, PARTICIPANT};
use crate::talk::Talk;

pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "time-limited credentials", run: usernames },
    Script { name: "an allocation by time-limited credentials", run: one_allocation },
];

/// The passwords are `printf USER | openssl dgst -sha1 -hmac oracle-secret -binary | base64`; times are in 2036 and
/// 2001; coturn takes those that do not fit in 31 bits for past.
const OTHER: Account = Account { user: "2100000000:p1:more", password: "XJs88PDiGr9bEQGugNhizUgU0Xs=" };
const NOBODYS: Account = Account { user: "2100000000", password: "bcXc+h3Sm7j4NkpnhDS1MHLbLOA=" };
const EMPTY: Account = Account { user: "2100000000:", password: "ojusVf7/TTLX+HaI5pPvUfSowz8=" };
const EXPIRED: Account = Account { user: "1000000000:p1", password: "BOpOupX2t2qF00giHSBjgK0UBzw=" };
const WITHOUT_TIME: Account = Account { user: "p1", password: "R70wkjnxbe9IAeT9WfiSK17Vv1Q=" };
const TURNED_ROUND: Account = Account { user: "p1:2100000000", password: "qL6haQmtXWYeAJRk1QA8Iq33DSs=" };
/// Signed with another secret.
const FORGED: Account = Account { password: "XeAs8BTgLEmjHZ0h9/7K3cRknAk=", ..PARTICIPANT };

fn usernames(talk: &mut Talk) {
    talk.anew().ask("good", allocate().by(PARTICIPANT));
    talk.anew().ask("two colons", allocate().by(OTHER));
    talk.anew().ask("a time alone", allocate().by(NOBODYS));
    talk.anew().ask("a time and a colon", allocate().by(EMPTY));
    talk.anew().ask("expired", allocate().by(EXPIRED));
    talk.anew().ask("no time", allocate().by(WITHOUT_TIME));
    talk.anew().ask("the time behind the name", allocate().by(TURNED_ROUND));
    talk.anew().ask("another secret", allocate().by(FORGED));
}

fn one_allocation(talk: &mut Talk) {
    talk.ask("allocate", allocate().by(PARTICIPANT));
    talk.ask("refresh", refresh(600).by(PARTICIPANT));
    talk.ask("by another participant", refresh(600).by(OTHER));
    talk.ask("by another secret", refresh(600).by(FORGED));
}
