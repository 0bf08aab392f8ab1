//! Allocate and Refresh (RFC 8656 sections 7 and 8).

use super::Script;
use crate::ask::{Ask, allocate, refresh, request};
use crate::servers::BERT;
use crate::talk::Talk;
use crate::wire::{Reader, attribute, method};

pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "requested transport", run: transports },
    Script { name: "lifetimes of Allocate", run: lifetimes },
    Script { name: "even ports", run: even_ports },
    Script { name: "reservations", run: reservations },
    Script { name: "requested family", run: requested_families },
    Script { name: "additional family", run: additional_families },
    Script { name: "don't fragment", run: dont_fragment },
    Script { name: "allocating twice", run: twice },
    Script { name: "refreshing", run: refreshing },
    Script { name: "refreshing a family", run: refreshing_a_family },
];

const TRANSPORT: u16 = attribute::REQUESTED_TRANSPORT;

fn transports(talk: &mut Talk) {
    let with = |value: &[u8]| request(method::ALLOCATE).with(TRANSPORT, value);
    talk.anew().ask("missing", request(method::ALLOCATE));
    talk.anew().ask("SCTP", with(&[132, 0, 0, 0]));
    talk.anew().ask("nothing known", with(&[0, 0, 0, 0]));
    talk.anew().ask("TCP from a client on UDP", with(&[6, 0, 0, 0]));
    talk.anew().ask("one byte", with(&[17]));
    talk.anew().ask("reserved bits set", with(&[17, 1, 2, 3]));
}

fn lifetimes(talk: &mut Talk) {
    let of = |lifetime_s: u32| allocate().with(attribute::LIFETIME, &lifetime_s.to_be_bytes());
    talk.anew().ask("none", allocate());
    talk.anew().ask("0", of(0));
    talk.anew().ask("1", of(1));
    talk.anew().ask("599", of(599));
    talk.anew().ask("601", of(601));
    talk.anew().ask("3600", of(3600));
    talk.anew().ask("3601", of(3601));
    talk.anew().ask("the most there is", of(u32::MAX));
    talk.anew().ask("two bytes", allocate().with(attribute::LIFETIME, &[2, 88]));
}

fn even_ports(talk: &mut Talk) {
    let with = |value: &[u8]| allocate().with(attribute::EVEN_PORT, value);
    talk.anew().ask("even", with(&[0]));
    talk.anew().ask("even, and the next one reserved", with(&[0x80]));
    talk.anew().ask("reserved bits set", with(&[0x7f]));
    talk.anew().ask("four bytes", with(&[0x80, 0, 0, 0]));
    talk.anew().ask("no byte", with(&[]));
}

fn with_token(token: &[u8]) -> Ask {
    allocate().with(attribute::RESERVATION_TOKEN, token)
}

/// Has an even port and the next one reserved.
fn reserve(talk: &mut Talk) -> Vec<u8> {
    let answer = talk.anew().ask("reserve", allocate().with(attribute::EVEN_PORT, &[0x80]));
    let token = answer.as_ref().and_then(|answer| answer.get(attribute::RESERVATION_TOKEN));
    token.unwrap_or(&[0; 8]).to_vec()
}

fn reservations(talk: &mut Talk) {
    let token = reserve(talk);
    let even = talk.relayed;
    talk.anew().ask("redeem", with_token(&token));
    let is_next = even.zip(talk.relayed).is_some_and(|(even, odd)| even.port() + 1 == odd.port());
    talk.note("the port", "is the one behind the even one", is_next);
    talk.anew().ask("redeem again", with_token(&token));
    talk.anew().ask("an unknown one", with_token(b"whatever"));
    talk.anew().ask("four bytes", with_token(b"what"));
    let token = reserve(talk);
    talk.anew().ask("with EVEN-PORT", with_token(&token).with(attribute::EVEN_PORT, &[0]));
    let family = [1, 0, 0, 0];
    talk.anew().ask("with a family", with_token(&token).with(attribute::REQUESTED_FAMILY, &family));
    talk.anew().ask("by somebody else", with_token(&token).by(BERT));
}

