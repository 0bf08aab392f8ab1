//! The words of the MCU: what can be asked of a mixer, and what it tells.
//!
//! A mixer is a guest of one router: it consumes what members send and produces mixes of it, as any peer would. Requests for it
//! stand in one queue with the requests to its router's worker, and are carried out in that order: a consumer of a
//! mix may be asked for right behind [`MixerRequest::Open`] or [`MixerRequest::OpenPicture`].

use std::sync::Arc;

use crate::codec::{Codec, CodecParameters, MediaKind, RtcpFeedback};
use crate::ids::{AnnouncementId, ConsumerId, MixMember, MixerId, ProducerId, RouterId};
use crate::layout::Layout;
use crate::negotiate;
use crate::rtp_parameters::{Encoding, RtpParameters};
use crate::shown::{MixCell, Shown};

/// What can be asked of a mixer. None is answered: what fails is told by [`MixerNotification`].
#[derive(Clone, PartialEq, Debug)]
pub struct MixerRequest {
    /// Which mixer.
    pub mixer_id: MixerId,
    /// What.
    pub ask: MixerAsk,
}

/// What a mixer is asked for. What names an unknown member, source, picture or listener changes nothing: it may have ended.
#[derive(Clone, PartialEq, Debug)]
pub enum MixerAsk {
    /// Opens the mixer.
    Open(Box<MixerOpen>),
    /// Closes it, with all its producers.
    Close,
    /// A member came, or something about it changed. Members without a camera have a cell too, where they are `shown`.
    SetMember {
        /// Who.
        member: MixMember,
        /// How the member is heard and named.
        settings: MemberSettings,
    },
    /// A member left, with its sources; its listener is to be removed by its own request.
    RemoveMember {
        /// Who.
        member: MixMember,
    },
    /// A member sends this producer, of the mixer's router.
    AddSource {
        /// Who.
        member: MixMember,
        /// What.
        producer_id: ProducerId,
        /// Audio or video.
        kind: MediaKind,
        /// Whether it is a screen, which takes the big cell, and whose sound is mixed like any other.
        is_screen: bool,
        /// The parameters that the producer was opened with.
        rtp_parameters: RtpParameters,
    },
    /// A source ended. To be told even though its producer is closed.
    RemoveSource {
        /// Which.
        producer_id: ProducerId,
    },
    /// A source is muted by its sender: its sound is silence, its picture the placeholder.
    SetSourceMuted {
        /// Which.
        producer_id: ProducerId,
        /// Whether it is.
        muted: bool,
    },
    /// Opens a producer of the composed picture in its largest size. Those of smaller sizes are the mixer's own affair.
    OpenPicture {
        /// Under this id.
        producer_id: ProducerId,
        /// [`Codec::Vp8`] or [`Codec::H264`]; one picture each at most.
        codec: Codec,
    },
    /// Closes a picture, with its smaller sizes. Nothing is encoded that nobody consumes, so that this is seldom needed.
    ClosePicture {
        /// Which.
        producer_id: ProducerId,
    },
    /// These consumers of the mix are a member's ears and eyes: the mixer switches them, the audio to a mix without the
    /// member's own voice and back, the video to the size that the link carries. A second call for a member replaces
    /// what the first said. Consumers that nobody tells of get the shared mix in its largest size.
    AddListener {
        /// Whose.
        member: MixMember,
        /// Of [`MixerOpen::audio_producer_id`].
        audio_consumer_id: Option<ConsumerId>,
        /// Of a picture.
        video_consumer_id: Option<ConsumerId>,
    },
    /// A listener's consumers are no longer to be switched. They go on with the shared mix in the size that they have.
    RemoveListener {
        /// Whose.
        member: MixMember,
    },
    /// Changes the layout.
    SetLayout {
        /// To this.
        layout: Layout,
    },
    /// Plays an announcement to everyone, beside the voices and other announcements.
    Play {
        /// Under this name; told when it ends.
        announcement_id: AnnouncementId,
        /// What.
        announcement: Announcement,
    },
    /// Ends an announcement.
    StopPlaying {
        /// Which.
        announcement_id: AnnouncementId,
    },
}

/// What a mixer is opened with.
#[derive(Clone, PartialEq, Debug)]
pub struct MixerOpen {
    /// The router whose producers it mixes and on which its own producers are.
    pub router_id: RouterId,
    /// The id of the producer of the shared audio mix: everybody's voice. It exists at once.
    pub audio_producer_id: ProducerId,
    /// How the sound is mixed.
    pub audio: MixAudio,
    /// How the picture is composed; `None`: there is no picture, and each [`MixerAsk::OpenPicture`] fails.
    pub video: Option<MixVideo>,
    /// How the picture is laid out.
    pub layout: Layout,
}

/// How sound is mixed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MixAudio {
    /// What one encode of the mix may use, in bits per second.
    pub bitrate_bps: u32,
    /// Whether the mix is stereo.
    pub stereo: bool,
}

impl Default for MixAudio {
    fn default() -> Self {
        Self { bitrate_bps: 48_000, stereo: true }
    }
}

impl MixAudio {
    /// How a producer of this mix is opened, but for its SSRC, which is the mixer's to choose.
    pub fn rtp_parameters(&self) -> RtpParameters {
        let mut parameters = mix_parameters(Codec::Opus);
        for codec in &mut parameters.codecs {
            codec.fmtp.set("usedtx", "1");
            if self.stereo {
                codec.fmtp.set("stereo", "1");
                codec.fmtp.set("sprop-stereo", "1");
            }
        }
        parameters
    }
}

