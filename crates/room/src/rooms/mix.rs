//! A room's mix: opened when somebody takes it, told of whoever is heard and who listens, closed when nobody does.

use std::sync::Arc;

use motet_control::{
    Codec, CodecParameters, ConsumerId, Encoding, MediaKind, MemberSettings, MixerAsk, MixerId, MixerNews,
    MixerNotification, MixerOpen, MixerRequest, ProducerId, RtpCapabilities, RtpParameters,
};

use super::Rooms;
use super::desk::Desk;
use super::moves::Scene;
use super::participant::{Media, Participant, Track, Way};
use super::room::Room;
use super::subscribe;
use crate::event::{MixCell, Source};
use crate::ids::{ParticipantId, TrackId};

pub(super) struct Mix {
    pub(super) mixer_id: MixerId,
    pub(super) audio: Track,
    /// One a codec.
    pub(super) pictures: Vec<Track>,
    /// What its picture shows where, as the mixer told last.
    pub(super) cells: Arc<[MixCell]>,
}

impl Mix {
    pub(super) fn tracks(&self) -> impl Iterator<Item = &Track> {
        std::iter::once(&self.audio).chain(&self.pictures)
    }

    pub(super) fn has(&self, track_id: TrackId) -> bool {
        self.tracks().any(|track| track.id == track_id)
    }

    fn picture(&self, codec: Codec) -> Option<&Track> {
        self.pictures.iter().find(|track| track.codec() == Some(codec))
    }
}

impl Scene<'_> {
    /// Offers the mix to one who takes it.
    pub(super) fn offer_mix(&mut self, id: ParticipantId) {
        self.open_mix();
        if !self.room.people.get(&id).is_some_and(|participant| participant.grants.subscribe) {
            return;
        }
        let codec = self.room.people[&id].picture;
        self.open_picture(codec);
        let Some(mix) = &self.room.mix else { return };
        let track_ids: Vec<TrackId> =
            [Some(&mix.audio), mix.picture(codec)].into_iter().flatten().map(|track| track.id).collect();
        for track_id in track_ids {
            if !self.room.people[&id].subscriptions.contains_key(&track_id) {
                subscribe::propose(self.desk, self.capabilities, self.room, id, track_id, false);
            }
        }
    }

    fn open_mix(&mut self) {
        if self.room.mix.is_some() {
            return;
        }
        let mixer_id = MixerId(self.desk.fresh_id());
        let audio = mix_track(self.desk, self.capabilities, Codec::Opus);
        let audio_producer_id = audio.producer_id().expect("the mix passes the server");
        self.room.mix = Some(Mix { mixer_id, audio, pictures: Vec::new(), cells: Arc::default() });
        self.desk.mixers.insert(mixer_id, self.room.router_id);
        let open = MixerOpen {
            router_id: self.room.router_id,
            audio_producer_id,
            audio: self.room.mix_settings.audio,
            video: self.room.mix_settings.video.clone(),
            layout: self.room.layout.clone(),
        };
        self.room.ask_mixer(self.desk, MixerAsk::Open(Box::new(open)));
        let ids: Vec<ParticipantId> = self.room.people.keys().copied().collect();
        for id in ids {
            self.room.describe_member(self.desk, id);
            let tracks = &self.room.people[&id].tracks;
            let asks: Vec<MixerAsk> =
                tracks.iter().flat_map(|track| source_asks(&self.room.people[&id], track)).collect();
            asks.into_iter().for_each(|ask| self.room.ask_mixer(self.desk, ask));
        }
    }

    fn open_picture(&mut self, codec: Codec) {
        let Some(mix) = &mut self.room.mix else { return };
        if self.room.mix_settings.video.is_none() || mix.picture(codec).is_some() {
            return;
        }
        let track = mix_track(self.desk, self.capabilities, codec);
        let producer_id = track.producer_id().expect("the mix passes the server");
        mix.pictures.push(track);
        self.room.ask_mixer(self.desk, MixerAsk::OpenPicture { producer_id, codec });
    }

    /// Closes the mix when nobody takes it.
    pub(super) fn tend_mix(&mut self) {
        if !self.room.people.values().any(|participant| participant.is_on(Way::Mix)) {
            self.room.ask_mixer(self.desk, MixerAsk::Close);
            self.room.forget_mix(self.desk);
        }
    }
}

impl Room {
    pub(super) fn ask_mixer(&self, desk: &mut Desk, ask: MixerAsk) {
        if let Some(mix) = &self.mix {
            desk.ask_mixer(self.worker, MixerRequest { mixer_id: mix.mixer_id, ask });
        }
    }

    /// The mix is over, or is about to be.
    pub(super) fn forget_mix(&mut self, desk: &mut Desk) {
        let Some(mix) = self.mix.take() else { return };
        desk.mixers.remove(&mix.mixer_id);
        let track_ids: Vec<TrackId> = mix.tracks().map(|track| track.id).collect();
        self.end_subscriptions_of(desk, &track_ids);
        self.people.values_mut().for_each(|participant| participant.listens = false);
        self.forget_shown(desk, &mix);
    }

