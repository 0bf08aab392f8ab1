//! What can be set of a room's mix.

use motet_control::{Arrangement, CELLS_MAX, Layout, MixAudio, MixVideo};

use crate::error::RoomError;

/// How a room is mixed, where it is.
#[derive(Clone, PartialEq, Debug)]
pub struct MixSettings {
    /// How the sound is.
    pub audio: MixAudio,
    /// How the picture is; `None`: there is none.
    pub video: Option<MixVideo>,
}

impl Default for MixSettings {
    fn default() -> Self {
        Self { audio: MixAudio::default(), video: Some(MixVideo::default()) }
    }
}

/// How a participant is heard in the mix.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Voice {
    /// Not at all.
    pub muted: bool,
    /// What its samples are multiplied by, 0 to 4.
    pub gain: f32,
    /// Where: -1 left, 0 middle, 1 right.
    pub position: f32,
}

impl Default for Voice {
    fn default() -> Self {
        Self { muted: false, gain: 1.0, position: 0.0 }
    }
}

/// The most that a voice is multiplied by: 12 dB, beyond which the limiter is all that is heard.
const GAIN_MAX: f32 = 4.0;

impl Voice {
    /// Whether it can be.
    ///
    /// # Errors
    /// [`RoomError::BadVoice`] names what cannot.
    pub fn check(&self) -> Result<(), RoomError> {
        if !(0.0..=GAIN_MAX).contains(&self.gain) {
            return Err(RoomError::BadVoice { why: "gain is 0 to 4" });
        }
        if !(-1.0..=1.0).contains(&self.position) {
            return Err(RoomError::BadVoice { why: "position is -1 to 1" });
        }
        Ok(())
    }
}

/// Smallest and largest side of a composed picture.
const SIDES: std::ops::RangeInclusive<u16> = 64..=1920;
/// What an encode of a picture may use.
const VIDEO_BPS: std::ops::RangeInclusive<u32> = 30_000..=20_000_000;
/// What an encode of sound may use (RFC 6716 section 2.1.1).
const AUDIO_BPS: std::ops::RangeInclusive<u32> = 6_000..=510_000;
/// Sizes of one picture: each is an encode.
const SIZES_MAX: usize = 3;
const FPS: std::ops::RangeInclusive<u8> = 1..=30;

impl MixSettings {
    /// Whether it can be.
    ///
    /// # Errors
    /// [`RoomError::BadMix`] names what cannot.
    pub fn check(&self) -> Result<(), RoomError> {
        let bad = |why| Err(RoomError::BadMix { why });
        if !AUDIO_BPS.contains(&self.audio.bitrate_bps) {
            return bad("the mix's sound has 6000 to 510000 bits per second");
        }
        let Some(video) = &self.video else { return Ok(()) };
        if video.sizes.is_empty() || video.sizes.len() > SIZES_MAX {
            return bad("the mix's picture has 1 to 3 sizes");
        }
        let is_size = |side: u16| SIDES.contains(&side) && side.is_multiple_of(2);
        if !video.sizes.iter().all(|size| is_size(size.width) && is_size(size.height)) {
            return bad("width and height of the mix's picture are even, 64 to 1920");
        }
        if !video.sizes.iter().all(|size| VIDEO_BPS.contains(&size.bitrate_bps)) {
            return bad("the mix's picture has 30000 to 20000000 bits per second");
        }
        if !video
            .sizes
            .is_sorted_by_key(|size| std::cmp::Reverse(u32::from(size.width) * u32::from(size.height)))
        {
            return bad("the largest size of the mix's picture comes first");
        }
        if FPS.contains(&video.fps) { Ok(()) } else { bad("the mix's picture has 1 to 30 frames per second") }
    }
}

/// Whether a layout can be.
///
/// # Errors
/// [`RoomError::BadLayout`] names what cannot.
pub fn check_layout(layout: &Layout) -> Result<(), RoomError> {
    let bad = |why| Err(RoomError::BadLayout { why });
    let Arrangement::Custom(cells) = &layout.arrangement else { return Ok(()) };
    if cells.is_empty() || cells.len() > CELLS_MAX {
        return bad("a custom layout has 1 to 64 cells");
    }
    // A little more than a whole, for sums of rounded fractions.
    let whole = 0.0..=1.001_f32;
    for cell in cells {
        let is_inside =
            [cell.x, cell.y, cell.x + cell.w, cell.y + cell.h].iter().all(|at| whole.contains(at));
        // Not a number is no part of any range.
        if !is_inside || cell.w <= 0.0 || cell.h <= 0.0 {
            return bad("cells have a size and lie within the picture, in fractions of it");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use motet_control::{Cell, CellWho};

    fn custom(x: f32, w: f32) -> Layout {
        let cell = Cell { x, y: 0.0, w, h: 1.0, z: 0, who: CellWho::Next };
        Layout { arrangement: Arrangement::Custom(vec![cell]), ..Layout::default() }
    }

    #[test]
    fn cells_lie_within_the_picture() {
        assert!(check_layout(&custom(0.0, 1.0)).is_ok());
        for (x, w) in
            [(0.5, 0.6), (-0.1, 0.5), (0.0, 0.0), (f32::NAN, 0.5), (0.0, f32::INFINITY), (0.2, f32::NAN)]
        {
            assert!(check_layout(&custom(x, w)).is_err(), "{x} {w}");
        }
        assert!(
            check_layout(&Layout { arrangement: Arrangement::Custom(vec![]), ..Layout::default() }).is_err()
        );
    }

    #[test]
    fn a_mix_has_sizes_that_can_be_encoded() {
        assert!(MixSettings::default().check().is_ok());
        let with = |change: fn(&mut MixVideo)| {
            let mut video = MixVideo::default();
            change(&mut video);
            MixSettings { video: Some(video), ..MixSettings::default() }.check()
        };
        assert!(with(|video| video.sizes.clear()).is_err());
        assert!(with(|video| video.sizes.reverse()).is_err());
        assert!(with(|video| video.sizes[0].width = 1_281).is_err());
        assert!(with(|video| video.sizes[0].height = 4_096).is_err());
        assert!(with(|video| video.sizes[0].bitrate_bps = 1).is_err());
        assert!(with(|video| video.fps = 0).is_err());
    }

    #[test]
    fn a_voice_is_neither_louder_than_it_may_nor_outside() {
        assert!(Voice::default().check().is_ok());
        assert!(Voice { gain: f32::NAN, ..Voice::default() }.check().is_err());
        assert!(Voice { gain: 5.0, ..Voice::default() }.check().is_err());
        assert!(Voice { position: -2.0, ..Voice::default() }.check().is_err());
    }
}
