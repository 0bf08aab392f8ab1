//! Reading an offer: which sections it has, what is agreed for each, what changes against the offer before.

use std::collections::{BTreeMap, BTreeSet};

use motet_control::{Fmtp, RtpParameters};
use motet_rtp::ext::ExtensionKind;
use motet_rtp::{Mid, Ssrc};

use super::{KnownSection, PublishSession, PublishedMedia, RefusedMedia};
use crate::agree::{agree_codec, agree_extensions};
use crate::description::{Description, Section};
use crate::error::{Checked, Fault};
use crate::extension::read_extensions;
use crate::format::{format_names, read_codecs};
use crate::stream::read_streams;
use crate::transport::{KnownRemote, RemoteTransport};

/// An offer that was read and negotiated and not yet answered, so that tracks of it may still be refused.
pub struct PublishDraft {
    pub(super) remote: RemoteTransport,
    pub(super) known_remote: KnownRemote,
    pub(super) is_mixed: bool,
    pub(super) sections: Vec<DraftSection>,
    pub(super) added: Vec<PublishedMedia>,
    pub(super) removed: Vec<Mid>,
    pub(super) refused: Vec<RefusedMedia>,
}

/// One section as the answer will treat it.
pub(super) struct DraftSection {
    pub(super) mid: Option<Mid>,
    pub(super) media: String,
    pub(super) proto: String,
    pub(super) formats: Vec<String>,
    pub(super) content: Content,
}

pub(super) enum Content {
    /// Port 0.
    Rejected,
    /// In use; `is_receiving` is false where the peer sends nothing for the time being.
    Agreed { media: PublishedMedia, answer_fmtp: Fmtp, is_simulcast: bool, is_receiving: bool },
}

impl PublishDraft {
    /// Tracks that the offer adds. A track whose parameters changed is both removed and added.
    pub fn added(&self) -> &[PublishedMedia] {
        &self.added
    }

    /// True when the peer restarts ICE: time for [`PublishSession::restart_ice`], before the draft is answered.
    pub fn restarts_ice(&self) -> bool {
        self.remote.ice_restarted
    }

    /// Tracks that the offer ends.
    pub fn removed(&self) -> &[Mid] {
        &self.removed
    }

    /// Every track that the answer would receive: added ones and those that go on.
    pub fn receiving(&self) -> impl Iterator<Item = &PublishedMedia> {
        self.sections.iter().filter_map(DraftSection::published)
    }

    /// Has the answer refuse the section of an added track for good. Other MIDs are ignored.
    pub fn refuse(&mut self, mid: Mid, reason: &'static str, message: impl Into<String>) {
        let before = self.added.len();
        self.added.retain(|media| media.mid != mid);
        if self.added.len() == before {
            return;
        }
        for section in self.sections.iter_mut().filter(|section| section.mid == Some(mid)) {
            section.content = Content::Rejected;
        }
        self.refused.push(RefusedMedia { mid, reason, message: message.into() });
    }

    /// Has the answer leave a track's section inactive: it is not received for now.
    pub fn leave_out(&mut self, mid: Mid) {
        for section in self.sections.iter_mut().filter(|section| section.mid == Some(mid)) {
            let Content::Agreed { is_receiving, .. } = &mut section.content else { continue };
            if !std::mem::replace(is_receiving, false) {
                continue;
            }
            let before = self.added.len();
            self.added.retain(|media| media.mid != mid);
            if self.added.len() == before {
                self.removed.push(mid);
            }
        }
    }
}

impl DraftSection {
    /// The track that the peer sends in this section.
    fn published(&self) -> Option<&PublishedMedia> {
        match &self.content {
            Content::Agreed { media, is_receiving: true, .. } => Some(media),
            _ => None,
        }
    }

    pub(super) fn known(&self) -> KnownSection {
        KnownSection {
            mid: self.mid,
            media: self.media.clone(),
            is_dead: matches!(self.content, Content::Rejected),
            published: self.published().cloned(),
        }
    }
}

