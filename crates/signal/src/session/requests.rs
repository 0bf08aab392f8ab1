//! Requests, one after the other, each carried out before the next is looked at.

use std::time::Instant;

use motet_control::Codec;
use motet_room::{By, Command, LeaveReason, Peer, Place, Reply, TrackId};

use super::{Session, Success, ask_transport};
use crate::host::Host;
use crate::wire::{
    ChatParams, ChatResult, RefusedTrack, Request, RpcError, StatsResult, SubscribeResult, Text,
};

impl Session {
    pub(super) async fn carry_out<H: Host>(
        &mut self,
        now: Instant,
        host: &H,
        request: Request,
    ) -> Result<Success, RpcError> {
        let participant_id = self.participant_id;
        match request {
            Request::Join(_) | Request::Resume(_) => {
                Err(RpcError::state("alreadyJoined", "this socket has joined already"))
            }
            Request::Publish(params) => self.publish(host, params).await.map(Success::Publish),
            Request::Unpublish(params) => self.unpublish(host, params.track_id.0).await,
            Request::Mute(params) => {
                let by = By::Participant(participant_id);
                do_it(host, Command::Mute { by, track_id: params.track_id.0, muted: params.muted }).await
            }
            Request::Subscribe(params) => self.subscribe(host, bare(params.track_ids)).await,
            Request::Unsubscribe(params) => {
                let track_ids = bare(params.track_ids);
                do_it(host, Command::Unsubscribe { participant_id, track_ids }).await
            }
            Request::Pause(params) => {
                let (track_id, paused) = (params.track_id.0, params.paused);
                do_it(host, Command::Pause { participant_id, track_id, paused }).await
            }
            Request::Answer(params) => self.take_answer(host, params).await,
            Request::RestartIce(params) => self.restart_ice(host, params.peer.0).await,
            Request::Chat(params) => self.chat(host, params).await,
            Request::Stats(_) => self.stats(host).await,
            Request::Leave(_) => self.leave(host).await,
            Request::SetTopology(params) => self.set_topology(host, params.topology.0).await,
            Request::SetView(params) => self.set_view(host, params).await,
            Request::SetLayout(params) => {
                let (place, layout) = (Place::Of(participant_id), params.layout.into());
                do_it(host, Command::SetLayout { place, layout }).await
            }
            Request::Announce(params) => self.announce(host, params).await,
            Request::Settled(params) => {
                do_it(host, Command::Settled { participant_id, epoch: params.epoch }).await
            }
            Request::Relay(params) => self.relay(host, params).await,
            Request::PeerState(params) => self.report_pair(host, params).await,
            Request::WatchFlows(params) => {
                do_it(host, Command::WatchFlows { participant_id, watch: params.watch }).await
            }
            Request::ReportFlows(params) => self.report_flows(host, params).await,
            // An ICE-lite side learns paths from checks. A ping is answered by being answered.
            Request::Candidate(_) | Request::Ping(_) => Ok(Success::NOTHING),
            Request::SetPreferredLayers(_) => Err(RpcError::not_yet("choosing layers")),
        }
        .inspect(|_| tracing::trace!(%participant_id, at = ?now, "a request was carried out"))
    }

    async fn subscribe<H: Host>(&self, host: &H, track_ids: Vec<TrackId>) -> Result<Success, RpcError> {
        let command =
            Command::Subscribe { participant_id: self.participant_id, track_ids: track_ids.clone() };
        let Reply::Subscribed(results) = host.command(command).await? else {
            return Err(RpcError::internal());
        };
        let refused = track_ids.into_iter().zip(results).filter_map(|(track_id, result)| {
            let error = result.err()?;
            Some(RefusedTrack {
                track_id: Text(track_id),
                reason: error.reason(),
                message: error.to_string(),
            })
        });
        Ok(Success::Subscribe(SubscribeResult { refused: refused.collect() }))
    }

    async fn restart_ice<H: Host>(&mut self, host: &H, peer: Peer) -> Result<Success, RpcError> {
        // The publish side is the client's to restart, by its next offer.
        if peer == Peer::Subscribe {
            let command = Command::RestartIce { participant_id: self.participant_id, peer };
            let facts = ask_transport(host, command).await?;
            if let Some(receiving) = &mut self.receiving {
                receiving.sdp.restart_ice(facts.ice);
            }
        }
        Ok(Success::NOTHING)
    }

    async fn chat<H: Host>(&self, host: &H, params: ChatParams) -> Result<Success, RpcError> {
        let to = params.to.map(|Text(id)| id);
        let command = Command::Chat { participant_id: self.participant_id, text: params.text, to };
        match host.command(command).await? {
            Reply::ChatSent { at_unix_ms } => Ok(Success::Chat(ChatResult { at: at_unix_ms })),
            _ => Err(RpcError::internal()),
        }
    }

    async fn stats<H: Host>(&self, host: &H) -> Result<Success, RpcError> {
        let command = Command::Locate { participant_id: self.participant_id };
        let Reply::Location(location) = host.command(command).await? else {
            return Err(RpcError::internal());
        };
        let stats = host.stats((*location).clone()).await;
        Ok(Success::Stats(StatsResult::new(&location, &stats)))
    }

    async fn leave<H: Host>(&mut self, host: &H) -> Result<Success, RpcError> {
        let participant_id = self.participant_id;
        host.command(Command::Leave { participant_id, reason: LeaveReason::Left }).await?;
        self.is_ended = true;
        Ok(Success::NOTHING)
    }

    /// Whether the client takes a codec at all.
    pub(super) fn takes(&self, codec: Codec) -> bool {
        self.codecs.as_ref().is_none_or(|codecs| codecs.contains(&codec))
    }
}

pub(super) async fn do_it<H: Host>(host: &H, command: Command) -> Result<Success, RpcError> {
    host.command(command).await?;
    Ok(Success::NOTHING)
}

fn bare<T>(texts: Vec<Text<T>>) -> Vec<T> {
    texts.into_iter().map(|Text(value)| value).collect()
}
