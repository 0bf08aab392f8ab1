//! Pictures of cameras that are held otherwise than upright: senders that know of it say so beside the picture.

use motet_codec::video::{PictureMut, PictureView, Plane, PlaneMut};
use motet_rtp::ext::{Rotation, VideoOrientation};

/// The newest picture of a source.
#[derive(Clone, Copy)]
pub(super) struct Shot<'a> {
    /// Counts pictures, so that a cell knows whether it has the newest.
    pub(super) serial: u64,
    pub(super) picture: PictureView<'a>,
    /// What is to be done with it before it is shown.
    pub(super) turn: Turn,
}

impl Shot<'_> {
    /// Width and height as it is shown.
    pub(super) fn size(&self) -> (usize, usize) {
        self.turn.swap((self.picture.width(), self.picture.height()))
    }
}

/// What takes a picture back to how it was meant (3GPP TS 26.114 section 7.4.5): mirrored as it came, then turned clockwise.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Turn {
    quarters: u8,
    is_mirrored: bool,
}

impl From<VideoOrientation> for Turn {
    fn from(orientation: VideoOrientation) -> Self {
        let quarters = match orientation.rotation {
            Rotation::Degrees0 => 0,
            Rotation::Degrees90 => 1,
            Rotation::Degrees180 => 2,
            Rotation::Degrees270 => 3,
        };
        Self { quarters, is_mirrored: orientation.flipped }
    }
}

impl Turn {
    pub(super) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// One pair of sides on the other side of the turn, in either direction.
    pub(super) fn swap<T>(self, (across, down): (T, T)) -> (T, T) {
        if self.quarters % 2 == 1 { (down, across) } else { (across, down) }
    }

    /// Turns all of `from` into all of `to`, which has its sides, swapped where the turn swaps them.
    pub(super) fn apply(self, from: &PictureView<'_>, to: PictureMut<'_>) {
        for (from, to) in from.planes().iter().zip(to.planes) {
            self.apply_to_plane(from, to);
        }
    }

    fn apply_to_plane(self, from: &Plane<'_>, mut to: PlaneMut<'_>) {
        let (right, bottom) = (from.width().saturating_sub(1), from.height().saturating_sub(1));
        // Rows of the turned picture are rows or columns of the other, read in one of two directions.
        let is_row_backward = matches!((self.quarters, self.is_mirrored), (0, true) | (2, false));
        for y in 0..to.height() {
            let row = to.row(y);
            match self.quarters {
                0 | 2 => {
                    let line = from.row(if self.quarters == 0 { y } else { bottom - y.min(bottom) });
                    match is_row_backward {
                        false => row.iter_mut().zip(line).for_each(|(to, from)| *to = *from),
                        true => row.iter_mut().zip(line.iter().rev()).for_each(|(to, from)| *to = *from),
                    }
                }
                _ => {
                    let is_from_left = (self.quarters == 1) != self.is_mirrored;
                    let column = if is_from_left { y.min(right) } else { right - y.min(right) };
                    for (x, byte) in row.iter_mut().enumerate() {
                        let x = x.min(bottom);
                        let line = if self.quarters == 1 { bottom - x } else { x };
                        *byte = from.row(line)[column];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use motet_codec::video::{Picture, Rect, Yuv};

    use super::*;

    /// Four by two blocks: brighter to the right, and more so in the lower row.
    const AS_SENT: [[u8; 4]; 2] = [[10, 20, 30, 40], [50, 60, 70, 80]];

    fn turned(rotation: Rotation, flipped: bool) -> Vec<Vec<u8>> {
        let mut picture = Picture::new(16, 8);
        for (y, row) in AS_SENT.iter().enumerate() {
            for (x, bright) in row.iter().enumerate() {
                let block = Rect { x: 4 * x, y: 4 * y, width: 4, height: 4 };
                picture.part_mut(block).fill(Yuv { y: *bright, u: bright + 100, v: bright + 50 });
            }
        }
        let turn = Turn::from(VideoOrientation { rotation, flipped, back_camera: true });
        let (width, height) = turn.swap((16, 8));
        let mut turned = Picture::new(width, height);
        turn.apply(&picture.view(), turned.view_mut());
        let view = turned.view();
        let seen = |x, y| {
            let pixel = view.pixel(4 * x + 1, 4 * y + 2);
            assert_eq!((pixel.u, pixel.v), (pixel.y + 100, pixel.y + 50), "colours go with their picture");
            pixel.y
        };
        (0..height / 4).map(|y| (0..width / 4).map(|x| seen(x, y)).collect()).collect()
    }

    #[test]
    fn pictures_are_turned_clockwise_by_what_the_sender_says() {
        assert_eq!(turned(Rotation::Degrees0, false), [[10, 20, 30, 40], [50, 60, 70, 80]]);
        assert_eq!(turned(Rotation::Degrees90, false), [[50, 10], [60, 20], [70, 30], [80, 40]]);
        assert_eq!(turned(Rotation::Degrees180, false), [[80, 70, 60, 50], [40, 30, 20, 10]]);
        assert_eq!(turned(Rotation::Degrees270, false), [[40, 80], [30, 70], [20, 60], [10, 50]]);
    }

    #[test]
    fn mirrored_pictures_are_mirrored_as_they_came_and_then_turned() {
        assert_eq!(turned(Rotation::Degrees0, true), [[40, 30, 20, 10], [80, 70, 60, 50]]);
        assert_eq!(turned(Rotation::Degrees90, true), [[80, 40], [70, 30], [60, 20], [50, 10]]);
        assert_eq!(turned(Rotation::Degrees180, true), [[50, 60, 70, 80], [10, 20, 30, 40]]);
        assert_eq!(turned(Rotation::Degrees270, true), [[10, 50], [20, 60], [30, 70], [40, 80]]);
    }
}
