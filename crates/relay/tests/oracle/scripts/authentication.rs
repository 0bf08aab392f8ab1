//! Long-term credentials (RFC 8489 section 9.2), asked of Allocate and of an allocation.

use super::Script;
use crate::ask::{allocate, bind, permit, refresh, request};
use crate::servers::{ANNA, Account, BERT};
use crate::talk::Talk;
use crate::wire::{attribute, method};

const STRANGER: Account = Account { user: "zoe", password: "correct-horse" };
const MISTAKEN: Account = Account { user: ANNA.user, password: "wrong-horse" };

pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "credentials", run: credentials },
    Script { name: "credentials in part", run: in_part },
    Script { name: "somebody else's allocation", run: somebody_elses },
    Script { name: "no allocation", run: no_allocation },
    Script { name: "RFC 8489's algorithms", run: algorithms },
];

fn credentials(talk: &mut Talk) {
    talk.ask("none", allocate().unsigned());
    talk.ask("none, in Refresh", refresh(600).unsigned());
    talk.anew().ask("another realm", allocate().in_realm("elsewhere"));
    talk.anew().ask("a wrong password", allocate().by(MISTAKEN));
    talk.ask("then the right one", allocate());
    talk.anew().ask("an unknown user", allocate().by(STRANGER));
    talk.ask("then a known one", allocate());
    talk.anew().ask("a stale nonce", allocate().with_stale_nonce());
    talk.anew().ask("a stale nonce and a wrong password", allocate().by(MISTAKEN).with_stale_nonce());
    talk.anew().ask("good", allocate());
    talk.ask("a stale nonce on an allocation", refresh(600).with_stale_nonce());
    talk.ask("a wrong password on an allocation", refresh(600).by(MISTAKEN));
    talk.ask("another realm on an allocation", refresh(600).in_realm("elsewhere"));
    talk.ask("an unknown user on an allocation", refresh(600).by(STRANGER));
}

fn in_part(talk: &mut Talk) {
    talk.anew().ask("no USERNAME", allocate().without(attribute::USERNAME));
    talk.anew().ask("no REALM", allocate().without(attribute::REALM));
    talk.anew().ask("no NONCE", allocate().without(attribute::NONCE));
    talk.anew().ask("no MESSAGE-INTEGRITY", allocate().without(attribute::INTEGRITY));
    talk.anew().ask("an empty USERNAME", allocate().by(Account { user: "", password: "" }));
}

fn somebody_elses(talk: &mut Talk) {
    talk.allocate();
    let peer = talk.one();
    talk.ask("Refresh", refresh(0).by(BERT));
    talk.ask("CreatePermission", permit(&[peer]).by(BERT));
    talk.ask("ChannelBind", bind(0x4000, peer).by(BERT));
    talk.ask("Allocate", allocate().by(BERT));
    talk.ask("still there", refresh(600));
}

fn no_allocation(talk: &mut Talk) {
    let peer = talk.one();
    talk.ask("Refresh", refresh(600));
    talk.ask("Refresh of 0", refresh(0));
    talk.ask("CreatePermission", permit(&[peer]));
    talk.ask("ChannelBind", bind(0x4000, peer));
    talk.ask("Connect", request(method::CONNECT).with_peer(peer));
    talk.ask(
        "ConnectionBind",
        request(method::CONNECTION_BIND).with(attribute::CONNECTION_ID, &[0, 0, 0, 1]),
    );
}

/// PASSWORD-ALGORITHM without the offer that it answers, and USERHASH of nobody.
fn algorithms(talk: &mut Talk) {
    talk.ask("PASSWORD-ALGORITHM alone", allocate().with(attribute::PASSWORD_ALGORITHM, &[0, 1, 0, 0]));
    let offer = [0, 2, 0, 0, 0, 1, 0, 0];
    let md5 = allocate().with(attribute::PASSWORD_ALGORITHMS, &offer);
    talk.ask("MD5 of what is offered", md5.with(attribute::PASSWORD_ALGORITHM, &[0, 1, 0, 0]));
    let hashed = refresh(600).without(attribute::USERNAME).with(attribute::USERHASH, &[7; 32]);
    talk.ask("USERHASH of nobody", hashed);
}
