//! A description as its lines: attributes with their line numbers, media sections in order, sizes within limits.

use motet_control::MediaKind;
use motet_rtp::Mid;
use sdp_types::ParserError;

use crate::error::{Checked, Fault, SdpError};

/// The longest description that is read. Chromium needs 6 KiB for its first audio and video section, so this is a room
/// with more than a hundred people; beyond it the text is refused unread.
pub const SDP_BYTES_MAX: usize = 256 * 1024;
/// The most media sections, live and dead. RFC 8829 lets sections only grow in number, so a peer at the limit has to
/// open a new PeerConnection.
pub const SECTIONS_MAX: usize = 512;
/// The most attributes of one section, or of the session's own part.
pub const ATTRIBUTES_MAX: usize = 1024;
/// The longest line. The longest that is known to come is a BUNDLE group of all sections.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

// A group that names every section by a full-length MID still fits a line.
const _: () = assert!(SECTIONS_MAX * (Mid::LEN_MAX + 1) + 64 <= LINE_BYTES_MAX);

/// A description that keeps to the grammar of RFC 8866 and to the limits above.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) session: Attributes,
    pub(crate) sections: Vec<Section>,
}

/// The attributes of one section, or of the session's own part, in their order.
#[derive(Debug, Default)]
pub(crate) struct Attributes(Vec<Attribute>);

#[derive(Debug)]
pub(crate) struct Attribute {
    name: String,
    /// Empty where the attribute is a flag.
    pub(crate) value: String,
    pub(crate) line: usize,
}

/// One media section.
#[derive(Debug)]
pub(crate) struct Section {
    /// The line number of its `m=`.
    pub(crate) line: usize,
    pub(crate) media: String,
    port: u16,
    pub(crate) proto: String,
    pub(crate) formats: Vec<String>,
    pub(crate) attributes: Attributes,
}

/// What the describing side does in a section (RFC 3264 section 5.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Direction {
    pub(crate) sends: bool,
    pub(crate) receives: bool,
}

impl Description {
    pub(crate) fn parse(sdp: &str) -> Result<Self, SdpError> {
        check_size(sdp)?;
        let numbers = line_numbers(sdp)?;
        let parsed = sdp_types::Session::parse(sdp.as_bytes()).map_err(|error| grammar_error(&error, sdp))?;
        let mut numbers = numbers.into_iter();
        let own = numbers.next().unwrap_or_default();
        let session = Attributes::new(parsed.attributes, &own);
        let sections = parsed
            .medias
            .into_iter()
            .zip(numbers)
            .map(|(media, lines)| Section::new(media, &lines))
            .collect();
        Ok(Self { session, sections })
    }

    /// The MIDs of the one BUNDLE group with the line that names them; `None` where nothing is bundled.
    pub(crate) fn bundle(&self) -> Checked<Option<(usize, Vec<&str>)>> {
        let mut groups = self.session.all("group").filter_map(|attribute| {
            let mids = attribute.value.strip_prefix("BUNDLE")?;
            Some((attribute.line, mids.split_ascii_whitespace().collect()))
        });
        let first = groups.next();
        match groups.next() {
            Some((line, _)) => Err(Fault::unsupported(line, "only one BUNDLE group is served")),
            None => Ok(first),
        }
    }

    /// An attribute that a section may leave to the session's part.
    pub(crate) fn inherited<'a>(&'a self, section: &'a Section, name: &str) -> Option<&'a Attribute> {
        section.attributes.first(name).or_else(|| self.session.first(name))
    }

    pub(crate) fn direction(&self, section: &Section) -> Direction {
        let of = |attributes: &Attributes| {
            [
                ("sendrecv", true, true),
                ("sendonly", true, false),
                ("recvonly", false, true),
                ("inactive", false, false),
            ]
            .into_iter()
            .find(|(name, ..)| attributes.has(name))
            .map(|(_, sends, receives)| Direction { sends, receives })
        };
        let default = Direction { sends: true, receives: true };
        of(&section.attributes).or_else(|| of(&self.session)).unwrap_or(default)
    }
}

impl Attributes {
    fn new(attributes: Vec<sdp_types::Attribute>, lines: &Lines) -> Self {
        let with_line = attributes.into_iter().zip(&lines.attributes);
        Self(
            with_line
                .map(|(attribute, &line)| Attribute {
                    name: attribute.attribute,
                    value: attribute.value.unwrap_or_default(),
                    line,
                })
                .collect(),
        )
    }

    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Attribute> {
        self.0.iter().filter(move |attribute| attribute.name == name)
    }

    pub(crate) fn first(&self, name: &str) -> Option<&Attribute> {
        self.all(name).next()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }
}

impl Section {
    fn new(media: sdp_types::Media, lines: &Lines) -> Self {
        Self {
            line: lines.media,
            formats: media.fmt.split_ascii_whitespace().map(str::to_owned).collect(),
            attributes: Attributes::new(media.attributes, lines),
            media: media.media,
            port: media.port,
            proto: media.proto,
        }
    }

    /// Audio or video; `None` for a data channel or anything else.
    pub(crate) fn kind(&self) -> Option<MediaKind> {
        [MediaKind::Audio, MediaKind::Video].into_iter().find(|kind| kind.as_str() == self.media)
    }

    /// True where the section is out of use (RFC 8843 section 6: port 0 counts for nothing beside `bundle-only`).
    pub(crate) fn is_rejected(&self) -> bool {
        self.port == 0 && !self.attributes.has("bundle-only")
    }

