//! Tracks: published, muted, ended.

use motet_control::{MediaKind, MixerAsk, Produce, ProducerId, Request, RouterId};

use super::Rooms;
use super::desk::Desk;
use super::participant::{Media, Participant, Track};
use super::room::{Room, TrackEnd};
use crate::command::{By, NewTrack};
use crate::error::RoomError;
use crate::event::{Event, Source, TrackInfo};
use crate::ids::{ParticipantId, TrackId};
use crate::reply::Reply;

/// Longest name of a track in bytes; a longer one is cut.
const TRACK_NAME_BYTES_MAX: usize = 128;

impl Rooms {
    pub(super) fn publish(&mut self, id: ParticipantId, tracks: Vec<NewTrack>) -> Result<Reply, RoomError> {
        let participant = self.person_mut(id)?;
        if !participant.grants.publish {
            return Err(RoomError::NotAllowed { what: "publish" });
        }
        if participant.publish.is_none() {
            return Err(RoomError::BadState { what: "the publish transport is not open" });
        }
        let router_id = self.desk.people[&id];
        Ok(Reply::Published(tracks.into_iter().map(|new| self.publish_one(router_id, id, new)).collect()))
    }

    fn publish_one(
        &mut self,
        router_id: RouterId,
        id: ParticipantId,
        new: NewTrack,
    ) -> Result<TrackInfo, RoomError> {
        check(&new, &self.capabilities)?;
        let tracks_max = self.config.limits.tracks_max;
        let producer_id = ProducerId(self.desk.fresh_id());
        let desk = &mut self.desk;
        let room = self.rooms.get_mut(&router_id).expect("people are in rooms that exist");
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let media = Media { producer_id, rtp_parameters: new.rtp_parameters.clone() };
        let is_known = new.track_id.is_some();
        let place = match new.track_id {
            Some(track_id) => bind(participant, track_id, new.kind, media)?,
            None if participant.tracks.len() >= tracks_max => {
                return Err(RoomError::TooManyTracks { tracks_max });
            }
            None => {
                participant.tracks.push(Track {
                    id: desk.fresh_track_id(),
                    source: new.source,
                    name: new.name.map(cut),
                    muted: new.muted,
                    kind: new.kind,
                    media: Some(media),
                    placeholder: None,
                });
                participant.tracks.len() - 1
            }
        };
        let track = &participant.tracks[place];
        let info = track.info();
        desk.tracks.insert(track.id, (router_id, id));
        desk.producers.insert(producer_id, track.id);
        let produce = Produce {
            transport_id: participant.publish.as_ref().expect("publish asked for it to be open").id,
            producer_id,
            kind: track.kind,
            rtp_parameters: new.rtp_parameters,
            paused: track.muted,
        };
        produce_on(desk, room, produce);
        let track = info.clone();
        let told = match is_known {
            false => Event::TrackPublished { participant_id: id, track },
            true => Event::TrackChanged { participant_id: id, track },
        };
        room.tell_others(desk, id, &told);
        room.describe_member(desk, id);
        room.mix_in(desk, id, info.id);
        desk.touch(router_id);
        self.offer_to_all(router_id, info.id);
        Ok(info)
    }

    pub(super) fn unpublish(&mut self, id: ParticipantId, track_ids: &[TrackId]) -> Result<Reply, RoomError> {
        let (room, desk) = self.room_with(id)?;
        let participant = room.people.get_mut(&id).ok_or(RoomError::NoSuchParticipant)?;
        let ended: Vec<Track> =
            participant.tracks.extract_if(.., |track| track_ids.contains(&track.id)).collect();
        for track in &ended {
            room.end_track(desk, id, track, TrackEnd::Asked);
        }
        Ok(Reply::Done)
    }

