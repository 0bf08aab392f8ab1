//! Reading an answer: which sections the peer takes, and with what.

use motet_control::negotiate::extension_applies;
use motet_control::{CodecParameters, HeaderExtension, MediaKind, RtpParameters};
use motet_rtp::ext::ExtensionKind;

use super::{Slot, State, SubscribeSession, Told};
use crate::agree::agree_feedback;
use crate::description::{Description, Section};
use crate::error::{Checked, Fault};
use crate::extension::read_extensions;
use crate::format::read_codecs;
use crate::transport::{KnownRemote, RemoteTransport};

/// An answer as far as its own lines say.
pub(super) struct ReadAnswer {
    /// `None` where no section is in use and nothing was known before.
    pub(super) remote: Option<(KnownRemote, RemoteTransport)>,
    /// One a section of the offer.
    pub(super) outcomes: Vec<Outcome>,
}

/// What an answer says of one section.
pub(super) enum Outcome {
    Accepted(RtpParameters),
    /// `is_dead`: by port 0, so that the section is out of use.
    Refused {
        reason: String,
        is_dead: bool,
    },
    /// The offer had no track there, and the section lives.
    Unused,
}

pub(super) fn read<K: Copy + Eq>(
    session: &SubscribeSession<K>,
    description: &Description,
) -> Checked<ReadAnswer> {
    let sections = session.told_len;
    if description.sections.len() != sections {
        let line = description.sections.last().map_or(1, |section| section.line);
        let problem = format!("the answer has {} sections, the offer {sections}", description.sections.len());
        return Err(Fault::mismatch(line, problem));
    }
    let bundle = description.bundle()?.map(|(_, mids)| mids);
    let mut outcomes = Vec::with_capacity(sections);
    for (slot, section) in session.slots.iter().zip(&description.sections) {
        check_place(slot, section)?;
        if !section.is_rejected() && !is_bundled(section, bundle.as_deref(), sections) {
            let problem = "the section is in no BUNDLE group; all media shares one transport (max-bundle)";
            return Err(Fault::unsupported(section.line, problem));
        }
        outcomes.push(read_section(slot, description, section)?);
    }
    let carrier = description.sections.iter().find(|section| !section.is_rejected());
    let remote = match (carrier, &session.remote) {
        (Some(section), before) => Some(KnownRemote::read(description, section, before.as_ref())?),
        (None, Some(known)) => Some((known.clone(), known.as_before())),
        (None, None) => None,
    };
    Ok(ReadAnswer { remote, outcomes })
}

fn check_place<K>(slot: &Slot<K>, section: &Section) -> Checked<()> {
    let is_there = section.media == slot.kind.as_str()
        && (section.is_rejected()
            || section.attributes.first("mid").is_none_or(|mid| mid.value == slot.mid.as_str()));
    if is_there {
        return Ok(());
    }
    let problem = format!("the offer has the {} section with mid {} in this place", slot.kind, slot.mid);
    Err(Fault::mismatch(section.line, problem))
}

/// The carrier needs not be bundled while it is alone.
fn is_bundled(section: &Section, bundle: Option<&[&str]>, sections: usize) -> bool {
    match (bundle, section.attributes.first("mid")) {
        (Some(mids), Some(mid)) => mids.contains(&mid.value.as_str()),
        (None, _) => sections == 1,
        (Some(_), None) => false,
    }
}

fn read_section<K: Copy + Eq>(
    slot: &Slot<K>,
    description: &Description,
    section: &Section,
) -> Checked<Outcome> {
    let refused = |reason: &str, is_dead: bool| Outcome::Refused { reason: reason.to_owned(), is_dead };
    if section.is_rejected() {
        return Ok(refused("the receiver rejects the media section", true));
    }
    if !section.attributes.has("rtcp-mux") {
        return Err(Fault::unsupported(section.line, "the section has no a=rtcp-mux, which is required"));
    }
    // Only a track that the offer spoke of can be meant.
    let offered = match (&slot.state, &slot.told) {
        (State::Live(track), Told::Track(key)) if *key == track.key => &track.media.rtp_parameters,
        _ => return Ok(Outcome::Unused),
    };
    if !description.direction(section).receives {
        return Ok(refused("the receiver wants nothing in the media section", false));
    }
    let header_extensions = taken_extensions(offered, section, slot.kind)?;
    let codecs = taken_codecs(offered, section, &header_extensions)?;
    if codecs.is_empty() {
        return Ok(refused("the receiver takes none of the track's codecs", false));
    }
    let has_rtx = codecs.iter().any(|codec| codec.rtx_payload_type.is_some());
    let mut encodings = offered.encodings.clone();
    for encoding in encodings.iter_mut().filter(|_| !has_rtx) {
        encoding.rtx_ssrc = None;
    }
    Ok(Outcome::Accepted(RtpParameters {
        mid: Some(slot.mid),
        codecs,
        header_extensions,
        encodings,
        cname: offered.cname.clone(),
        reduced_size_rtcp: section.attributes.has("rtcp-rsize"),
    }))
}

/// The offered codecs that the answer keeps, in the offer's order, with the answer's payload types: RFC 3264 section 6.1
/// lets an answerer choose its own for what it receives.
fn taken_codecs(
    offered: &RtpParameters,
    section: &Section,
    extensions: &[HeaderExtension],
) -> Checked<Vec<CodecParameters>> {
    let answered = read_codecs(section)?;
    let has_transport_seq = extensions.iter().any(|extension| extension.kind == ExtensionKind::TransportSeq);
    let taken = offered.codecs.iter().filter_map(|own| {
        // webrtcbin leaves out format parameters that it takes for granted, so the offered payload type is enough.
        let is_same = |theirs: &&CodecParameters| {
            theirs.payload_type == own.payload_type
                && theirs.codec == own.codec
                && theirs.clock_rate == own.clock_rate
        };
        let is_offered = |payload_type| offered.codecs.iter().any(|own| own.payload_type == payload_type);
        let is_renumbered =
            |theirs: &&CodecParameters| theirs.is_same_format(own) && !is_offered(theirs.payload_type);
        let theirs = answered.iter().find(is_same).or_else(|| answered.iter().find(is_renumbered))?;
        Some(CodecParameters {
            payload_type: theirs.payload_type,
            rtx_payload_type: own.rtx_payload_type.and(theirs.rtx_payload_type),
            rtcp_feedback: agree_feedback(&own.rtcp_feedback, &theirs.rtcp_feedback, has_transport_seq),
            ..own.clone()
        })
    });
    Ok(taken.collect())
}

/// The offered extensions that the answer keeps and receives.
fn taken_extensions(
    offered: &RtpParameters,
    section: &Section,
    kind: MediaKind,
) -> Checked<Vec<HeaderExtension>> {
    let answered = read_extensions(section)?;
    let taken = offered.header_extensions.iter().filter_map(|own| {
        let theirs = answered.iter().find(|theirs| theirs.extension.kind == own.kind)?;
        (theirs.direction.receives && extension_applies(own.kind, kind)).then_some(theirs.extension)
    });
    Ok(taken.collect())
}