    /// RTP over DTLS-SRTP, however its transport is called (RFC 5764 section 8, RFC 7850, RFC 8829 section 5.1.2).
    pub(crate) fn is_secure_rtp(&self) -> bool {
        ["UDP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "RTP/SAVPF", "UDP/TLS/RTP/SAVP"]
            .contains(&self.proto.as_str())
    }

    pub(crate) fn mid(&self) -> Checked<Mid> {
        let Some(attribute) = self.attributes.first("mid") else {
            return Err(Fault::unsupported(self.line, "the section has no a=mid"));
        };
        attribute.value.parse().map_err(|error| Fault::malformed(attribute.line, format!("{error}")))
    }
}

fn check_size(sdp: &str) -> Result<(), SdpError> {
    if sdp.trim().is_empty() {
        return Err(SdpError::Missing("the description is empty"));
    }
    if sdp.len() > SDP_BYTES_MAX {
        let problem = format!("the description is {} bytes long, the most is {SDP_BYTES_MAX}", sdp.len());
        return Err(SdpError::LimitReached(problem));
    }
    Ok(())
}

/// Line numbers of a section's `m=` and of each of its `a=`; for the session's own part `media` is 0.
#[derive(Default)]
struct Lines {
    media: usize,
    attributes: Vec<usize>,
}

/// The parser keeps attributes in order and drops none, so that the n-th `a=` line of a part is its n-th attribute.
fn line_numbers(sdp: &str) -> Result<Vec<Lines>, SdpError> {
    let mut parts = vec![Lines::default()];
    for (number, line) in (1..).zip(sdp.split('\n')) {
        if line.len() > LINE_BYTES_MAX {
            let problem = format!("line {number} is {} bytes long, the most is {LINE_BYTES_MAX}", line.len());
            return Err(SdpError::LimitReached(problem));
        }
        let part = parts.len() - 1;
        if line.starts_with("m=") {
            parts.push(Lines { media: number, attributes: Vec::new() });
        } else if line.starts_with("a=") {
            parts[part].attributes.push(number);
        }
        if parts.len() > SECTIONS_MAX + 1 {
            return Err(SdpError::LimitReached(format!("more than {SECTIONS_MAX} media sections")));
        }
        if parts[part].attributes.len() > ATTRIBUTES_MAX {
            let problem = format!("line {number}: more than {ATTRIBUTES_MAX} attributes in one section");
            return Err(SdpError::LimitReached(problem));
        }
    }
    Ok(parts)
}

fn grammar_error(error: &ParserError, sdp: &str) -> SdpError {
    use ParserError as P;
    let (line, problem) = match error {
        P::InvalidLineFormat(line, problem) => (*line, (*problem).to_owned()),
        P::InvalidFieldEncoding(line, field) => (*line, format!("{field} is not UTF-8")),
        P::InvalidFieldFormat(line, field) => (*line, format!("{field} is malformed")),
        P::MissingField(line, field) => (*line, format!("{field} is missing")),
        P::FieldTrailingData(line, field) => (*line, format!("{field} is followed by more")),
        P::InvalidVersion(line, _) => (*line, "the version is not 0".to_owned()),
        P::MultipleVersions(line)
        | P::MultipleOrigins(line)
        | P::MultipleSessionNames(line)
        | P::MultipleSessionDescription(line)
        | P::MultipleUris(line)
        | P::MultipleConnections(line)
        | P::MultipleTimeZones(line)
        | P::MultipleMediaTitles(line)
        | P::MultipleKeys(line) => (*line, "the line may stand only once".to_owned()),
        P::RepeatWithoutTime(line) => (*line, "r= without t=".to_owned()),
        P::NoVersion => (1, "the description does not begin with v=0".to_owned()),
        other => (1, other.to_string()),
    };
    Fault::malformed(line, problem).within(sdp)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

    #[test]
    fn attributes_know_their_line_even_after_blank_and_unknown_lines() {
        let sdp = format!("{HEAD}a=ice-lite\r\n\r\nm=audio 9 RTP/SAVPF 0\r\ny=?\r\nb=AS:1\r\na=mid:a\r\n");
        let description = Description::parse(&sdp).unwrap();
        assert_eq!(description.session.first("ice-lite").unwrap().line, 5);
        assert_eq!(description.sections[0].line, 7);
        assert_eq!(description.sections[0].attributes.first("mid").unwrap().line, 10);
    }

    #[test]
    fn a_broken_line_is_named() {
        let error = Description::parse(&format!("{HEAD}m=audio nine RTP/SAVPF 0\r\n")).unwrap_err();
        assert_eq!(error.to_string(), "line 5 (m=audio nine RTP/SAVPF 0): Media port is malformed");
        let error = Description::parse("hello").unwrap_err();
        assert!(error.to_string().starts_with("line 1 (hello): "), "{error}");
    }

    #[test]
    fn sizes_have_limits() {
        let long = format!("{HEAD}{}", "a=x\r\n".repeat(SDP_BYTES_MAX / 5));
        let sections = format!("{HEAD}{}", "m=audio 0 A 0\n".repeat(SECTIONS_MAX + 1));
        let attributes = format!("{HEAD}{}", "a=x\r\n".repeat(ATTRIBUTES_MAX + 1));
        let line = format!("{HEAD}a={}\r\n", "x".repeat(LINE_BYTES_MAX));
        for sdp in [long, sections, attributes, line] {
            let error = Description::parse(&sdp).unwrap_err();
            assert!(matches!(error, SdpError::LimitReached(_)), "{error}");
        }
    }
}