/// Reads a whole offer; `None` where nothing in it tells of a transport and none is known yet.
pub(super) fn read(session: &PublishSession, description: &Description) -> Checked<Option<PublishDraft>> {
    check_continuity(session, description)?;
    let bundle = description.bundle()?;
    check_bundle(description, bundle.as_ref().map(|(_, mids)| mids.as_slice()))?;
    let Some((known_remote, remote)) = read_remote(session, description)? else { return Ok(None) };
    let mut refused = Vec::new();
    let mut mids = BTreeSet::new();
    let mut sections = Vec::with_capacity(description.sections.len());
    for section in &description.sections {
        let mid = if section.is_rejected() { section.mid().ok() } else { Some(section.mid()?) };
        if mid.is_some_and(|mid| !mids.insert(mid)) {
            return Err(Fault::malformed(section.line, "another section has the same mid"));
        }
        let content = match (mid, section.is_rejected()) {
            (Some(mid), false) => match read_section(session, description, section, mid)? {
                Ok(content) => content,
                Err((reason, message)) => {
                    refused.push(RefusedMedia { mid, reason, message });
                    Content::Rejected
                }
            },
            _ => Content::Rejected,
        };
        sections.push(DraftSection {
            mid,
            media: section.media.clone(),
            proto: section.proto.clone(),
            formats: section.formats.clone(),
            content,
        });
    }
    check_identifiers(description, &sections)?;
    let (added, removed) = changes(session, &mut sections);
    let is_mixed = description.session.has("extmap-allow-mixed")
        || description.sections.iter().any(|section| section.attributes.has("extmap-allow-mixed"));
    Ok(Some(PublishDraft { remote, known_remote, is_mixed, sections, added, removed, refused }))
}

/// Sections keep their place, MID and kind for the session's life, save that a dead one may be replaced (RFC 8829
/// section 5.2.2).
fn check_continuity(session: &PublishSession, description: &Description) -> Checked<()> {
    let (before, now) = (&session.sections, &description.sections);
    if now.len() < before.len() {
        let line = now.last().map_or(1, |section| section.line);
        let problem = format!("{} sections were agreed before, {} are left", before.len(), now.len());
        return Err(Fault::mismatch(line, problem));
    }
    for (known, section) in before.iter().zip(now) {
        if known.is_dead || section.is_rejected() {
            continue;
        }
        if known.mid != Some(section.mid()?) || known.media != section.media {
            let mid = known.mid.map(|mid| mid.to_string()).unwrap_or_default();
            let problem = format!("this place belongs to the {} section with mid {mid}", known.media);
            return Err(Fault::mismatch(section.line, problem));
        }
    }
    Ok(())
}

fn check_bundle(description: &Description, bundle: Option<&[&str]>) -> Checked<()> {
    let in_use = || description.sections.iter().filter(|section| !section.is_rejected());
    let is_alone = in_use().count() == 1;
    let bundle: Option<BTreeSet<&str>> = bundle.map(|mids| mids.iter().copied().collect());
    for section in in_use().filter(|section| section.kind().is_some()) {
        let is_bundled = match &bundle {
            Some(mids) => mids.contains(section.mid()?.as_str()),
            None => is_alone,
        };
        if !is_bundled {
            let problem = "the section is in no BUNDLE group; all media shares one transport (max-bundle)";
            return Err(Fault::unsupported(section.line, problem));
        }
        if !section.attributes.has("rtcp-mux") {
            return Err(Fault::unsupported(section.line, "the section has no a=rtcp-mux, which is required"));
        }
    }
    Ok(())
}

/// The transport stands in the section that the group names first (RFC 8843 section 7.2.1), data channels included.
fn read_remote(
    session: &PublishSession,
    description: &Description,
) -> Checked<Option<(KnownRemote, RemoteTransport)>> {
    let in_use = || description.sections.iter().filter(|section| !section.is_rejected());
    let by_mid: BTreeMap<&str, &Section> = in_use()
        .filter_map(|section| Some((section.attributes.first("mid")?.value.as_str(), section)))
        .collect();
    let bundle = description.bundle()?.map(|(_, mids)| mids).unwrap_or_default();
    let carrier = bundle.iter().find_map(|mid| by_mid.get(mid).copied()).or_else(|| in_use().next());
    match (carrier, &session.remote) {
        (Some(section), before) => KnownRemote::read(description, section, before.as_ref()).map(Some),
        (None, Some(known)) => Ok(Some((known.clone(), known.as_before()))),
        (None, None) => Ok(None),
    }
}

