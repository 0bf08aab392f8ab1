//! The formats of a media section (`a=rtpmap`, `a=fmtp`, `a=rtcp-fb`) read into codecs, and written from them.

use motet_control::{Codec, CodecParameters, Fmtp, RtcpFeedback};
use motet_rtp::PayloadType;
use sdp_types::{Attribute, Media};

use crate::description::Section;
use crate::error::{Checked, Fault};

/// One payload type as the lines describe it; not all of its lines need stand there.
#[derive(Clone, Default)]
struct Format<'a> {
    name: &'a str,
    clock_rate: u32,
    channels: u8,
    fmtp: &'a str,
    feedback: Vec<RtcpFeedback>,
}

/// The section's codecs in the order of its media line, retransmission folded in. Formats that Motet does not forward
/// (RED, FEC, DTMF, comfort noise) are left out.
pub(crate) fn read_codecs(section: &Section) -> Checked<Vec<CodecParameters>> {
    let order = payload_types(section)?;
    let formats = formats(section)?;
    let format = |payload_type: &PayloadType| &formats[usize::from(payload_type.get())];
    let repairs: Vec<(PayloadType, u32, u32)> = order
        .iter()
        .filter(|payload_type| format(payload_type).name.eq_ignore_ascii_case("rtx"))
        .filter_map(|&payload_type| {
            let format = format(&payload_type);
            Some((payload_type, read_fmtp(format.fmtp).get_u32("apt")?, format.clock_rate))
        })
        .collect();
    let rtx_of = |main: PayloadType, clock_rate: u32| {
        let wanted = (u32::from(main.get()), clock_rate);
        repairs.iter().find(|(_, apt, clock_rate)| (*apt, *clock_rate) == wanted).map(|(rtx, ..)| *rtx)
    };
    let codecs = order.iter().filter_map(|&payload_type| {
        let format = format(&payload_type);
        Some(CodecParameters {
            codec: Codec::from_name(format.name)?,
            payload_type,
            rtx_payload_type: rtx_of(payload_type, format.clock_rate),
            clock_rate: format.clock_rate,
            channels: format.channels,
            fmtp: read_fmtp(format.fmtp),
            rtcp_feedback: format.feedback.clone(),
        })
    });
    Ok(codecs.filter(|codec| Some(codec.codec.kind()) == section.kind()).collect())
}

