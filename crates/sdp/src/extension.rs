//! Header extensions of a media section (`a=extmap`, RFC 8285 section 5).

use motet_control::HeaderExtension;
use motet_rtp::ext::ExtensionKind;
use sdp_types::{Attribute, Media};

use crate::description::{Direction, Section};
use crate::error::{Checked, Fault};

/// A known extension as its line gives it.
pub(crate) struct MappedExtension {
    pub(crate) extension: HeaderExtension,
    /// Whether the describing side sends it, receives it, or both.
    pub(crate) direction: Direction,
    pub(crate) line: usize,
}

/// The extensions of a section that Motet knows and that have an id that fits a packet.
pub(crate) fn read_extensions(section: &Section) -> Checked<Vec<MappedExtension>> {
    let mut extensions: Vec<MappedExtension> = Vec::new();
    let mut is_taken = [false; 256];
    for attribute in section.attributes.all("extmap") {
        let line = attribute.line;
        let (id, direction, uri) = parse(&attribute.value)
            .ok_or_else(|| Fault::malformed(line, "not a=extmap:<id>[/<direction>] <uri>"))?;
        // Ids from 4096 on ask the answerer to choose among more extensions than there are ids; nobody needs that here.
        let Some(id) = u8::try_from(id).ok().filter(|id| (1..=14).contains(id) || *id > 15) else {
            if id == 0 || id == 15 {
                return Err(Fault::malformed(line, format!("extension id {id} is reserved")));
            }
            continue;
        };
        if std::mem::replace(&mut is_taken[usize::from(id)], true) {
            return Err(Fault::malformed(line, format!("extension id {id} stands twice")));
        }
        let Some(kind) = ExtensionKind::from_uri(uri) else { continue };
        if extensions.iter().any(|known| known.extension.kind == kind) {
            continue;
        }
        extensions.push(MappedExtension { extension: HeaderExtension { kind, id }, direction, line });
    }
    Ok(extensions)
}

pub(crate) fn write_extensions(media: &mut Media, extensions: &[HeaderExtension]) {
    for HeaderExtension { kind, id } in extensions {
        media.attributes.push(Attribute::with_value("extmap", format!("{id} {}", kind.uri())));
    }
}

fn parse(value: &str) -> Option<(u16, Direction, &str)> {
    let mut words = value.split_ascii_whitespace();
    let (id, direction) = match words.next()?.split_once('/') {
        Some((id, direction)) => (id, direction),
        None => (value.split_ascii_whitespace().next()?, "sendrecv"),
    };
    let direction = match direction {
        "sendrecv" => Direction { sends: true, receives: true },
        "sendonly" => Direction { sends: true, receives: false },
        "recvonly" => Direction { sends: false, receives: true },
        "inactive" => Direction { sends: false, receives: false },
        _ => return None,
    };
    Some((id.parse().ok()?, direction, words.next()?))
}
