//! Receiving a peer's media: the peer offers, this side answers.

use motet_control::{IceCredentials, MediaKind, RtpCapabilities, RtpParameters};
use motet_rtp::Mid;

use crate::error::SdpError;
use crate::transport::{LocalTransport, RemoteTransport};

/// The answering side of a publish PeerConnection.
pub struct PublishSession {
    session_id: u64,
    local: LocalTransport,
    capabilities: RtpCapabilities,
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
    /// Why, for people.
    pub reason: String,
}

/// An offer that was read and negotiated and not yet answered, so that tracks of it may still be refused.
pub struct PublishDraft {
    added: Vec<PublishedMedia>,
}

impl PublishDraft {
    /// Tracks that the offer adds. A track whose parameters changed is both removed and added.
    pub fn added(&self) -> &[PublishedMedia] {
        &self.added
    }

    /// Has the answer refuse the section of an added track.
    pub fn refuse(&mut self, _mid: Mid, _reason: impl Into<String>) {
        todo!()
    }
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
    /// Tracks that begin.
    pub added: Vec<PublishedMedia>,
    /// Tracks that ended.
    pub removed: Vec<Mid>,
    /// Sections that are refused.
    pub refused: Vec<RefusedMedia>,
}

impl PublishSession {
    /// `session_id` names the session in `o=`; `capabilities` are what the router takes, preferred first.
    pub fn new(session_id: u64, local: LocalTransport, capabilities: RtpCapabilities) -> Self {
        Self { session_id, local, capabilities }
    }

    /// Reads an offer and answers it.
    ///
    /// # Errors
    /// See [`SdpError`]; the session is then unchanged.
    pub fn handle_offer(&mut self, sdp: &str) -> Result<PublishAnswer, SdpError> {
        let draft = self.read_offer(sdp)?;
        Ok(self.answer(draft))
    }

    /// Reads an offer without answering it yet.
    ///
    /// # Errors
    /// See [`SdpError`].
    pub fn read_offer(&self, _sdp: &str) -> Result<PublishDraft, SdpError> {
        todo!()
    }

    /// Answers an offer read before.
    pub fn answer(&mut self, _draft: PublishDraft) -> PublishAnswer {
        todo!()
    }

    /// The credentials to answer the peer's next ICE restart with. Without them the credentials stay.
    pub fn restart_ice(&mut self, _ice: IceCredentials) {
        let _ = (&self.session_id, &self.local, &self.capabilities);
        todo!()
    }
}
