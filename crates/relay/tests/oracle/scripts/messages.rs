//! Messages, well-formed and not, and Binding (RFC 8489).

use super::Script;
use crate::ask::{allocate, binding, indication, refresh, request, success};
use crate::talk::Talk;
use crate::wire::{attribute, method};

/// Comprehension-required, and assigned to nobody.
const UNKNOWN: u16 = 0x7f01;
const UNKNOWN_TOO: u16 = 0x7f02;
/// Comprehension-optional, and assigned to nobody.
const OPTIONAL: u16 = 0xff01;

pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "binding", run: bindings },
    Script { name: "unknown attributes", run: unknown_attributes },
    Script { name: "unknown methods and classes", run: unknown_methods },
    Script { name: "fingerprints", run: fingerprints },
    Script { name: "integrity", run: integrity },
    Script { name: "malformed", run: malformed },
];

fn bindings(talk: &mut Talk) {
    talk.ask("plain", binding());
    talk.ask("with SOFTWARE", binding().with(attribute::SOFTWARE, b"oracle"));
    talk.ask("with credentials", request(method::BINDING));
    talk.ask("as an indication", indication(method::BINDING));
    talk.allocate();
    talk.ask("beside an allocation", binding());
}

fn unknown_attributes(talk: &mut Talk) {
    talk.ask("required, in Binding", binding().with(UNKNOWN, b"what"));
    talk.ask("two required, in Binding", binding().with(UNKNOWN, b"what").with(UNKNOWN_TOO, b"what"));
    talk.ask("one required twice, in Binding", binding().with(UNKNOWN, b"what").with(UNKNOWN, b"what"));
    talk.ask("optional, in Binding", binding().with(OPTIONAL, b"what"));
    talk.ask("required, in Allocate", allocate().with(UNKNOWN, b"what"));
    talk.ask("required, without credentials", allocate().with(UNKNOWN, b"what").unsigned());
    talk.ask("optional, in Allocate", allocate().with(OPTIONAL, b"what"));
    talk.ask("required, in Refresh", refresh(600).with(UNKNOWN, b"what"));
}

fn unknown_methods(talk: &mut Talk) {
    talk.ask("unknown request", request(method::UNKNOWN).unsigned());
    talk.ask("unknown indication", indication(method::UNKNOWN));
    talk.ask("Send as a request", request(method::SEND).unsigned());
    talk.ask("Data as a request", request(method::DATA).unsigned());
    talk.ask("Allocate as an indication", indication(method::ALLOCATE));
    talk.ask("a success out of nowhere", success(method::BINDING));
}

fn fingerprints(talk: &mut Talk) {
    talk.ask("right, in Binding", binding().with_fingerprint());
    talk.ask("wrong, in Binding", binding().with_wrong_fingerprint());
    talk.ask("right, without credentials", allocate().unsigned().with_fingerprint());
    talk.ask("wrong, in Allocate", allocate().unsigned().with_wrong_fingerprint());
    talk.ask("right, in Allocate", allocate().with_fingerprint());
    talk.ask("none afterwards", refresh(600));
    let mut bytes = talk.write(&binding().with_fingerprint());
    bytes[3] += 8;
    bytes.extend([0x80, 0x22, 0, 4, b'l', b'a', b's', b't']);
    talk.ask_raw("not the last attribute", &bytes);
}

fn integrity(talk: &mut Talk) {
    talk.ask("wrong", allocate().tampered());
    talk.ask("right", allocate());
    talk.ask("wrong, in Refresh", refresh(600).tampered());
    talk.ask("none, in Refresh", refresh(600).unsigned());
    // Behind the integrity nobody vouches for a lifetime: the allocation gets the default.
    let unvouched = 1200_u32.to_be_bytes();
    talk.ask("LIFETIME behind it", request(method::REFRESH).with_behind(attribute::LIFETIME, &unvouched));
    talk.ask("an unknown attribute behind it", refresh(600).with_behind(UNKNOWN, b"what"));
    talk.ask("a second USERNAME before it", refresh(600).with(attribute::USERNAME, b"bert"));
}

fn malformed(talk: &mut Talk) {
    let whole = talk.write(&binding().with(attribute::SOFTWARE, b"oracle"));
    talk.ask_raw("an attribute that ends too early", &whole[..whole.len() - 4]);
    talk.ask_raw("half a header", &whole[..10]);
    talk.ask_raw("bytes behind the message", &[&whole[..], b"more"].concat());
    let mut lying = whole.clone();
    lying[23] = 200;
    talk.ask_raw("an attribute longer than the message", &lying);
    let mut odd = whole.clone();
    odd[3] += 1;
    odd.push(0);
    talk.ask_raw("a length that four does not divide", &odd);
    let mut old = talk.write(&binding());
    old[4] = 0;
    talk.ask_raw("no magic cookie (RFC 3489)", &old);
    talk.ask_raw("no bytes", &[]);
    let mut upper = talk.write(&binding());
    upper[0] |= 0x80;
    talk.ask_raw("the upper bits set", &upper);
}
