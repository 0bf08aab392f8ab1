//! Send, Data and channel data (RFC 8656 sections 11 and 12.4 to 12.7).

use super::Script;
use crate::ask::{allocate, bind, indication, permit, refresh, send};
use crate::talk::Talk;
use crate::wire::{attribute, channel_data, method};

pub(crate) const SCRIPTS: &[Script] = &[
    Script { name: "Send and Data", run: indications },
    Script { name: "channel data", run: over_channels },
    Script { name: "IPv6 peers", run: ipv6 },
    Script { name: "after the end", run: after_the_end },
];

fn indications(talk: &mut Talk) {
    let (one, other) = (talk.one(), talk.other());
    let hello = talk.write(&send(one, b"hello"));
    talk.relay("Send without an allocation", &hello, one);
    talk.allocate();
    talk.relay("Send without a permission", &hello, one);
    talk.hear("a peer without a permission", one, b"hi");
    talk.ask("permit", permit(&[one]));
    talk.relay("Send", &hello, one);
    let to_other = talk.write(&send(other, b"hello"));
    talk.relay("Send to another port of its address", &to_other, other);
    talk.hear("a peer", one, b"hi");
    talk.hear("another port of its address", other, b"hi");
    let empty = talk.write(&send(one, b""));
    talk.relay("Send of no bytes", &empty, one);
    let no_data = talk.write(&indication(method::SEND).with_peer(one));
    talk.relay("Send without DATA", &no_data, one);
    let no_peer = talk.write(&indication(method::SEND).with(attribute::DATA, b"hello"));
    talk.relay("Send without a peer", &no_peer, one);
    let unknown = talk.write(&send(one, b"hello").with(0x7f01, b"what"));
    talk.relay("Send with an unknown attribute", &unknown, one);
    let wrong = talk.write(&send(one, b"hello").with_wrong_fingerprint());
    talk.relay("Send with a wrong fingerprint", &wrong, one);
    let right = talk.write(&send(one, b"hello").with_fingerprint());
    talk.relay("Send with a fingerprint", &right, one);
}

fn over_channels(talk: &mut Talk) {
    let (one, other) = (talk.one(), talk.other());
    talk.relay("without an allocation", &channel_data(0x4000, b"hello"), one);
    talk.allocate();
    talk.ask("bind", bind(0x4000, one));
    talk.relay("bound", &channel_data(0x4000, b"hello"), one);
    talk.relay("not bound", &channel_data(0x4001, b"hello"), one);
    talk.relay("no number of a channel", &channel_data(0x7fff, b"hello"), one);
    talk.hear("its peer", one, b"hi");
    talk.hear("another port of its address", other, b"hi");
    let hello = talk.write(&send(one, b"hello"));
    talk.relay("Send to its peer", &hello, one);
    let hello = talk.write(&send(other, b"hello"));
    talk.relay("Send to another port, by its permission", &hello, other);
    talk.relay("no bytes", &channel_data(0x4000, b""), one);
    let padded = [channel_data(0x4000, b"hello"), vec![0; 3]].concat();
    talk.relay("padded", &padded, one);
    let longer = [channel_data(0x4000, b"hello"), b"and more than padding".to_vec()].concat();
    talk.relay("bytes behind it", &longer, one);
    let whole = channel_data(0x4000, b"hello");
    talk.relay("shorter than it says", &whole[..whole.len() - 2], one);
    talk.relay("half a header", &whole[..2], one);
}

fn ipv6(talk: &mut Talk) {
    let ipv6 = talk.ipv6();
    talk.ask("allocate", allocate().with(attribute::REQUESTED_FAMILY, &[2, 0, 0, 0]));
    talk.ask("permit", permit(&[ipv6]));
    let hello = talk.write(&send(ipv6, b"hello"));
    talk.relay("Send", &hello, ipv6);
    talk.hear("its peer", ipv6, b"hi");
    talk.ask("bind", bind(0x4000, ipv6));
    talk.relay("channel data", &channel_data(0x4000, b"hello"), ipv6);
    talk.hear("its peer, on a channel", ipv6, b"hi");
}

fn after_the_end(talk: &mut Talk) {
    let one = talk.one();
    talk.at_once(|talk| {
        end(talk);
        talk.relay("channel data", &channel_data(0x4000, b"hello"), one);
    });
    talk.at_once(|talk| {
        end(talk);
        let hello = talk.write(&send(one, b"hello"));
        talk.relay("Send", &hello, one);
    });
    talk.at_once(|talk| {
        end(talk);
        talk.hear("its peer", one, b"hi");
    });
}

fn end(talk: &mut Talk) {
    let one = talk.one();
    talk.allocate().ask("bind", bind(0x4000, one));
    talk.ask("end", refresh(0));
}
