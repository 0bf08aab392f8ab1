//! How a composed picture is laid out.

use crate::ids::MixMember;

/// A layout with the way pictures fit into its cells.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Layout {
    /// Where cells are.
    pub arrangement: Arrangement,
    /// How a picture of other proportions fits.
    pub fit: Fit,
}

/// Where cells are.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Arrangement {
    /// 1 to 25 equal cells, balanced; a screen takes a big one with the rest beside it.
    #[default]
    Grid,
    /// The screen or the active speaker large, the others in a strip.
    SpeakerStrip,
    /// Two cells beside each other: the screen or the active speaker, and the next.
    SideBySide,
    /// One large, one small in a corner.
    PictureInPicture,
    /// The screen or the active speaker alone.
    Single,
    /// Cells as given, 1 to [`CELLS_MAX`].
    Custom(Vec<Cell>),
}

/// Cells of a custom layout at most.
pub const CELLS_MAX: usize = 64;

/// How a picture fits into a cell of other proportions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fit {
    /// The cell is filled; what stands over is cut.
    #[default]
    Crop,
    /// The whole picture is seen; the rest of the cell is background.
    Letterbox,
}

/// A cell of a custom layout, in fractions of the picture.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Cell {
    /// Left edge, 0 to 1.
    pub x: f32,
    /// Upper edge, 0 to 1.
    pub y: f32,
    /// Width, above 0; `x + w` at most 1.
    pub w: f32,
    /// Height, above 0; `y + h` at most 1.
    pub h: f32,
    /// Cells with a higher one cover those with a lower one.
    pub z: i32,
    /// Whom it shows.
    pub who: CellWho,
}

/// Whom a cell shows. A picture is shown once: cells of `Member`, then `Screen`, then `Active` choose first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum CellWho {
    /// The next in the order of arrival who is not shown by another cell; empty when there are no more.
    #[default]
    Next,
    /// Whoever speaks or spoke last.
    Active,
    /// The newest screen; as `Active` while there is none.
    Screen,
    /// This member, always.
    Member(MixMember),
}
