//! Sending media to a peer: this side offers, the peer answers.

mod answer;
mod offer;

use motet_control::{IceCredentials, MediaKind, RtpParameters};
use motet_rtp::Mid;

use crate::description::{Description, SDP_BYTES_MAX, SECTIONS_MAX};
use crate::error::SdpError;
use crate::transport::{KnownRemote, LocalTransport, RemoteTransport};
use answer::Outcome;

/// The offering side of a subscribe PeerConnection. `K` is the caller's key for a track.
///
/// Sections never change their place. One whose track ended is offered inactive and then serves the next track of its
/// kind under its old MID. One that the peer rejected with port 0 is offered as rejected and then serves the next track
/// of any kind under a new MID; Firefox 153 insists on that offer in between.
pub struct SubscribeSession<K> {
    session_id: u64,
    /// Counts offers, for `o=`.
    version: u64,
    local: LocalTransport,
    remote: Option<KnownRemote>,
    slots: Vec<Slot<K>>,
    /// The next MID; none is used twice.
    next_mid: u32,
    /// How many slots the last offer had.
    told_len: usize,
    /// Whether the last offer awaits its answer.
    is_open: bool,
    /// True when something changed that no offer has told yet.
    is_dirty: bool,
}

/// What browsers add to a section of the offer when they answer it, and what a description has beside its sections.
const ANSWER_BYTES_MORE: usize = 256;

/// One media section, for good.
struct Slot<K> {
    mid: Mid,
    /// Orders MIDs by age.
    number: u32,
    kind: MediaKind,
    state: State<K>,
    /// The codecs that a section without a track goes on naming: an empty media line is no SDP.
    last: RtpParameters,
    /// How long the section is in an offer.
    bytes: usize,
    told: Told<K>,
}

enum State<K> {
    Live(Box<Track<K>>),
    /// Has no track.
    Idle,
    /// Rejected by the peer.
    Dead,
}

struct Track<K> {
    key: K,
    media: SubscribedMedia,
    accepted: Option<RtpParameters>,
}

/// What the last offer said of a section under its present MID.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told<K> {
    /// Nothing, or something that its answer made void.
    Nothing,
    /// Inactive, or rejected.
    Unused,
    Track(K),
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
    /// The peer's transport; `None` while it has rejected every section there was.
    pub remote: Option<RemoteTransport>,
    /// Tracks that this answer accepts for the first time, or otherwise than before, with what to send.
    pub accepted: Vec<(K, RtpParameters)>,
    /// Tracks that the peer does not take, with the reason for people. They are out of the session.
    pub refused: Vec<(K, String)>,
}

impl<K: Copy + Eq> SubscribeSession<K> {
    /// `session_id` names the session in `o=`.
    pub fn new(session_id: u64, local: LocalTransport) -> Self {
        Self {
            session_id,
            version: 0,
            local,
            remote: None,
            slots: Vec::new(),
            next_mid: 0,
            told_len: 0,
            is_open: false,
            is_dirty: false,
        }
    }

    /// Takes a track into the next offer.
    ///
    /// # Errors
    /// When there are as many sections as there may be or the answer would pass [`SDP_BYTES_MAX`], the key is in use, or
    /// the parameters cannot be offered: no codec, no SSRC, or a stream or track name that is no token (RFC 8830
    /// section 2).
    pub fn add(&mut self, key: K, media: SubscribedMedia) -> Result<(), SdpError> {
        check_offerable(&media)?;
        if self.slots.iter().any(|slot| slot.key() == Some(key)) {
            return Err(SdpError::BadState("the track is in the session already"));
        }
        let bytes = offer::section_bytes(&self.local, &media) + ANSWER_BYTES_MORE;
        let used: usize = self.slots.iter().map(|slot| slot.bytes).sum();
        if used + bytes > SDP_BYTES_MAX - ANSWER_BYTES_MORE {
            return Err(SdpError::LimitReached(format!("the offer would pass {SDP_BYTES_MAX} bytes")));
        }
        let index = match self.reusable(media.kind) {
            Some(index) => index,
            None if self.slots.len() < SECTIONS_MAX => {
                self.slots.push(Slot::empty(media.kind));
                self.slots.len() - 1
            }
            None => {
                return Err(SdpError::LimitReached(format!("all {SECTIONS_MAX} media sections are in use")));
            }
        };
        if index >= self.told_len || matches!(self.slots[index].state, State::Dead) {
            self.rename(index);
        }
        let slot = &mut self.slots[index];
        slot.kind = media.kind;
        slot.bytes = bytes;
        slot.last = media.rtp_parameters.clone();
        slot.state = State::Live(Box::new(Track { key, media, accepted: None }));
        self.is_dirty = true;
        Ok(())
    }

    /// Takes a track out with the next offer. Unknown keys are ignored.
    pub fn remove(&mut self, key: K) {
        let Some(index) = self.slots.iter().position(|slot| slot.key() == Some(key)) else { return };
        if index >= self.told_len {
            // The peer has not heard of the section.
            self.slots.remove(index);
            return;
        }
        let slot = &mut self.slots[index];
        slot.state = if slot.told == Told::Nothing { State::Dead } else { State::Idle };
        self.is_dirty = true;
    }

