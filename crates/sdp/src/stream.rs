//! The streams that a peer sends in a media section: SSRCs and their groups (RFC 5576), RIDs and simulcast (RFC 8851, 8853).

use std::collections::BTreeSet;

use motet_control::Encoding;
use motet_rtp::{Rid, Ssrc};

use crate::description::Section;
use crate::error::{Checked, Fault};

/// What a section says of its streams.
pub(crate) struct Streams {
    /// The one encoding that is taken of them.
    pub(crate) encoding: Encoding,
    /// The canonical name, empty where none is signaled.
    pub(crate) cname: String,
}

/// Reads the streams and takes one encoding: the last of a simulcast that does not start paused. Where a page sets no
/// scale the last is the full size (W3C WebRTC, addTransceiver). `with_rid` tells whether packets will carry their RID; without, a RID means nothing.
pub(crate) fn read_streams(section: &Section, with_rid: bool) -> Checked<Streams> {
    let sources = read_sources(section)?;
    let repairs = read_groups(section, "FID")?;
    let rid = if with_rid { read_rid(section)? } else { None };
    let protections = read_groups(section, "FEC-FR")?;
    let secondary: BTreeSet<Ssrc> =
        repairs.iter().chain(&protections).flat_map(|group| group[1..].iter().copied()).collect();
    // With RIDs the stream is found by its RID: nothing says which of several SSRCs belongs to which RID.
    let ssrc = match rid {
        Some(_) => None,
        None => sources.ssrcs.iter().copied().find(|ssrc| !secondary.contains(ssrc)),
    };
    let rtx_ssrc = ssrc.and_then(|ssrc| {
        repairs.iter().find(|group| group[0] == ssrc).and_then(|group| group.get(1)).copied()
    });
    Ok(Streams { encoding: Encoding { ssrc, rtx_ssrc, rid, ..Encoding::default() }, cname: sources.cname })
}

struct Sources {
    ssrcs: Vec<Ssrc>,
    cname: String,
}

fn read_sources(section: &Section) -> Checked<Sources> {
    let mut sources = Sources { ssrcs: Vec::new(), cname: String::new() };
    for attribute in section.attributes.all("ssrc") {
        let (ssrc, words) = attribute.value.split_once(' ').unwrap_or((&attribute.value, ""));
        let ssrc =
            ssrc.parse().map(Ssrc).map_err(|_| Fault::malformed(attribute.line, "the SSRC is no number"))?;
        // A stream's lines stand together, so that looking at the last one keeps a thousand lines from costing a million.
        if sources.ssrcs.last() != Some(&ssrc) {
            sources.ssrcs.push(ssrc);
        }
        if let (true, Some(cname)) = (sources.cname.is_empty(), words.strip_prefix("cname:")) {
            sources.cname = cname.to_owned();
        }
    }
    Ok(sources)
}

/// The groups of one semantics, each with at least one SSRC.
fn read_groups(section: &Section, semantics: &str) -> Checked<Vec<Vec<Ssrc>>> {
    let mut groups = Vec::new();
    for attribute in section.attributes.all("ssrc-group") {
        let mut words = attribute.value.split_ascii_whitespace();
        if words.next() != Some(semantics) {
            continue;
        }
        let ssrcs = words.map(|word| word.parse().map(Ssrc)).collect::<Result<Vec<Ssrc>, _>>();
        match ssrcs {
            Ok(ssrcs) if !ssrcs.is_empty() => groups.push(ssrcs),
            _ => return Err(Fault::malformed(attribute.line, "the group does not list SSRCs")),
        }
    }
    Ok(groups)
}

/// The RID of the encoding to take. `a=simulcast:send 1,2;~3 recv 4`: streams are parted by `;`, alternatives of one
/// stream by `,`, a `~` marks what starts paused.
fn read_rid(section: &Section) -> Checked<Option<Rid>> {
    let declared = read_declared_rids(section)?;
    let Some(simulcast) = section.attributes.first("simulcast") else {
        return Ok(declared.last().copied());
    };
    let mut words = simulcast.value.split_ascii_whitespace();
    let mut streams = None;
    while let Some(direction) = words.next() {
        let list = words.next();
        match (direction, list) {
            ("send", Some(list)) => streams = Some(list),
            ("recv", Some(_)) => {}
            _ => return Err(Fault::malformed(simulcast.line, "not a=simulcast:send <rids> [recv <rids>]")),
        }
    }
    let Some(streams) = streams else { return Ok(declared.last().copied()) };
    let firsts: Vec<&str> = streams.split(';').filter_map(|stream| stream.split(',').next()).collect();
    let running = firsts.iter().rfind(|rid| !rid.starts_with('~')).or(firsts.last());
    let rid = running.map(|rid| rid.trim_start_matches('~')).and_then(|rid| rid.parse().ok());
    match rid.filter(|rid| declared.contains(rid)) {
        Some(rid) => Ok(Some(rid)),
        None => Err(Fault::malformed(simulcast.line, "a stream has no a=rid line with direction send")),
    }
}

fn read_declared_rids(section: &Section) -> Checked<Vec<Rid>> {
    let mut rids: Vec<Rid> = Vec::new();
    for attribute in section.attributes.all("rid") {
        let mut words = attribute.value.split_ascii_whitespace();
        let (Some(rid), Some(direction)) = (words.next(), words.next()) else {
            return Err(Fault::malformed(attribute.line, "not a=rid:<id> <direction>"));
        };
        let rid = rid.parse().map_err(|error| Fault::malformed(attribute.line, format!("{error}")))?;
        if direction == "send" {
            rids.push(rid);
        }
    }
    Ok(rids)
}