fn requested_families(talk: &mut Talk) {
    let with = |value: &[u8]| allocate().with(attribute::REQUESTED_FAMILY, value);
    talk.anew().ask("IPv4", with(&[1, 0, 0, 0]));
    talk.anew().ask("IPv6", with(&[2, 0, 0, 0]));
    talk.anew().ask("unknown", with(&[3, 0, 0, 0]));
    talk.anew().ask("zero", with(&[0, 0, 0, 0]));
    talk.anew().ask("one byte", with(&[1]));
    talk.anew().ask("IPv6, even", with(&[2, 0, 0, 0]).with(attribute::EVEN_PORT, &[0]));
}

fn additional_families(talk: &mut Talk) {
    let with = |value: &[u8]| allocate().with(attribute::ADDITIONAL_FAMILY, value);
    talk.anew().ask("IPv6", with(&[2, 0, 0, 0]));
    talk.anew().ask("IPv4", with(&[1, 0, 0, 0]));
    talk.anew().ask("unknown", with(&[3, 0, 0, 0]));
    let both = with(&[2, 0, 0, 0]).with(attribute::REQUESTED_FAMILY, &[1, 0, 0, 0]);
    talk.anew().ask("beside a requested one", both);
    let reserving = with(&[2, 0, 0, 0]).with(attribute::EVEN_PORT, &[0x80]);
    talk.anew().ask("with a port reserved", reserving);
    talk.anew().ask("with an even port", with(&[2, 0, 0, 0]).with(attribute::EVEN_PORT, &[0]));
}

fn dont_fragment(talk: &mut Talk) {
    talk.anew().ask("asked for", allocate().with(attribute::DONT_FRAGMENT, &[]));
    talk.anew().ask("with a value", allocate().with(attribute::DONT_FRAGMENT, &[1, 2, 3, 4]));
}

fn twice(talk: &mut Talk) {
    let port = |answer: Option<Reader>| {
        let answer = answer?;
        answer.get(attribute::RELAYED_ADDRESS).map(|value| answer.address(value))
    };
    let first = port(talk.ask("first", allocate()));
    let again = port(talk.ask("the same transaction", allocate().repeated()));
    talk.note("the same transaction", "is given the same address", first.is_some() && first == again);
    talk.ask("another transaction", allocate());
    talk.at_once(|talk| {
        talk.allocate().ask("its end", refresh(0));
        talk.ask("after its end", allocate());
    });
}

fn refreshing(talk: &mut Talk) {
    talk.allocate();
    talk.ask("no lifetime", request(method::REFRESH));
    talk.ask("1", refresh(1));
    talk.ask("1200", refresh(1200));
    talk.ask("the most there is", refresh(u32::MAX));
    talk.ask("two bytes", request(method::REFRESH).with(attribute::LIFETIME, &[2, 88]));
    talk.ask("with REQUESTED-TRANSPORT", refresh(600).with(TRANSPORT, &[17, 0, 0, 0]));
    talk.at_once(|talk| {
        talk.allocate().ask("0", refresh(0));
        talk.ask("0 again", refresh(0));
        talk.ask("600 afterwards", refresh(600));
    });
}

fn refreshing_a_family(talk: &mut Talk) {
    let family =
        |lifetime_s, family| refresh(lifetime_s).with(attribute::REQUESTED_FAMILY, &[family, 0, 0, 0]);
    talk.allocate();
    talk.ask("the one it has", family(600, 1));
    talk.ask("the one it lacks", family(600, 2));
    talk.ask("an unknown one", family(600, 3));
    talk.anew().ask("both", allocate().with(attribute::ADDITIONAL_FAMILY, &[2, 0, 0, 0]));
    talk.ask("the second one", family(600, 2));
    talk.ask("the second one to its end", family(0, 2));
    talk.ask("the second one afterwards", family(600, 2));
    talk.ask("what is left", refresh(600));
}