/// What is agreed for a section in use, or why it is refused.
fn read_section(
    session: &PublishSession,
    description: &Description,
    section: &Section,
    mid: Mid,
) -> Checked<Result<Content, (&'static str, String)>> {
    let Some(kind) = section.kind() else {
        return Ok(Err(match section.media.as_str() {
            "application" => ("notYet", "data channels are not served yet".to_owned()),
            _ => ("mediaUnsupported", "only audio and video are served".to_owned()),
        }));
    };
    if !section.is_secure_rtp() {
        let message = "only RTP over DTLS-SRTP (UDP/TLS/RTP/SAVPF) is served".to_owned();
        return Ok(Err(("mediaUnsupported", message)));
    }
    let mapped = read_extensions(section)?;
    let header_extensions = agree_extensions(&session.capabilities, &mapped, kind);
    let offered = read_codecs(section)?;
    let Some(codec) = agree_codec(&session.capabilities, &offered, &header_extensions) else {
        let message = format!("none of the offered codecs is forwarded: {}", format_names(section));
        return Ok(Err(("codecUnsupported", message)));
    };
    let with_rid = header_extensions.iter().any(|extension| extension.kind == ExtensionKind::Rid);
    let streams = read_streams(section, with_rid)?;
    let is_simulcast = streams.encoding.rid.is_some() && section.attributes.has("simulcast");
    let rtp_parameters = RtpParameters {
        mid: Some(mid),
        codecs: vec![codec.parameters],
        header_extensions,
        encodings: vec![streams.encoding],
        cname: streams.cname,
        reduced_size_rtcp: section.attributes.has("rtcp-rsize"),
    };
    Ok(Ok(Content::Agreed {
        media: PublishedMedia { mid, kind, rtp_parameters },
        answer_fmtp: codec.answer_fmtp,
        is_simulcast,
        is_receiving: description.direction(section).sends,
    }))
}

/// Within a BUNDLE group an extension id means one thing and an SSRC is in one section (RFC 8843 sections 9 and 15).
fn check_identifiers(description: &Description, sections: &[DraftSection]) -> Checked<()> {
    let mut extensions: BTreeMap<u8, ExtensionKind> = BTreeMap::new();
    let mut ssrcs: BTreeSet<Ssrc> = BTreeSet::new();
    for (section, draft) in description.sections.iter().zip(sections) {
        let Some(media) = draft.published() else { continue };
        for extension in &media.rtp_parameters.header_extensions {
            let known = *extensions.entry(extension.id).or_insert(extension.kind);
            if known != extension.kind {
                let line = extension_line(section, extension.id);
                let problem = format!("in another section id {} is {}", extension.id, known.uri());
                return Err(Fault::unsupported(line, problem));
            }
        }
        let encoding = &media.rtp_parameters.encodings[0];
        for ssrc in [encoding.ssrc, encoding.rtx_ssrc].into_iter().flatten() {
            if !ssrcs.insert(ssrc) {
                return Err(Fault::malformed(section.line, format!("SSRC {ssrc} stands twice")));
            }
        }
    }
    Ok(())
}

fn extension_line(section: &Section, id: u8) -> usize {
    let mapped = read_extensions(section).unwrap_or_default();
    mapped.iter().find(|mapped| mapped.extension.id == id).map_or(section.line, |mapped| mapped.line)
}

/// Puts back the parameters that a track had where the offer says nothing else of it, and tells what began and ended.
fn changes(session: &PublishSession, sections: &mut [DraftSection]) -> (Vec<PublishedMedia>, Vec<Mid>) {
    let mut before: BTreeMap<Mid, &PublishedMedia> = BTreeMap::new();
    for media in session.sections.iter().filter_map(|known| known.published.as_ref()) {
        before.insert(media.mid, media);
    }
    let mut added = Vec::new();
    for section in sections {
        let Content::Agreed { media, is_receiving: true, .. } = &mut section.content else { continue };
        match before.get(&media.mid) {
            Some(known) if is_continued(known, media) => {
                *media = (*known).clone();
                before.remove(&media.mid);
            }
            _ => added.push(media.clone()),
        }
    }
    (added, before.into_keys().collect())
}

/// True where both speak of one stream. Firefox 153 offers a simulcast of which one RID was answered as a plain stream
/// from then on, with the SSRC that it had, so that only two different RIDs or two different SSRCs make a difference.
fn is_continued(known: &PublishedMedia, media: &PublishedMedia) -> bool {
    let (known, now) = (&known.rtp_parameters, &media.rtp_parameters);
    let (known_stream, stream) = (&known.encodings[0], &now.encodings[0]);
    known.codecs == now.codecs
        && known.header_extensions == now.header_extensions
        && known_stream.rid.zip(stream.rid).is_none_or(|(known, now)| known == now)
        && known_stream.ssrc.zip(stream.ssrc).is_none_or(|(known, now)| known == now)
}
