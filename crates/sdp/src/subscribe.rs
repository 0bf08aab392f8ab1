//! Sending media to a peer: this side offers, the peer answers.

use motet_control::{IceCredentials, MediaKind, RtpParameters};
use motet_rtp::Mid;

use crate::error::SdpError;
use crate::transport::{LocalTransport, RemoteTransport};

/// The offering side of a subscribe PeerConnection. `K` is the caller's key for a track.
pub struct SubscribeSession<K> {
    session_id: u64,
    local: LocalTransport,
    tracks: Vec<(K, SubscribedMedia)>,
}

/// A track to offer.
#[derive(Clone, PartialEq, Debug)]
pub struct SubscribedMedia {
    /// Audio or video.
    pub kind: MediaKind,
    /// What would be sent, with its SSRCs; `mid` is chosen here.
    pub rtp_parameters: RtpParameters,
    /// The MediaStream that the track shows up in (`a=msid`, RFC 8830): tracks that share it play in sync.
    pub stream_id: String,
    /// The track's name within the stream. Browsers may not keep it; the `mid` is what tells tracks apart.
    pub track_id: String,
}

/// An offer to send to the peer.
#[derive(Clone, PartialEq, Debug)]
pub struct SubscribeOffer<K> {
    /// The offer.
    pub sdp: String,
    /// Each track offered with its media section.
    pub tracks: Vec<(Mid, K)>,
}

/// What an answer came to.
#[derive(Clone, PartialEq, Debug)]
pub struct SubscribeAnswer<K> {
    /// The peer's transport.
    pub remote: RemoteTransport,
    /// Tracks that this answer accepts for the first time, with what to send.
    pub accepted: Vec<(K, RtpParameters)>,
    /// Tracks that the peer does not take, with the reason for people. They are out of the session.
    pub refused: Vec<(K, String)>,
}

impl<K: Copy + Eq> SubscribeSession<K> {
    /// `session_id` names the session in `o=`.
    pub fn new(session_id: u64, local: LocalTransport) -> Self {
        Self { session_id, local, tracks: Vec::new() }
    }

    /// Takes a track into the next offer.
    ///
    /// # Errors
    /// When there are as many sections as there may be, the key is in use, or the parameters cannot be offered.
    pub fn add(&mut self, _key: K, _media: SubscribedMedia) -> Result<(), SdpError> {
        todo!()
    }

    /// Takes a track out with the next offer. Unknown keys are ignored.
    pub fn remove(&mut self, _key: K) {
        todo!()
    }

    /// The next offer: `None` while one is unanswered, or when nothing changed since the last.
    pub fn poll_offer(&mut self) -> Option<SubscribeOffer<K>> {
        todo!()
    }

    /// Reads the answer to the open offer.
    ///
    /// # Errors
    /// See [`SdpError`]; the offer then stays open.
    pub fn handle_answer(&mut self, _sdp: &str) -> Result<SubscribeAnswer<K>, SdpError> {
        todo!()
    }

    /// Puts new credentials into the next offer, which is due by that alone.
    pub fn restart_ice(&mut self, _ice: IceCredentials) {
        let _ = (&self.session_id, &self.local, &self.tracks);
        todo!()
    }
}
