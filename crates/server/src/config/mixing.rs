//! What the configuration says of topologies and mixes.

use std::str::FromStr;

use motet::control::{MixSize, MixSourceMax};
use motet_room::{Intent, MixSettings};

use super::typed::Reader;

impl Reader<'_> {
    /// What rooms shall be.
    pub(super) fn topology(&mut self) -> Intent {
        let words =
            [Intent::Auto, Intent::Mesh, Intent::Sfu, Intent::Mcu].map(|intent| (intent.as_str(), intent));
        self.choice("topology", &words)
    }

    /// How rooms are mixed.
    pub(super) fn mix(&mut self) -> MixSettings {
        let mut mix = MixSettings::default();
        let video = mix.video.get_or_insert_default();
        let sizes: Vec<MixSize> = self
            .many::<WrittenSize>("mix_sizes", "a size with bits per second, such as 1280x720:1500000")
            .into_iter()
            .map(|WrittenSize(size)| size)
            .collect();
        if !sizes.is_empty() {
            video.sizes = sizes;
        }
        video.fps = u8::try_from(self.bounded("mix_fps", 1, 30)).unwrap_or(video.fps);
        let frame = self.bounded("mix_source_pixels_max", 160 * 90, 4096 * 4096);
        let rate = self.bounded("mix_source_pixels_per_second_max", 160 * 90, 1 << 32);
        video.source_max = MixSourceMax {
            frame_pixels: u32::try_from(frame).unwrap_or(u32::MAX),
            pixels_per_second: rate as u64,
        };
        let audio_bps = self.bounded("mix_audio_bps", 6_000, 510_000);
        mix.audio.bitrate_bps = u32::try_from(audio_bps).unwrap_or(mix.audio.bitrate_bps);
        if let Err(error) = mix.check() {
            self.problem("mix_sizes", error.to_string());
        }
        mix
    }
}

/// A size as it is written: width, height and bits per second.
struct WrittenSize(MixSize);

impl FromStr for WrittenSize {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (size, bitrate_bps) = text.split_once(':').ok_or(())?;
        let (width, height) = size.split_once('x').ok_or(())?;
        let number = |text: &str| text.trim().parse().map_err(drop);
        let bitrate_bps = bitrate_bps.trim().parse().map_err(drop)?;
        Ok(Self(MixSize { width: number(width)?, height: number(height)?, bitrate_bps }))
    }
}
