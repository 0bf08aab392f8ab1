//! How media moves: what clients want of it, and what those of a mesh tell each other.

use motet_room::{AnnouncedTrack, By, Command, Intent, Place, Reply, SentFlow};
use serde_json::Value;

use super::requests::do_it;
use super::{Session, Success};
use crate::host::Host;
use crate::wire::{
    AnnounceParams, AnnounceResult, PeerStateParams, RelayParams, ReportFlowsParams, RpcError,
    SetTopologyResult, SetViewParams, SetViewResult, Text,
};

impl Session {
    pub(super) async fn set_topology<H: Host>(&self, host: &H, intent: Intent) -> Result<Success, RpcError> {
        let command = Command::SetTopology { place: Place::Of(self.participant_id), intent };
        let Reply::Room(details) = host.command(command).await? else {
            return Err(RpcError::internal());
        };
        let room = details.room;
        Ok(Success::SetTopology(SetTopologyResult {
            topology: Text(room.topology),
            intent: Text(room.intent),
            reason: Text(room.reason),
            explanation: room.explanation,
            epoch: room.epoch,
        }))
    }

    pub(super) async fn set_view<H: Host>(
        &self,
        host: &H,
        params: SetViewParams,
    ) -> Result<Success, RpcError> {
        let by = By::Participant(self.participant_id);
        let participant_id = params.participant_id.map_or(self.participant_id, |Text(id)| id);
        let command = Command::SetView { by, participant_id, view: params.view.0 };
        match host.command(command).await? {
            Reply::View { view, epoch } => Ok(Success::SetView(SetViewResult { view: Text(view), epoch })),
            _ => Err(RpcError::internal()),
        }
    }

    pub(super) async fn announce<H: Host>(
        &self,
        host: &H,
        params: AnnounceParams,
    ) -> Result<Success, RpcError> {
        let tracks = params.tracks.into_iter().map(|track| AnnouncedTrack {
            kind: track.kind.0,
            source: track.source.0,
            name: track.name,
            muted: track.muted.unwrap_or(false),
        });
        let command = Command::Announce { participant_id: self.participant_id, tracks: tracks.collect() };
        match host.command(command).await? {
            Reply::Announced(track_ids) => {
                let track_ids = track_ids.into_iter().map(Text).collect();
                Ok(Success::Announce(AnnounceResult { track_ids }))
            }
            _ => Err(RpcError::internal()),
        }
    }

    pub(super) async fn relay<H: Host>(&self, host: &H, params: RelayParams) -> Result<Success, RpcError> {
        let RelayParams { to, epoch, message } = params;
        let message = Value::Object(message).to_string();
        do_it(host, Command::Relay { participant_id: self.participant_id, to: to.0, epoch, message }).await
    }

    pub(super) async fn report_pair<H: Host>(
        &self,
        host: &H,
        params: PeerStateParams,
    ) -> Result<Success, RpcError> {
        let PeerStateParams { participant_id: with, epoch, state } = params;
        let participant_id = self.participant_id;
        do_it(host, Command::ReportPair { participant_id, with: with.0, epoch, state: state.0 }).await
    }

    pub(super) async fn report_flows<H: Host>(
        &self,
        host: &H,
        params: ReportFlowsParams,
    ) -> Result<Success, RpcError> {
        let flows = params.flows.into_iter().map(|flow| SentFlow {
            to: flow.to.0,
            audio_bps: flow.audio_bps,
            video_bps: flow.video_bps,
        });
        let participant_id = self.participant_id;
        do_it(host, Command::ReportFlows { participant_id, flows: flows.collect() }).await
    }
}
