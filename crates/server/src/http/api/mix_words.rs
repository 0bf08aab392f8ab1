//! How a room is mixed, in the words of the API.

use motet::control::{MixAudio, MixSize, MixVideo};
use motet_room::MixSettings;
use serde::Deserialize;
use utoipa::ToSchema;

/// How a room is mixed. What is left out is as configured.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mix {
    /// Bits per second of the sound.
    audio_bps: Option<u32>,
    /// Whether the sound is stereo.
    stereo: Option<bool>,
    /// Whether there is a picture.
    video: Option<bool>,
    /// Sizes of the picture, 1 to 3, the largest first.
    sizes: Option<Vec<Size>>,
    /// Frames per second of the picture, 1 to 30.
    fps: Option<u8>,
    /// Red, green and blue behind the cells.
    background: Option<[u8; 3]>,
    /// Whether names are drawn on cells.
    show_names: Option<bool>,
}

/// One size of a composed picture.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Size {
    /// Even, 64 to 1920.
    width: u16,
    /// Even, 64 to 1920.
    height: u16,
    /// Bits per second.
    bitrate_bps: u32,
}

impl Mix {
    /// What it says, and what `configured` says where it says nothing.
    pub(super) fn over(self, configured: &MixSettings) -> MixSettings {
        let audio = MixAudio {
            bitrate_bps: self.audio_bps.unwrap_or(configured.audio.bitrate_bps),
            stereo: self.stereo.unwrap_or(configured.audio.stereo),
        };
        let base = configured.video.clone().unwrap_or_default();
        let size =
            |size: Size| MixSize { width: size.width, height: size.height, bitrate_bps: size.bitrate_bps };
        let video = MixVideo {
            sizes: self.sizes.map_or(base.sizes, |sizes| sizes.into_iter().map(size).collect()),
            fps: self.fps.unwrap_or(base.fps),
            background: self.background.unwrap_or(base.background),
            show_names: self.show_names.unwrap_or(base.show_names),
            source_max: base.source_max,
        };
        let has_video = self.video.unwrap_or(configured.video.is_some());
        MixSettings { audio, video: has_video.then_some(video) }
    }
}
