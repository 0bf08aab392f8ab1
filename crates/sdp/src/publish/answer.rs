//! Writing an answer.

use motet_rtp::Mid;
use sdp_types::{Attribute, Media};

use super::offer::{Content, DraftSection, PublishDraft};
use super::{PublishSession, PublishedMedia};
use crate::extension::write_extensions;
use crate::format::{format_list, write_codec};
use crate::transport::Setup;
use crate::write::{Frame, rejected_section, section};

/// The answer to `draft` under the session's current credentials and version.
pub(super) fn write(session: &PublishSession, draft: &PublishDraft) -> String {
    let bundle: Vec<Mid> = draft
        .sections
        .iter()
        .filter(|section| matches!(section.content, Content::Agreed { .. }))
        .filter_map(|section| section.mid)
        .collect();
    let setup = draft.known_remote.own_setup();
    let carrier = bundle.first().copied();
    let sections = draft
        .sections
        .iter()
        .map(|section| {
            write_section(session, section, setup, section.mid.is_some() && section.mid == carrier)
        })
        .collect();
    let frame =
        Frame { session_id: session.session_id, version: session.version, bundle, is_mixed: draft.is_mixed };
    frame.write(sections)
}

fn write_section(session: &PublishSession, draft: &DraftSection, setup: Setup, is_carrier: bool) -> Media {
    let Content::Agreed { media, answer_fmtp, is_simulcast, is_receiving } = &draft.content else {
        return rejected_section(&draft.media, &draft.proto, &draft.formats.join(" "), draft.mid);
    };
    let PublishedMedia { mid, kind, rtp_parameters } = media;
    let formats = format_list(&rtp_parameters.codecs);
    let mut written = section(kind.as_str(), &draft.proto, &formats, *mid);
    session.local.write(&mut written, setup, is_carrier);
    let flag = |name: &str| Attribute::new(name);
    written.attributes.push(flag("rtcp-mux"));
    if rtp_parameters.reduced_size_rtcp {
        written.attributes.push(flag("rtcp-rsize"));
    }
    written.attributes.push(flag(if *is_receiving { "recvonly" } else { "inactive" }));
    write_extensions(&mut written, &rtp_parameters.header_extensions);
    for codec in &rtp_parameters.codecs {
        write_codec(&mut written, codec, answer_fmtp);
    }
    let rids = rtp_parameters.encodings.iter().filter_map(|encoding| encoding.rid);
    for rid in rids.filter(|_| *is_simulcast) {
        written.attributes.push(Attribute::with_value("rid", format!("{rid} recv")));
        written.attributes.push(Attribute::with_value("simulcast", format!("recv {rid}")));
    }
    written
}
