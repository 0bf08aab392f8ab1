//! Receiving a peer's media: the peer offers, this side answers.

mod answer;
mod offer;

use motet_control::{IceCredentials, MediaKind, RtpCapabilities, RtpParameters};
use motet_rtp::Mid;

use crate::description::Description;
use crate::error::SdpError;
use crate::transport::{KnownRemote, LocalTransport, RemoteTransport};

pub use offer::PublishDraft;

/// The answering side of a publish PeerConnection.
///
/// Of each section's codecs one is taken: the peer's first that the router forwards. Of a simulcast one encoding is taken:
/// the last that does not start paused, which is the full size where the page sets no scale. The answer names it alone,
/// which has browsers stop sending the others (RFC 8853 section 5.3.2).
pub struct PublishSession {
    session_id: u64,
    /// Counts answers, for `o=`.
    version: u64,
    local: LocalTransport,
    next_ice: Option<IceCredentials>,
    capabilities: RtpCapabilities,
    remote: Option<KnownRemote>,
    sections: Vec<KnownSection>,
}

/// What is remembered of a media section between offers.
struct KnownSection {
    mid: Option<Mid>,
    media: String,
    /// Rejected by either side, so that the next offer may put anything in its place (RFC 8829 section 5.2.2).
    is_dead: bool,
    published: Option<PublishedMedia>,
}

/// A track that the peer sends from here on.
#[derive(Clone, PartialEq, Debug)]
pub struct PublishedMedia {
    /// Its media section.
    pub mid: Mid,
    /// Audio or video.
    pub kind: MediaKind,
    /// As the answer settles it: payload types and extension ids are the offer's.
    pub rtp_parameters: RtpParameters,
}

/// A media section that the answer refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedMedia {
    /// Its media section.
    pub mid: Mid,
    /// Why, a stable word for programs: `notYet`, `mediaUnsupported` or `codecUnsupported`, or what the caller refused
    /// it with.
    pub reason: &'static str,
    /// Why, for people.
    pub message: String,
}

/// What an offer came to.
#[derive(Clone, PartialEq, Debug)]
pub struct PublishAnswer {
    /// The answer for the peer.
    pub sdp: String,
    /// The peer's transport.
    pub remote: RemoteTransport,
    /// The credentials that the answer carries for the first time, after an ICE restart by the peer.
    pub local_restart: Option<IceCredentials>,
    /// Tracks that begin. A track whose parameters changed stands in `removed` and here.
    pub added: Vec<PublishedMedia>,
    /// Tracks that ended.
    pub removed: Vec<Mid>,
    /// Sections that are refused.
    pub refused: Vec<RefusedMedia>,
}

impl PublishSession {
    /// `session_id` names the session in `o=`; `capabilities` are what the router takes, preferred first.
    pub fn new(session_id: u64, local: LocalTransport, capabilities: RtpCapabilities) -> Self {
        Self {
            session_id,
            version: 0,
            local,
            next_ice: None,
            capabilities,
            remote: None,
            sections: Vec::new(),
        }
    }

    /// Reads an offer and answers it.
    ///
    /// # Errors
    /// See [`SdpError`]; the session is then unchanged.
    pub fn handle_offer(&mut self, sdp: &str) -> Result<PublishAnswer, SdpError> {
        let draft = self.read_offer(sdp)?;
        Ok(self.answer(draft))
    }

    /// Reads an offer without answering it yet. The draft fits the session until another offer is answered.
    ///
    /// # Errors
    /// See [`SdpError`].
    pub fn read_offer(&self, sdp: &str) -> Result<PublishDraft, SdpError> {
        let description = Description::parse(sdp)?;
        let draft = offer::read(self, &description).map_err(|fault| fault.within(sdp))?;
        draft.ok_or(SdpError::Missing("the offer has no media section in use"))
    }

    /// Answers an offer read before.
    pub fn answer(&mut self, draft: PublishDraft) -> PublishAnswer {
        let local_restart = if draft.remote.ice_restarted { self.next_ice.take() } else { None };
        if let Some(ice) = &local_restart {
            self.local.ice = ice.clone();
        }
        self.version += 1;
        let sdp = answer::write(self, &draft);
        self.sections = draft.sections.iter().map(offer::DraftSection::known).collect();
        self.remote = Some(draft.known_remote);
        PublishAnswer {
            sdp,
            remote: draft.remote,
            local_restart,
            added: draft.added,
            removed: draft.removed,
            refused: draft.refused,
        }
    }

    /// Takes a track for ended though the peer goes on sending it. It begins anew with the next offer that has it, unless
    /// that is told to leave it out.
    pub fn forget(&mut self, mid: Mid) {
        for section in self.sections.iter_mut().filter(|section| section.mid == Some(mid)) {
            section.published = None;
        }
    }

    /// The credentials to answer the peer's next ICE restart with. Without them the credentials stay.
    pub fn restart_ice(&mut self, ice: IceCredentials) {
        self.next_ice = Some(ice);
    }
}
