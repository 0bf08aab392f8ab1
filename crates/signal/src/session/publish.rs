//! The publish PeerConnection: the client's offers answered, and their media sections told apart as tracks.

use std::collections::BTreeMap;

use motet_control::negotiate::router_capabilities;
use motet_room::{Command, NewTrack, Peer, Reply, RoomError, Source, TrackId, TrackInfo};
use motet_rtp::Mid;
use motet_sdp::{PublishDraft, PublishSession, PublishedMedia, RemoteTransport};

use super::{Session, Success, ask_transport, local_transport};
use crate::host::Host;
use crate::wire::{
    PublishParams, PublishResult, PublishTrack, PublishedTrack, RefusedSection, RpcError, Text,
};

/// What this participant publishes.
pub(super) struct Publishing {
    sdp: PublishSession,
    tracks: BTreeMap<Mid, TrackId>,
    is_connected: bool,
}

impl Session {
    pub(super) async fn publish<H: Host>(
        &mut self,
        host: &H,
        params: PublishParams,
    ) -> Result<PublishResult, RpcError> {
        let PublishParams { sdp, tracks: listed } = params;
        let listed = listed.map(by_mid).transpose()?;
        self.open_publishing(host).await?;
        let mut draft = self.publishing()?.sdp.read_offer(&sdp)?;
        if let Some(listed) = &listed {
            let all: Vec<Mid> = draft.receiving().map(|media| media.mid).collect();
            all.into_iter().filter(|mid| !listed.contains_key(mid)).for_each(|mid| draft.leave_out(mid));
        }
        if draft.restarts_ice() {
            let command = Command::RestartIce { participant_id: self.participant_id, peer: Peer::Publish };
            let facts = ask_transport(host, command).await?;
            self.publishing()?.sdp.restart_ice(facts.ice);
        }
        self.end_removed(host, &draft).await?;
        self.begin_added(host, &mut draft, listed.unwrap_or_default()).await?;
        let publishing = self.publishing()?;
        let answer = publishing.sdp.answer(draft);
        let is_news = !std::mem::replace(&mut publishing.is_connected, true) || answer.remote.ice_restarted;
        if is_news {
            self.connect(host, Peer::Publish, answer.remote).await?;
        }
        let tracks = self.publishing()?.tracks.iter();
        Ok(PublishResult {
            sdp: answer.sdp,
            tracks: tracks
                .map(|(mid, track_id)| PublishedTrack { mid: Text(*mid), track_id: Text(*track_id) })
                .collect(),
            refused: answer
                .refused
                .into_iter()
                .map(|refused| RefusedSection {
                    mid: Text(refused.mid),
                    reason: refused.reason,
                    message: refused.message,
                })
                .collect(),
        })
    }

    pub(super) async fn unpublish<H: Host>(
        &mut self,
        host: &H,
        track_id: TrackId,
    ) -> Result<Success, RpcError> {
        let track_ids = vec![track_id];
        host.command(Command::Unpublish { participant_id: self.participant_id, track_ids }).await?;
        self.forget_own(track_id);
        Ok(Success::NOTHING)
    }

    /// A track of this participant ended, though its client may go on sending it.
    pub(super) fn forget_own(&mut self, track_id: TrackId) {
        let Some(publishing) = &mut self.publishing else { return };
        let mid = publishing.tracks.iter().find(|(_, id)| **id == track_id).map(|(mid, _)| *mid);
        if let Some(mid) = mid {
            publishing.tracks.remove(&mid);
            publishing.sdp.forget(mid);
        }
    }

    pub(super) async fn connect<H: Host>(
        &self,
        host: &H,
        peer: Peer,
        remote: RemoteTransport,
    ) -> Result<(), RpcError> {
        let RemoteTransport { ufrag, dtls, .. } = remote;
        let participant_id = self.participant_id;
        let command = Command::ConnectTransport { participant_id, peer, remote_ufrag: Some(ufrag), dtls };
        host.command(command).await?;
        Ok(())
    }

    async fn open_publishing<H: Host>(&mut self, host: &H) -> Result<(), RpcError> {
        if self.publishing.is_some() {
            return Ok(());
        }
        let command = Command::OpenTransport { participant_id: self.participant_id, peer: Peer::Publish };
        let local = local_transport(ask_transport(host, command).await?);
        let sdp = PublishSession::new(self.session_id.0, local, router_capabilities());
        self.publishing = Some(Publishing { sdp, tracks: BTreeMap::new(), is_connected: false });
        Ok(())
    }

    fn publishing(&mut self) -> Result<&mut Publishing, RpcError> {
        self.publishing.as_mut().ok_or_else(RpcError::internal)
    }

    async fn end_removed<H: Host>(&mut self, host: &H, draft: &PublishDraft) -> Result<(), RpcError> {
        let tracks = &self.publishing()?.tracks;
        let track_ids: Vec<TrackId> =
            draft.removed().iter().filter_map(|mid| tracks.get(mid)).copied().collect();
        if track_ids.is_empty() {
            return Ok(());
        }
        track_ids.iter().for_each(|track_id| self.forget_own(*track_id));
        host.command(Command::Unpublish { participant_id: self.participant_id, track_ids }).await?;
        Ok(())
    }

    async fn begin_added<H: Host>(
        &mut self,
        host: &H,
        draft: &mut PublishDraft,
        mut listed: BTreeMap<Mid, PublishTrack>,
    ) -> Result<(), RpcError> {
        let mids: Vec<Mid> = draft.added().iter().map(|media| media.mid).collect();
        if mids.is_empty() {
            return Ok(());
        }
        let tracks = draft.added().iter().map(|media| new_track(media, listed.remove(&media.mid))).collect();
        let command = Command::Publish { participant_id: self.participant_id, tracks };
        let Reply::Published(results) = host.command(command).await? else {
            return Err(RpcError::internal());
        };
        for (mid, result) in mids.into_iter().zip(results) {
            self.settle(draft, mid, result)?;
        }
        Ok(())
    }

    fn settle(
        &mut self,
        draft: &mut PublishDraft,
        mid: Mid,
        result: Result<TrackInfo, RoomError>,
    ) -> Result<(), RpcError> {
        match result {
            Ok(track) => {
                self.publishing()?.tracks.insert(mid, track.id);
            }
            Err(error) => draft.refuse(mid, error.reason(), error.to_string()),
        }
        Ok(())
    }
}

fn new_track(media: &PublishedMedia, listed: Option<PublishTrack>) -> NewTrack {
    let (source, name, muted, track_id) = match listed {
        Some(listed) => {
            let track_id = listed.track_id.map(|Text(track_id)| track_id);
            (listed.source.0, listed.name, listed.muted.unwrap_or(false), track_id)
        }
        None => (Source::Other, None, false, None),
    };
    NewTrack { kind: media.kind, source, name, muted, rtp_parameters: media.rtp_parameters.clone(), track_id }
}

fn by_mid(listed: Vec<PublishTrack>) -> Result<BTreeMap<Mid, PublishTrack>, RpcError> {
    let mut tracks = BTreeMap::new();
    for track in listed {
        let mid = track.mid.0;
        if tracks.insert(mid, track).is_some() {
            return Err(RpcError::invalid_params(format!("mid {mid} is listed twice")));
        }
    }
    Ok(tracks)
}
