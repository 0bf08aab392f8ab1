//! Layouts of the mix as clients write and read them.

use motet_control::{Arrangement, Cell, CellWho, Fit, Layout, MixMember};
use motet_room::ParticipantId;
use serde::{Deserialize, Serialize};

use super::text::Text;

/// A layout.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LayoutView {
    /// Where cells are.
    pub arrangement: ArrangementWord,
    /// How a picture of other proportions fits; cropped where left out.
    #[serde(default)]
    pub fit: FitWord,
    /// Of a custom layout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellView>,
}

/// Where cells are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words of control's Arrangement")]
pub enum ArrangementWord {
    Grid,
    SpeakerStrip,
    SideBySide,
    PictureInPicture,
    Single,
    Custom,
}

/// How a picture of other proportions fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words of control's Fit")]
pub enum FitWord {
    #[default]
    Crop,
    Letterbox,
}

/// A cell, in fractions of the picture.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names of control's Cell")]
pub struct CellView {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
    #[serde(default)]
    pub z: i32,
    #[serde(default)]
    pub who: CellWhoView,
}

/// Whom a cell shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CellWhoView {
    /// Whoever the word means.
    Word(CellWord),
    /// This participant.
    Participant(Text<ParticipantId>),
}

/// Whom a cell shows that names nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the words of control's CellWho")]
pub enum CellWord {
    Next,
    Active,
    Screen,
}

impl Default for CellWhoView {
    fn default() -> Self {
        Self::Word(CellWord::Next)
    }
}

impl From<&Layout> for LayoutView {
    fn from(layout: &Layout) -> Self {
        let (arrangement, cells) = match &layout.arrangement {
            Arrangement::Grid => (ArrangementWord::Grid, Vec::new()),
            Arrangement::SpeakerStrip => (ArrangementWord::SpeakerStrip, Vec::new()),
            Arrangement::SideBySide => (ArrangementWord::SideBySide, Vec::new()),
            Arrangement::PictureInPicture => (ArrangementWord::PictureInPicture, Vec::new()),
            Arrangement::Single => (ArrangementWord::Single, Vec::new()),
            Arrangement::Custom(cells) => {
                (ArrangementWord::Custom, cells.iter().map(CellView::from).collect())
            }
        };
        let fit = match layout.fit {
            Fit::Crop => FitWord::Crop,
            Fit::Letterbox => FitWord::Letterbox,
        };
        Self { arrangement, fit, cells }
    }
}

impl From<LayoutView> for Layout {
    /// Cells of a layout that is not custom are passed over.
    fn from(view: LayoutView) -> Self {
        let arrangement = match view.arrangement {
            ArrangementWord::Grid => Arrangement::Grid,
            ArrangementWord::SpeakerStrip => Arrangement::SpeakerStrip,
            ArrangementWord::SideBySide => Arrangement::SideBySide,
            ArrangementWord::PictureInPicture => Arrangement::PictureInPicture,
            ArrangementWord::Single => Arrangement::Single,
            ArrangementWord::Custom => Arrangement::Custom(view.cells.into_iter().map(Cell::from).collect()),
        };
        let fit = match view.fit {
            FitWord::Crop => Fit::Crop,
            FitWord::Letterbox => Fit::Letterbox,
        };
        Self { arrangement, fit }
    }
}

impl From<&Cell> for CellView {
    fn from(cell: &Cell) -> Self {
        let who = match cell.who {
            CellWho::Next => CellWhoView::Word(CellWord::Next),
            CellWho::Active => CellWhoView::Word(CellWord::Active),
            CellWho::Screen => CellWhoView::Word(CellWord::Screen),
            CellWho::Member(member) => CellWhoView::Participant(Text(ParticipantId(member.0))),
        };
        let Cell { x, y, w, h, z, .. } = *cell;
        Self { x, y, w, h, z, who }
    }
}

impl From<CellView> for Cell {
    fn from(view: CellView) -> Self {
        let who = match view.who {
            CellWhoView::Word(CellWord::Next) => CellWho::Next,
            CellWhoView::Word(CellWord::Active) => CellWho::Active,
            CellWhoView::Word(CellWord::Screen) => CellWho::Screen,
            CellWhoView::Participant(Text(id)) => CellWho::Member(MixMember(id.0)),
        };
        let CellView { x, y, w, h, z, .. } = view;
        Self { x, y, w, h, z, who }
    }
}