    /// The next offer: `None` while one is unanswered, or when nothing changed since the last.
    pub fn poll_offer(&mut self) -> Option<SubscribeOffer<K>> {
        if self.is_open || !self.is_dirty || self.slots.is_empty() {
            return None;
        }
        self.version += 1;
        let sdp = offer::write(self);
        for slot in &mut self.slots {
            slot.told = slot.key().map_or(Told::Unused, Told::Track);
        }
        self.told_len = self.slots.len();
        self.is_open = true;
        self.is_dirty = false;
        let tracks = self.slots.iter().filter_map(|slot| Some((slot.mid, slot.key()?))).collect();
        Some(SubscribeOffer { sdp, tracks })
    }

    /// Reads the answer to the open offer.
    ///
    /// # Errors
    /// See [`SdpError`]; the offer then stays open.
    pub fn handle_answer(&mut self, sdp: &str) -> Result<SubscribeAnswer<K>, SdpError> {
        if !self.is_open {
            return Err(SdpError::BadState("no offer is open"));
        }
        let description = Description::parse(sdp)?;
        let read = answer::read(self, &description).map_err(|fault| fault.within(sdp))?;
        let (known_remote, remote) = read.remote.unzip();
        self.remote = known_remote.or(self.remote.take());
        self.is_open = false;
        let mut answer = SubscribeAnswer { remote, accepted: Vec::new(), refused: Vec::new() };
        for (index, outcome) in read.outcomes.into_iter().enumerate() {
            if self.slots[index].settle(outcome, &mut answer) == Place::Lost {
                self.rename(index);
            }
        }
        Ok(answer)
    }

    /// Puts new credentials into the next offer, which is due by that alone.
    pub fn restart_ice(&mut self, ice: IceCredentials) {
        self.local.ice = ice;
        self.is_dirty = true;
    }

    /// A section that no track uses: rather an idle one of the kind, whose next use peers of every sort understand, than
    /// a dead one, which some cannot bring back.
    fn reusable(&self, kind: MediaKind) -> Option<usize> {
        let position = |is_wanted: fn(&Slot<K>, MediaKind) -> bool| {
            self.slots.iter().position(|slot| slot.told == Told::Unused && is_wanted(slot, kind))
        };
        let idle = position(|slot, kind| matches!(slot.state, State::Idle) && slot.kind == kind);
        idle.or_else(|| position(|slot, _| matches!(slot.state, State::Dead)))
    }

    /// Makes a section a new one in an old place.
    fn rename(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        slot.mid = self.next_mid.to_string().parse().expect("ten digits are a MID");
        slot.number = self.next_mid;
        slot.told = Told::Nothing;
        self.next_mid += 1;
    }
}

impl<K: Copy + Eq> Slot<K> {
    fn empty(kind: MediaKind) -> Self {
        let unnamed = "-".parse().expect("a dash is a MID");
        Self {
            mid: unnamed,
            number: 0,
            kind,
            state: State::Idle,
            last: RtpParameters::default(),
            bytes: 0,
            told: Told::Nothing,
        }
    }

    fn track(&self) -> Option<&Track<K>> {
        match &self.state {
            State::Live(track) => Some(track),
            State::Idle | State::Dead => None,
        }
    }

    fn key(&self) -> Option<K> {
        self.track().map(|track| track.key)
    }

    /// Puts what the answer says of this section into force. A track that came or went while the offer was open is not
    /// what the answer speaks of.
    fn settle(&mut self, outcome: Outcome, answer: &mut SubscribeAnswer<K>) -> Place {
        let is_meant = |key: &K| self.told == Told::Track(*key);
        let key = self.key().filter(is_meant);
        match (outcome, &mut self.state, key) {
            (Outcome::Accepted(parameters), State::Live(track), Some(key)) => {
                if track.accepted.as_ref() != Some(&parameters) {
                    answer.accepted.push((key, parameters.clone()));
                }
                track.accepted = Some(parameters);
            }
            // A track came into the section while the peer, not knowing it, rejected the section.
            (Outcome::Refused { is_dead, .. }, State::Live(_), None) => {
                return if is_dead { Place::Lost } else { Place::Kept };
            }
            (Outcome::Refused { reason, is_dead }, state, key) => {
                answer.refused.extend(key.map(|key| (key, reason)));
                // What was dead before was offered as rejected, and this answer agrees.
                let is_agreed = !is_dead || matches!(state, State::Dead);
                *state = if is_dead { State::Dead } else { State::Idle };
                self.told = if is_agreed { Told::Unused } else { Told::Nothing };
            }
            (Outcome::Accepted(_) | Outcome::Unused, ..) => {}
        }
        Place::Kept
    }
}

/// Whether a section that was given a new track still stands.
#[derive(PartialEq, Eq)]
enum Place {
    Kept,
    Lost,
}

fn check_offerable(media: &SubscribedMedia) -> Result<(), SdpError> {
    let parameters = &media.rtp_parameters;
    if !parameters.codecs.iter().any(|codec| codec.codec.kind() == media.kind) {
        return Err(SdpError::BadState("the track has no codec"));
    }
    if parameters.encodings.first().is_none_or(|encoding| encoding.ssrc.is_none()) {
        return Err(SdpError::BadState("the track has no SSRC"));
    }
    let is_token =
        |text: &str| !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_graphic());
    if !is_token(&media.stream_id) || !is_token(&media.track_id) {
        return Err(SdpError::BadState("a stream or track name is not 1 to 64 visible ASCII characters"));
    }
    Ok(())
}