    /// Tells the mixer how a participant is named, shown and heard.
    pub(super) fn describe_member(&self, desk: &mut Desk, id: ParticipantId) {
        let Some(participant) = self.people.get(&id) else { return };
        let voice = participant.voice;
        let settings = MemberSettings {
            name: participant.name.to_string(),
            shown: !participant.tracks.is_empty(),
            muted: voice.muted,
            gain: voice.gain,
            position: voice.position,
        };
        self.ask_mixer(desk, MixerAsk::SetMember { member: participant.member(), settings });
    }

    /// Tells the mixer of a track that passes the server from now on.
    pub(super) fn mix_in(&self, desk: &mut Desk, id: ParticipantId, track_id: TrackId) {
        let Some(participant) = self.people.get(&id) else { return };
        let Some(track) = participant.tracks.iter().find(|track| track.id == track_id) else { return };
        source_asks(participant, track).for_each(|ask| self.ask_mixer(desk, ask));
    }

    /// Tells the mixer by which consumers a participant hears and sees the mix.
    pub(super) fn tell_listener(&mut self, desk: &mut Desk, id: ParticipantId) {
        let Some(mix) = &self.mix else { return };
        let Some(participant) = self.people.get(&id) else { return };
        let live = |track: &Track| -> Option<ConsumerId> {
            let received = participant.subscriptions.get(&track.id)?;
            received.live.then_some(received.consumer_id)
        };
        let member = participant.member();
        let audio_consumer_id = live(&mix.audio);
        let video_consumer_id = mix.pictures.iter().find_map(live);
        let listens = audio_consumer_id.is_some() || video_consumer_id.is_some();
        let ask = match (listens, participant.listens) {
            (true, _) => MixerAsk::AddListener { member, audio_consumer_id, video_consumer_id },
            (false, true) => MixerAsk::RemoveListener { member },
            (false, false) => return,
        };
        self.ask_mixer(desk, ask);
        if let Some(participant) = self.people.get_mut(&id) {
            participant.listens = listens;
        }
    }
}

impl Rooms {
    /// A mixer said something.
    pub(super) fn mixer_said(&mut self, notification: MixerNotification) {
        let MixerNotification { mixer_id, news } = notification;
        let Some(router_id) = self.desk.mixers.get(&mixer_id).copied() else { return };
        let Some(room) = self.rooms.get_mut(&router_id) else { return };
        match news {
            MixerNews::Failed { .. } => {
                room.mixer_failed = true;
                room.forget_mix(&mut self.desk);
                self.desk.touch(router_id);
            }
            MixerNews::ActiveSpeaker { member } => {
                let speaker = member.map(|member| ParticipantId(member.0));
                let is_audible =
                    |id: &ParticipantId| room.people.get(id).is_some_and(Participant::is_audible);
                let speaker = speaker.filter(is_audible);
                room.speaks(&mut self.desk, speaker);
            }
            MixerNews::SourceShown { producer_id, shown } => room.shows(&mut self.desk, producer_id, shown),
            MixerNews::Arranged { cells } => room.arranged(&mut self.desk, &cells),
            // Levels come from the router's observer, for those who take tracks too. The rest is for operators, who read the
            // log.
            MixerNews::Levels { .. }
            | MixerNews::SourceHeard { .. }
            | MixerNews::AnnouncementEnded { .. }
            | MixerNews::Refused { .. } => {}
        }
    }
}

/// What a mixer is told of a track.
fn source_asks(participant: &Participant, track: &Track) -> impl Iterator<Item = MixerAsk> + use<> {
    let asks = track.media.as_ref().map(|Media { producer_id, rtp_parameters }| {
        let add = MixerAsk::AddSource {
            member: participant.member(),
            producer_id: *producer_id,
            kind: track.kind,
            is_screen: matches!(track.source, Source::Screen | Source::ScreenAudio),
            rtp_parameters: rtp_parameters.clone(),
        };
        let mute = MixerAsk::SetSourceMuted { producer_id: *producer_id, muted: true };
        [Some(add), track.muted.then_some(mute)]
    });
    asks.into_iter().flatten().flatten()
}

fn mix_track(desk: &mut Desk, capabilities: &RtpCapabilities, codec: Codec) -> Track {
    let codecs: Vec<CodecParameters> =
        capabilities.codecs.iter().find(|known| known.codec == codec).cloned().into_iter().collect();
    let rtp_parameters =
        RtpParameters { codecs, encodings: vec![Encoding::default()], ..RtpParameters::default() };
    Track {
        id: desk.fresh_track_id(),
        source: Source::Mix,
        name: None,
        muted: false,
        kind: codec.kind(),
        media: Some(Media { producer_id: ProducerId(desk.fresh_id()), rtp_parameters }),
        placeholder: None,
    }
}

/// Which composed picture a client takes that knows these codecs.
pub(super) fn picture_for(codecs: Option<&[Codec]>) -> Codec {
    match codecs {
        Some(known) if known.contains(&Codec::H264) && !known.contains(&Codec::Vp8) => Codec::H264,
        _ => Codec::Vp8,
    }
}

/// The composed picture that a client may take which refused one.
pub(super) fn other_picture(refused: Option<Codec>, kind: MediaKind) -> Option<Codec> {
    (kind == MediaKind::Video && refused == Some(Codec::Vp8)).then_some(Codec::H264)
}
