//! The differences that are known, and why they are there: the table of `docs/turn.md`, and where each shows.

use crate::judge::{ANY, Place};

/// One difference: its row in the page, and its places here. What does not show fails, and so does what is not in the page.
pub(crate) struct Difference {
    pub(crate) what: &'static str,
    pub(crate) coturn: &'static str,
    pub(crate) motet: &'static str,
    pub(crate) why: &'static str,
    pub(crate) places: &'static [Place<'static>],
}

const fn at(
    script: &'static str,
    step: &'static str,
    field: &'static str,
    coturn: &'static str,
    motet: &'static str,
) -> Place<'static> {
    Place { script, step, field, coturn, motet }
}

const fn outcome(
    script: &'static str,
    step: &'static str,
    coturn: &'static str,
    motet: &'static str,
) -> Place<'static> {
    at(script, step, crate::talk::OUTCOME, coturn, motet)
}

const fn relayed(step: &'static str, coturn: &'static str, motet: &'static str) -> Place<'static> {
    at("after the end", step, crate::talk::RELAYED, coturn, motet)
}

/// A step of the script with peers that the internet has no business with.
const fn refused(step: &'static str) -> Place<'static> {
    outcome("peers that are nobody's business", step, "success", "403")
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        what: "SOFTWARE",
        coturn: "in every answer, with its version (`no-software-attribute` hides it)",
        motet: "in none",
        why: "RFC 8489 section 14.14 asks for none, and a version tells strangers what to try",
        places: &[at(ANY, ANY, "SOFTWARE", "given", "-")],
    },
    Difference {
        what: "What Binding is answered with",
        coturn: "MAPPED-ADDRESS and RESPONSE-ORIGIN too",
        motet: "XOR-MAPPED-ADDRESS",
        why: "RFC 8489 section 6.3.1.1 asks for no more, and what strangers can have sent elsewhere should be short",
        places: &[
            at(ANY, ANY, "MAPPED-ADDRESS", "given", "-"),
            at(ANY, ANY, "RESPONSE-ORIGIN", "given", "-"),
        ],
    },
    Difference {
        what: "An attribute that is longer than its message",
        coturn: "cut off, the rest is answered",
        motet: "nothing",
        why: "RFC 8489 section 6.3: what is not well-formed is discarded silently",
        places: &[outcome("malformed", "an attribute longer than the message", "success", "nothing")],
    },
    Difference {
        what: "A method that nobody knows, and Send and Data as requests",
        coturn: "401",
        motet: "nothing",
        why: "RFC 8489 section 6.3: an unknown method, or a class that a method does not have, is discarded silently",
        places: &[
            outcome("unknown methods and classes", "unknown request", "401", "nothing"),
            outcome("unknown methods and classes", "Send as a request", "401", "nothing"),
            outcome("unknown methods and classes", "Data as a request", "401", "nothing"),
        ],
    },
    Difference {
        what: "An unknown attribute that comes twice",
        coturn: "named twice in UNKNOWN-ATTRIBUTES",
        motet: "named once",
        why: "RFC 8489 section 14.13 wants a list of what was not understood; repeating only makes answers longer",
        places: &[at(
            "unknown attributes",
            "one required twice, in Binding",
            "UNKNOWN-ATTRIBUTES",
            "0x7f01 0x7f01",
            "0x7f01",
        )],
    },
    Difference {
        what: "A known attribute in a request that has no use for it",
        coturn: "420",
        motet: "ignored",
        why: "RFC 8489 section 6.3: known but unexpected attributes are ignored",
        places: &[outcome("refreshing", "with REQUESTED-TRANSPORT", "420", "success")],
    },
    Difference {
        what: "Attributes behind MESSAGE-INTEGRITY",
        coturn: "obeyed like any other",
        motet: "ignored",
        why: "RFC 8489 section 14.5: nothing vouches for them, so that anyone on the way could have put them there",
        places: &[
            at("integrity", "LIFETIME behind it", "LIFETIME", "1200", "600"),
            outcome("integrity", "an unknown attribute behind it", "420", "success"),
        ],
    },
    Difference {
        what: "RFC 8489's password algorithms",
        coturn: "not known: PASSWORD-ALGORITHM is 420, USERHASH is no name (400)",
        motet: "SHA-256 and MD5 are offered in PASSWORD-ALGORITHMS; USERHASH is understood",
        why: "RFC 8489 sections 9.2.4 and 14.11; clients of RFC 5389 skip the offer, which they need not understand",
        places: &[
            at(ANY, ANY, "PASSWORD-ALGORITHMS", "-", "given"),
            outcome("RFC 8489's algorithms", "PASSWORD-ALGORITHM alone", "420", "400"),
            outcome("RFC 8489's algorithms", "MD5 of what is offered", "420", "success"),
            outcome("RFC 8489's algorithms", "USERHASH of nobody", "400", "401"),
        ],
    },
    Difference {
        what: "Another user or realm than before, with credentials that are wrong",
        coturn: "441, or 437 to Allocate: names are compared first",
        motet: "401",
        why: "RFC 8489 section 9.2.4: whoever is not who they say is told just that; RFC 8656 section 5 has 441 for others who are",
        places: &[
            outcome("integrity", "a second USERNAME before it", "441", "401"),
            outcome("credentials", "another realm", "437", "401"),
            outcome("credentials", "another realm on an allocation", "441", "401"),
            outcome("credentials", "an unknown user on an allocation", "441", "401"),
        ],
    },
    Difference {
        what: "A second try under another name, after an unknown one",
        coturn: "437 until the client takes another port",
        motet: "as good as a first try",
        why: "RFC 8656 section 7.2 has 437 for clients that have an allocation",
        places: &[outcome("credentials", "then a known one", "437", "success")],
    },
    Difference {
        what: "Errors to somebody who is known but may not (437, 441), and to ConnectionBind",
        coturn: "without MESSAGE-INTEGRITY",
        motet: "with it",
        why: "RFC 8489 section 9.2.4: once a request is authentic, answers are signed too",
        places: &[
            at("somebody else's allocation", ANY, "MESSAGE-INTEGRITY", "-", "right"),
            at(
                "an allocation by time-limited credentials",
                "by another participant",
                "MESSAGE-INTEGRITY",
                "-",
                "right",
            ),
            at("allocating twice", "another transaction", "MESSAGE-INTEGRITY", "-", "right"),
            at(ANY, "ConnectionBind", "MESSAGE-INTEGRITY", "-", "right"),
            at(
                "connections to peers",
                "ConnectionBind on the same connection",
                "MESSAGE-INTEGRITY",
                "-",
                "right",
            ),
        ],
    },
    Difference {
        what: "Time-limited usernames that end in their time, as NAME:TIME",
        coturn: "as good as TIME:NAME",
        motet: "401",
        why: "draft-uberti-behave-turn-rest-00 section 2.2 has the time first",
        places: &[outcome("time-limited credentials", "the time behind the name", "success", "401")],
    },
    Difference {
        what: "CreatePermission, ChannelBind and Connect without an allocation",
        coturn: "400, 400 and 403",
        motet: "437",
        why: "RFC 8656 section 5, RFC 6062 section 5.2",
        places: &[
            outcome("no allocation", "CreatePermission", "400", "437"),
            outcome("no allocation", "ChannelBind", "400", "437"),
            outcome("no allocation", "Connect", "403", "437"),
            outcome("connections to peers", "Connect without an allocation", "403", "437"),
        ],
    },
    Difference {
        what: "Connect with an allocation that relays UDP, ChannelBind with one that relays TCP",
        coturn: "403",
        motet: "400",
        why: "RFC 6062 section 5.2 has 403 for peers that may not be reached, which these may; it names no code for this",
        places: &[
            outcome("connections of a UDP allocation", "Connect", "403", "400"),
            outcome("connections to peers", "a channel", "403", "400"),
        ],
    },
    Difference {
        what: "ConnectionBind of a connection that is not there, or not any more",
        coturn: "nothing, and the client's connection is closed",
        motet: "400",
        why: "RFC 6062 section 5.4",
        places: &[
            outcome("connections to peers", "ConnectionBind without an id", "nothing", "400"),
            outcome("connections to peers", "ConnectionBind of an unknown id", "nothing", "400"),
            outcome("connections to peers", "ConnectionBind again", "nothing", "400"),
        ],
    },
    Difference {
        what: "A REQUESTED-TRANSPORT that is neither UDP nor TCP",
        coturn: "400",
        motet: "442",
        why: "RFC 8656 section 7.2",
        places: &[
            outcome("requested transport", "SCTP", "400", "442"),
            outcome("requested transport", "nothing known", "400", "442"),
        ],
    },
    Difference {
        what: "Attributes of a wrong length",
        coturn: "mostly taken for something: EVEN-PORT, CHANNEL-NUMBER, half an address; 440 for a family",
        motet: "400",
        why: "RFC 8656 sections 18.1 to 18.7 give the lengths; what is guessed may be what nobody meant",
        places: &[
            outcome("even ports", "four bytes", "success", "400"),
            outcome("even ports", "no byte", "success", "400"),
            outcome("requested family", "one byte", "440", "400"),
            outcome("channel numbers", "two bytes of a number", "success", "400"),
            outcome("permissions", "half an address", "success", "400"),
            outcome("permissions", "an unknown family", "success", "400"),
        ],
    },
    Difference {
        what: "A RESERVATION-TOKEN that is unknown or was redeemed",
        coturn: "404",
        motet: "508",
        why: "RFC 8656 section 7.2; TURN has no 404",
        places: &[
            outcome("reservations", "redeem again", "404", "508"),
            outcome("reservations", "an unknown one", "404", "508"),
        ],
    },
    Difference {
        what: "A RESERVATION-TOKEN that was given to another user",
        coturn: "redeemed",
        motet: "508",
        why: "RFC 8656 section 7.2 lets the server find a token invalid; a port that somebody paid for with a quota is theirs",
        places: &[outcome("reservations", "by somebody else", "success", "508")],
    },
    Difference {
        what: "ADDITIONAL-ADDRESS-FAMILY",
        coturn: "not known by its number (a draft's number is), and so ignored: one address, whatever it says",
        motet: "an address of each family; 400 where it makes no sense",
        why: "RFC 8656 sections 7.2 and 18.11",
        places: &[
            at("additional family", "IPv6", "XOR-RELAYED-ADDRESS", "127.0.0.1", "127.0.0.1, ::1"),
            at(
                "additional family",
                "with an even port",
                "XOR-RELAYED-ADDRESS",
                "127.0.0.1 even",
                "127.0.0.1 even, ::1 even",
            ),
            outcome("additional family", "IPv4", "success", "400"),
            outcome("additional family", "unknown", "success", "400"),
            outcome("additional family", "beside a requested one", "success", "400"),
            outcome("additional family", "with a port reserved", "success", "400"),
            at("refreshing a family", "both", "XOR-RELAYED-ADDRESS", "127.0.0.1", "127.0.0.1, ::1"),
            outcome("refreshing a family", "the second one", "443", "success"),
            outcome("refreshing a family", "the second one to its end", "443", "success"),
        ],
    },
    Difference {
        what: "An allocation after Refresh with LIFETIME 0",
        coturn: "is there for another second: it relays, can be refreshed back to life, and stands in the way of the next",
        motet: "is gone",
        why: "RFC 8656 section 8.2: with a lifetime of 0 it is deleted, and a repeated request is answered 437",
        places: &[
            outcome("refreshing", "0 again", "success", "437"),
            outcome("refreshing", "600 afterwards", "success", "437"),
            outcome("allocating twice", "after its end", "437", "success"),
            relayed("channel data", "hello", "nothing"),
            relayed("Send", "hello", "nothing"),
            relayed("its peer", "hi on channel 0x4000", "nothing"),
        ],
    },
    Difference {
        what: "Peers in private networks, on a link, behind a carrier's NAT, a cloud's metadata, broadcast",
        coturn: "relayed to, unless `denied-peer-ip` names them",
        motet: "403, unless `turn_allow_peer` names them",
        why: "RFC 8656 section 10.2 leaves it to the server, and section 21.2 says what is at stake: a relay inside a network is a way past its firewall",
        places: &[
            refused("a private network"),
            refused("a home's network"),
            refused("a carrier's NAT"),
            refused("a link"),
            refused("a cloud's metadata"),
            refused("broadcast"),
            refused("a unique local address"),
            refused("an IPv6 link"),
        ],
    },
    Difference {
        what: "Multicast peers",
        coturn: "relayed to, unless `no-multicast-peers` is set",
        motet: "403, always",
        why: "a relay that multiplies packets is a weapon; RFC 8656 section 10.2 lets the server refuse peers",
        places: &[refused("multicast"), refused("IPv6 multicast")],
    },
    Difference {
        what: "Peers under another name: IPv4-mapped IPv6, and loopback behind NAT64",
        coturn: "relayed to",
        motet: "403",
        why: "RFC 8656 section 10.2; a peer that is refused is refused by all its names",
        places: &[
            outcome("permissions of an IPv6 allocation", "an IPv4 peer in IPv6's clothes", "success", "403"),
            refused("loopback behind NAT64"),
        ],
    },
    Difference {
        what: "The server's own listening port as a peer",
        coturn: "relayed to",
        motet: "403",
        why: "RFC 8656 section 21.1.7: a relay that reaches its own server can be made to send in circles",
        places: &[refused("the server's own port")],
    },
    Difference {
        what: "A channel to port 0",
        coturn: "400",
        motet: "403",
        why: "RFC 8656 section 12.2 has 403 for peers that policy refuses; nobody can be reached there",
        places: &[outcome("channels", "port 0", "400", "403")],
    },
    Difference {
        what: "Bytes behind the end of channel data in a datagram, more than padding",
        coturn: "nothing is relayed",
        motet: "what the length says is relayed",
        why: "RFC 8656 section 12.6 discards what is shorter than it says, and nothing else",
        places: &[at("channel data", "bytes behind it", crate::talk::RELAYED, "nothing", "hello")],
    },
];