    pub(super) fn mute(&mut self, by: By, track_id: TrackId, muted: bool) -> Result<Reply, RoomError> {
        let (router_id, owner) = *self.desk.tracks.get(&track_id).ok_or(RoomError::NoSuchTrack)?;
        let desk = &mut self.desk;
        let room = self.rooms.get_mut(&router_id).expect("tracks are in rooms that exist");
        let is_own = by == By::Participant(owner);
        match by {
            By::Operator => {}
            By::Participant(id) => {
                let participant = room.people.get(&id).ok_or(RoomError::NoSuchTrack)?;
                if !is_own && !participant.grants.admin {
                    return Err(RoomError::NotAllowed { what: "mute others" });
                }
            }
        }
        // Nobody's microphone or camera is opened by somebody else.
        if !is_own && !muted {
            return Err(RoomError::NotAllowed { what: "unmute others" });
        }
        let participant = room.people.get_mut(&owner).expect("tracks belong to people");
        let track = participant
            .tracks
            .iter_mut()
            .find(|track| track.id == track_id)
            .expect("the desk knows whose tracks are whose");
        if track.muted == muted {
            return Ok(Reply::Done);
        }
        track.muted = muted;
        desk.touch(router_id);
        if let Some(producer_id) = track.producer_id() {
            desk.request(room.worker, Request::SetProducerPaused { producer_id, paused: muted });
            room.ask_mixer(desk, MixerAsk::SetSourceMuted { producer_id, muted });
        }
        let event = Event::TrackMuted { participant_id: owner, track_id, muted };
        if is_own {
            room.tell_others(desk, owner, &event);
        } else {
            room.tell_all(desk, &event);
        }
        room.forget_silenced_speaker(desk, owner);
        Ok(Reply::Done)
    }
}

fn check(new: &NewTrack, capabilities: &motet_control::RtpCapabilities) -> Result<(), RoomError> {
    let parameters = &new.rtp_parameters;
    if parameters.encodings.is_empty() {
        return Err(RoomError::BadTrack { what: "the track has no encoding" });
    }
    if parameters.codecs.is_empty() || parameters.codecs.iter().any(|codec| codec.codec.kind() != new.kind) {
        return Err(RoomError::BadTrack { what: "the track has no codec of its kind" });
    }
    let is_known = |codec| capabilities.codecs.iter().any(|known| known.is_same_format(codec));
    if !parameters.codecs.iter().any(is_known) {
        return Err(RoomError::BadTrack { what: "no codec of the track can be forwarded" });
    }
    if fits(new.source, new.kind) {
        Ok(())
    } else {
        Err(RoomError::BadTrack { what: "the track's source is of another kind" })
    }
}

/// Whether a track of `kind` can come from there. The mix comes from nobody.
pub(super) fn fits(source: Source, kind: MediaKind) -> bool {
    match source {
        Source::Camera | Source::Screen => kind == MediaKind::Video,
        Source::Microphone | Source::ScreenAudio => kind == MediaKind::Audio,
        Source::Other => true,
        Source::Mix => false,
    }
}

/// Gives an announced track its media, and says where it stands.
fn bind(
    participant: &mut Participant,
    track_id: TrackId,
    kind: MediaKind,
    media: Media,
) -> Result<usize, RoomError> {
    let place = participant.tracks.iter().position(|track| track.id == track_id);
    let place = place.ok_or(RoomError::NoSuchTrack)?;
    let track = &mut participant.tracks[place];
    if track.media.is_some() {
        return Err(RoomError::BadTrack { what: "the track is published already" });
    }
    if track.kind != kind {
        return Err(RoomError::BadTrack { what: "the track was announced as another kind" });
    }
    track.media = Some(media);
    Ok(place)
}

fn produce_on(desk: &mut Desk, room: &Room, produce: Produce) {
    let (kind, producer_id) = (produce.kind, produce.producer_id);
    desk.request(room.worker, Request::Produce(Box::new(produce)));
    if kind == MediaKind::Audio {
        desk.request(room.worker, Request::ObserveProducer { observer_id: room.levels, producer_id });
        desk.request(room.worker, Request::ObserveProducer { observer_id: room.speakers, producer_id });
    }
}

pub(super) fn cut(mut name: String) -> String {
    name.retain(|c| !c.is_control());
    name.truncate(name.floor_char_boundary(TRACK_NAME_BYTES_MAX));
    name
}