/// The encoding names of a section, for an error that says what was offered.
pub(crate) fn format_names(section: &Section) -> String {
    const NAMES_MAX: usize = 12;
    let mut names: Vec<&str> = Vec::new();
    for attribute in section.attributes.all("rtpmap") {
        let name = attribute.value.split([' ', '/']).nth(1).unwrap_or_default();
        if !names.contains(&name) && names.len() < NAMES_MAX {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Writes a codec and its retransmission format, with `fmtp` in place of the codec's own.
pub(crate) fn write_codec(media: &mut Media, codec: &CodecParameters, fmtp: &Fmtp) {
    let payload_type = codec.payload_type;
    let channels = if codec.channels > 1 { format!("/{}", codec.channels) } else { String::new() };
    let rtpmap = format!("{payload_type} {}/{}{channels}", codec.codec.name(), codec.clock_rate);
    media.attributes.push(Attribute::with_value("rtpmap", rtpmap));
    for feedback in &codec.rtcp_feedback {
        let words = format!("{payload_type} {}", feedback.as_str());
        media.attributes.push(Attribute::with_value("rtcp-fb", words));
    }
    if !fmtp.is_empty() {
        media.attributes.push(Attribute::with_value("fmtp", format!("{payload_type} {fmtp}")));
    }
    if let Some(rtx) = codec.rtx_payload_type {
        media.attributes.push(Attribute::with_value("rtpmap", format!("{rtx} rtx/{}", codec.clock_rate)));
        media.attributes.push(Attribute::with_value("fmtp", format!("{rtx} apt={payload_type}")));
    }
}

/// What stands at the end of the media line: each codec with its retransmission format.
pub(crate) fn format_list<'a>(codecs: impl IntoIterator<Item = &'a CodecParameters>) -> String {
    let types = codecs.into_iter().flat_map(|codec| [Some(codec.payload_type), codec.rtx_payload_type]);
    types.flatten().map(|payload_type| payload_type.to_string()).collect::<Vec<_>>().join(" ")
}

fn payload_types(section: &Section) -> Checked<Vec<PayloadType>> {
    let mut order: Vec<PayloadType> = Vec::with_capacity(section.formats.len().min(128));
    for text in &section.formats {
        let payload_type = parse_payload_type(text)
            .ok_or_else(|| Fault::malformed(section.line, "a format is not a payload type of 0 to 127"))?;
        if order.contains(&payload_type) {
            let problem = format!("payload type {payload_type} stands twice");
            return Err(Fault::malformed(section.line, problem));
        }
        order.push(payload_type);
    }
    Ok(order)
}

fn parse_payload_type(text: &str) -> Option<PayloadType> {
    text.parse().ok().and_then(PayloadType::new)
}

/// Each payload type's format, at the index of the payload type.
fn formats(section: &Section) -> Checked<Vec<Format<'_>>> {
    let mut formats = vec![Format::default(); 128];
    set_static_formats(&mut formats);
    let mut is_mapped = [false; 128];
    for attribute in section.attributes.all("rtpmap") {
        let parsed = parse_rtpmap(&attribute.value);
        let (index, name, clock_rate, channels) = parsed.ok_or_else(|| {
            Fault::malformed(attribute.line, "not a=rtpmap:<payload type> <name>/<clock rate>[/<channels>]")
        })?;
        if is_mapped[index] {
            return Err(Fault::malformed(attribute.line, format!("payload type {index} is mapped twice")));
        }
        is_mapped[index] = true;
        formats[index] = Format { name, clock_rate, channels, ..Format::default() };
    }
    for attribute in section.attributes.all("fmtp") {
        let (index, fmtp) = split_payload_type(&attribute.value)
            .ok_or_else(|| Fault::malformed(attribute.line, "not a=fmtp:<payload type> <parameters>"))?;
        formats[index].fmtp = fmtp;
    }
    read_feedback(section, &mut formats)?;
    Ok(formats)
}

/// Payload types that need no `a=rtpmap` (RFC 3551 section 6).
fn set_static_formats(formats: &mut [Format<'_>]) {
    for (index, codec) in [(0, Codec::Pcmu), (8, Codec::Pcma), (9, Codec::G722)] {
        formats[index] = Format { name: codec.name(), clock_rate: 8_000, channels: 1, ..Format::default() };
    }
}

fn read_feedback(section: &Section, formats: &mut [Format<'_>]) -> Checked<()> {
    for attribute in section.attributes.all("rtcp-fb") {
        let (target, words) = attribute.value.split_once(' ').unwrap_or((&attribute.value, ""));
        // Words that Motet does not know ("rrtr", "nack rpsi") are the peer's offer of more, not an error.
        let known = RtcpFeedback::from_words(words);
        let range = match (target, parse_payload_type(target)) {
            ("*", _) => 0..formats.len(),
            (_, Some(payload_type)) => {
                let index = usize::from(payload_type.get());
                index..index + 1
            }
            _ => {
                return Err(Fault::malformed(attribute.line, "not a=rtcp-fb:<payload type or *> <feedback>"));
            }
        };
        let Some(known) = known else { continue };
        for format in &mut formats[range] {
            if let Err(place) = format.feedback.binary_search(&known) {
                format.feedback.insert(place, known);
            }
        }
    }
    Ok(())
}

/// `111 opus/48000/2` as payload type, name, clock rate and channels.
fn parse_rtpmap(value: &str) -> Option<(usize, &str, u32, u8)> {
    let (index, encoding) = split_payload_type(value)?;
    let mut parts = encoding.trim().split('/');
    let name = parts.next().filter(|name| !name.is_empty())?;
    let clock_rate = parts.next()?.parse().ok()?;
    let channels = match parts.next() {
        Some(channels) => channels.parse().ok()?,
        None => 1,
    };
    parts.next().is_none().then_some((index, name, clock_rate, channels))
}

fn split_payload_type(value: &str) -> Option<(usize, &str)> {
    let (payload_type, rest) = value.split_once(' ')?;
    Some((usize::from(parse_payload_type(payload_type)?.get()), rest.trim()))
}

fn read_fmtp(text: &str) -> Fmtp {
    match text.parse() {
        Ok(fmtp) => fmtp,
        Err(never) => match never {},
    }
}