impl MixVideo {
    /// How a producer of the picture is opened, but for its SSRC, which is the mixer's to choose.
    pub fn rtp_parameters(codec: Codec) -> RtpParameters {
        mix_parameters(codec)
    }
}

/// The router's own payload type. Nothing is lost on the way from the mixer to the router, so that there is no NACK.
fn mix_parameters(codec: Codec) -> RtpParameters {
    let known = negotiate::router_capabilities().codecs;
    let feedback = if codec.kind() == MediaKind::Video { vec![RtcpFeedback::Pli] } else { vec![] };
    let codecs = known.into_iter().find(|known| known.codec == codec).map(|known| CodecParameters {
        rtx_payload_type: None,
        rtcp_feedback: feedback,
        ..known
    });
    RtpParameters {
        codecs: codecs.into_iter().collect(),
        encodings: vec![Encoding::default()],
        cname: "motet-mix".to_owned(),
        reduced_size_rtcp: true,
        ..RtpParameters::default()
    }
}

/// How pictures are composed.
#[derive(Clone, PartialEq, Debug)]
pub struct MixVideo {
    /// Sizes of the composed picture with the bitrate for each, the largest first; 1 to 3.
    pub sizes: Vec<MixSize>,
    /// Frames per second, 1 to 30.
    pub fps: u8,
    /// Red, green, blue behind the cells.
    pub background: [u8; 3],
    /// Whether names are drawn on cells.
    pub show_names: bool,
    /// What each camera or screen may cost; beyond it a placeholder says so.
    pub source_max: MixSourceMax,
}

/// What decoding one camera or screen may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MixSourceMax {
    /// Pixels in a frame: larger frames are not decoded.
    pub frame_pixels: u32,
    /// Pixels in a second.
    pub pixels_per_second: u64,
}

impl Default for MixSourceMax {
    /// 4K either way round, at 30 frames a second.
    fn default() -> Self {
        Self { frame_pixels: 4096 * 2304, pixels_per_second: 3840 * 2160 * 30 }
    }
}

/// One size of a composed picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MixSize {
    /// Even, 64 to 1920.
    pub width: u16,
    /// Even, 64 to 1920.
    pub height: u16,
    /// What its encode may use, in bits per second.
    pub bitrate_bps: u32,
}

impl Default for MixVideo {
    fn default() -> Self {
        let size = |width, height, bitrate_bps| MixSize { width, height, bitrate_bps };
        Self {
            sizes: vec![size(1280, 720, 1_500_000), size(640, 360, 500_000), size(320, 180, 150_000)],
            fps: 25,
            background: [0x18, 0x1a, 0x20],
            show_names: true,
            source_max: MixSourceMax::default(),
        }
    }
}

/// How a member is named, shown and heard.
#[derive(Clone, PartialEq, Debug)]
pub struct MemberSettings {
    /// The name to draw.
    pub name: String,
    /// Whether the member has a cell while it sends no picture. Members that only listen have none.
    pub shown: bool,
    /// Whether the member is silenced in the mix, whatever it sends.
    pub muted: bool,
    /// What its samples are multiplied by, 0 to 4.
    pub gain: f32,
    /// Where it is heard in a stereo mix: -1 left, 0 middle, 1 right.
    pub position: f32,
}

impl Default for MemberSettings {
    fn default() -> Self {
        Self { name: String::new(), shown: true, muted: false, gain: 1.0, position: 0.0 }
    }
}

/// Sound to be played into a mix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Announcement {
    /// The bytes of a WAV or Ogg Opus file.
    pub file: Arc<[u8]>,
    /// How often it is played, at least once.
    pub times: u32,
}

/// What a mixer tells.
#[derive(Clone, PartialEq, Debug)]
pub struct MixerNotification {
    /// Which mixer.
    pub mixer_id: MixerId,
    /// What.
    pub news: MixerNews,
}

/// What a mixer has to tell.
#[derive(Clone, PartialEq, Debug)]
pub enum MixerNews {
    /// Another member is the one who speaks, by the mixer's own levels; `None`: the one who did has left.
    ActiveSpeaker {
        /// Who.
        member: Option<MixMember>,
    },
    /// How loud the loudest members are, loudest first, in dBov (-127 to 0), a few times a second while there are any.
    Levels {
        /// Who, and how loud.
        levels: Vec<(MixMember, i8)>,
    },
    /// A source is shown, or its placeholder is and why.
    SourceShown {
        /// Which.
        producer_id: ProducerId,
        /// How.
        shown: Shown,
    },
    /// The picture has other cells, or others in them: from the lowest to the one that covers the rest.
    Arranged {
        /// All of them.
        cells: Vec<MixCell>,
    },
    /// A source is heard, or it is not and why.
    SourceHeard {
        /// Which.
        producer_id: ProducerId,
        /// `None`: it is heard. Else why not, for people.
        trouble: Option<String>,
    },
    /// An announcement ended.
    AnnouncementEnded {
        /// Which.
        announcement_id: AnnouncementId,
        /// `None`: it was played or stopped. Else why it could not be, for people.
        trouble: Option<String>,
    },
    /// Something asked for could not be done; the rest goes on.
    Refused {
        /// What and why, for people.
        why: String,
    },
    /// The mixer ended: a fault in it, or its router's worker is gone. Its producers are closed.
    Failed {
        /// Why, for people.
        why: String,
    },
}
