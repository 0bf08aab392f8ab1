//! Descriptions as text: what the answers of one session and the offers of the other have in common.

use std::net::IpAddr;

use motet_rtp::Mid;
use sdp_types::{Attribute, Media, Origin, Session};

use crate::transport::unspecified_connection;

/// The port that stands in `m=` beside candidates (RFC 8840 section 4.1.1).
const DISCARD_PORT: u16 = 9;

/// The session's own part.
pub(crate) struct Frame {
    pub(crate) session_id: u64,
    pub(crate) version: u64,
    /// Sections that share the transport, in order.
    pub(crate) bundle: Vec<Mid>,
    /// `a=extmap-allow-mixed` (RFC 8285 section 6).
    pub(crate) is_mixed: bool,
}

impl Frame {
    pub(crate) fn write(self, sections: Vec<Media>) -> String {
        // Some peers read `o=`'s session id as a signed number (RFC 8829 section 5.2.1 keeps the top bit clear).
        let id = self.session_id & (u64::MAX >> 1);
        let mut session = Session::new(Origin::with_ip_addr(id, self.version, LOOPBACK), "-");
        session.attributes.push(Attribute::new("ice-lite"));
        if !self.bundle.is_empty() {
            let mids: Vec<&str> = self.bundle.iter().map(Mid::as_str).collect();
            session.attributes.push(Attribute::with_value("group", format!("BUNDLE {}", mids.join(" "))));
        }
        if self.is_mixed {
            session.attributes.push(Attribute::new("extmap-allow-mixed"));
        }
        session.attributes.push(Attribute::with_value("msid-semantic", "WMS *"));
        session.medias = sections;
        let mut bytes = Vec::new();
        session.write(&mut bytes).expect("writing into memory does not fail");
        String::from_utf8(bytes).expect("all parts are text")
    }
}

/// RFC 8829 section 5.2.1 asks for an address that says nothing.
const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// A section in use.
pub(crate) fn section(kind: &str, proto: &str, formats: &str, mid: Mid) -> Media {
    let mut media = bare_section(kind, proto, formats, Some(mid));
    media.port = DISCARD_PORT;
    media
}

/// A section out of use: port 0 (RFC 8829 section 5.3.1).
pub(crate) fn rejected_section(kind: &str, proto: &str, formats: &str, mid: Option<Mid>) -> Media {
    let mut media = bare_section(kind, proto, formats, mid);
    media.attributes.push(Attribute::new("inactive"));
    media
}

fn bare_section(kind: &str, proto: &str, formats: &str, mid: Option<Mid>) -> Media {
    Media {
        media: kind.to_owned(),
        port: 0,
        num_ports: None,
        proto: proto.to_owned(),
        fmt: formats.to_owned(),
        media_title: None,
        connections: vec![unspecified_connection()],
        bandwidths: Vec::new(),
        key: None,
        attributes: mid.map(|mid| Attribute::with_value("mid", mid)).into_iter().collect(),
    }
}
