//! The picture in the making: what is drawn where, and what of it must be drawn anew.

use motet_codec::video::{Picture, Rect, Yuv};
use motet_control::{Fit, Layout};

use super::super::arrange::{Placement, arrange};
use super::super::event::{CompositorStats, SeenCell, Trouble};
use super::super::paint::{Overlay, Painter};
use super::super::seats::{Cast, Guest, Seat};
use super::super::settings::VideoSettings;
use super::super::source::Source;
use super::people::{Member, People};
use crate::{MemberId, SourceId};

pub(super) struct Canvas {
    painter: Painter,
    picture: Option<Picture>,
    /// The picture in other sizes.
    copies: Vec<Copy>,
    cells: Vec<DrawnCell>,
    must_arrange: bool,
    must_redraw: bool,
}

struct Copy {
    picture: Picture,
    is_fresh: bool,
}

struct DrawnCell {
    placement: Placement,
    /// What was drawn last.
    look: Option<Look>,
}

/// All that a cell's pixels depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    content: Content,
    name_serial: u32,
    is_speaking: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Picture { source: SourceId, serial: u64, size: (usize, usize) },
    Placeholder(Trouble),
}

impl Look {
    /// Whether a picture of the same size is drawn over this one, so that bars stay as they are.
    fn has_same_bars(&self, other: &Look) -> bool {
        match (self.content, other.content) {
            (Content::Picture { size: one, .. }, Content::Picture { size: other, .. }) => one == other,
            _ => false,
        }
    }
}

impl Canvas {
    pub(super) fn new(background: Yuv) -> Self {
        Self {
            painter: Painter::new(background),
            picture: None,
            copies: Vec::new(),
            cells: Vec::new(),
            must_arrange: true,
            must_redraw: true,
        }
    }

    pub(super) fn rearrange(&mut self) {
        self.must_arrange = true;
    }

    pub(super) fn must_arrange(&self) -> bool {
        self.must_arrange && self.picture.is_some()
    }

    pub(super) fn redraw(&mut self) {
        self.must_redraw = true;
    }

    pub(super) fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }

    pub(super) fn resize(&mut self, size: Option<(usize, usize)>) {
        let is_same = self.picture.as_ref().map(|picture| (picture.width(), picture.height())) == size;
        if !is_same {
            self.picture = size.map(|(width, height)| Picture::new(width, height));
            self.must_arrange = true;
            self.must_redraw = true;
        }
    }

    /// Copies of these sizes and no others, but for the canvas's own.
    pub(super) fn keep_copies(&mut self, sizes: &[(usize, usize)]) {
        let size_of = |picture: &Picture| (picture.width(), picture.height());
        let own = self.picture.as_ref().map(size_of);
        let is_wanted = |size: &(usize, usize)| sizes.contains(size) && Some(*size) != own;
        self.copies.retain(|copy| is_wanted(&size_of(&copy.picture)));
        for size in sizes {
            let is_there = self.copies.iter().any(|copy| size_of(&copy.picture) == *size);
            if is_wanted(size) && !is_there {
                self.copies.push(Copy { picture: Picture::new(size.0, size.1), is_fresh: false });
            }
        }
    }

    /// Whether a seat has a cell.
    pub(super) fn shows(&self, seat: Seat) -> bool {
        self.cells.iter().any(|cell| cell.placement.seat == seat)
    }

    /// Who is where, from the lowest cell to the one that covers the rest.
    pub(super) fn seen(
        &self,
        people: &People,
        member_of: &dyn Fn(SourceId) -> Option<MemberId>,
    ) -> Vec<SeenCell> {
        let Some(picture) = &self.picture else { return Vec::new() };
        let (across, down) = (picture.width() as f32, picture.height() as f32);
        let cell = |Placement { rect, seat }: Placement| {
            let (source, member) = match seat {
                Seat::Camera(member) => (people.camera_of(member), member),
                Seat::Source(source) => (Some(source), member_of(source)?),
            };
            Some(SeenCell {
                x: rect.x as f32 / across,
                y: rect.y as f32 / down,
                w: rect.width as f32 / across,
                h: rect.height as f32 / down,
                member,
                source,
            })
        };
        self.cells.iter().filter_map(|drawn| cell(drawn.placement)).collect()
    }

    /// Puts everyone into cells, if something has changed; answers whether somebody moved.
    pub(super) fn arrange(&mut self, layout: &Layout, guests: &[Guest], active: Option<MemberId>) -> bool {
        if !std::mem::take(&mut self.must_arrange) {
            return false;
        }
        let Some(picture) = &self.picture else {
            self.cells.clear();
            return false;
        };
        let cast = Cast { guests, active };
        let placements = arrange(&layout.arrangement, &cast, picture.width(), picture.height());
        let is_same = placements.iter().eq(self.cells.iter().map(|cell| &cell.placement));
        if !is_same {
            let same_places = placements.len() == self.cells.len()
                && placements.iter().zip(&self.cells).all(|(new, old)| new.rect == old.placement.rect);
            self.must_redraw |= !same_places;
            self.cells =
                placements.into_iter().map(|placement| DrawnCell { placement, look: None }).collect();
        }
        !is_same
    }

    /// Draws the cells whose look has changed, and those that lie over them; answers whether there were any.
    pub(super) fn draw<'a>(
        &mut self,
        sources: &dyn Fn(SourceId) -> Option<&'a Source>,
        people: &People,
        settings: &VideoSettings,
        fit: Fit,
        stats: &mut CompositorStats,
    ) -> bool {
        let Some(picture) = &mut self.picture else { return false };
        let mut has_changed = std::mem::take(&mut self.must_redraw);
        if has_changed {
            picture.view_mut().fill(self.painter.background);
            self.cells.iter_mut().for_each(|cell| cell.look = None);
        }
        let mut drawn: Vec<Rect> = Vec::new();
        for cell in &mut self.cells {
            let (source, member) = who(cell.placement.seat, sources, people);
            let look = look(source, member, cell.look);
            let rect = cell.placement.rect;
            let is_covered = drawn.iter().any(|below| below.overlaps(&rect));
            if !is_covered && cell.look == Some(look) {
                stats.kept_cells += 1;
                continue;
            }
            let with_bars = is_covered || cell.look.is_none_or(|before| !before.has_same_bars(&look));
            let name = member.map_or("", |member| &member.name);
            let content = source.and_then(|(_, source)| source.shot());
            match (look.content, content) {
                (Content::Picture { .. }, Some(shot)) => {
                    let name = settings.show_names.then_some(name);
                    let overlay = Overlay { name, is_speaking: look.is_speaking };
                    self.painter.picture(picture, rect, &shot, fit, with_bars, overlay);
                    cell.look = Some(look);
                }
                (content, _) => {
                    let trouble = match content {
                        Content::Placeholder(trouble) => trouble,
                        Content::Picture { .. } => Trouble::Waiting,
                    };
                    let reason = trouble.to_string();
                    self.painter.placeholder(picture, rect, name, &reason, look.is_speaking);
                    cell.look = Some(Look { content: Content::Placeholder(trouble), ..look });
                }
            }
            stats.drawn_cells += 1;
            drawn.push(rect);
        }
        has_changed |= !drawn.is_empty();
        if has_changed {
            self.copies.iter_mut().for_each(|copy| copy.is_fresh = false);
        }
        has_changed
    }

    /// The picture in one of the sizes that are kept.
    pub(super) fn copy(&mut self, size: (usize, usize)) -> Option<&Picture> {
        let picture = self.picture.as_ref()?;
        if (picture.width(), picture.height()) == size {
            return Some(picture);
        }
        let has_size = |copy: &Copy| (copy.picture.width(), copy.picture.height()) == size;
        let copy = self.copies.iter_mut().find(|copy| has_size(copy))?;
        if !std::mem::replace(&mut copy.is_fresh, true) {
            self.painter.resize(picture, &mut copy.picture);
        }
        Some(&copy.picture)
    }
}

type Shown<'a, 'p> = (Option<(SourceId, &'a Source)>, Option<&'p Member>);

fn who<'a, 'p>(
    seat: Seat,
    sources: &dyn Fn(SourceId) -> Option<&'a Source>,
    people: &'p People,
) -> Shown<'a, 'p> {
    let (id, member) = match seat {
        Seat::Camera(member) => (people.camera_of(member), Some(member)),
        Seat::Source(id) => (Some(id), None),
    };
    let source = id.and_then(|id| Some((id, sources(id)?)));
    let member = member.or(source.map(|(_, source)| source.member));
    (source, member.and_then(|member| people.get(member)))
}

/// How a cell should look; `before` is how it does.
fn look(source: Option<(SourceId, &Source)>, member: Option<&Member>, before: Option<Look>) -> Look {
    let content = match source {
        None => Content::Placeholder(Trouble::CameraOff),
        Some((id, source)) => match (source.trouble(), source.shot()) {
            (Some(trouble), _) => Content::Placeholder(trouble),
            (None, Some(shot)) => Content::Picture { source: id, serial: shot.serial, size: shot.size() },
            // The decoder has lost its picture, and the canvas still has it.
            (None, None) => match before.map(|before| before.content) {
                Some(Content::Picture { source, serial, size }) if source == id => {
                    Content::Picture { source, serial, size }
                }
                _ => Content::Placeholder(Trouble::Waiting),
            },
        },
    };
    Look {
        content,
        name_serial: member.map_or(0, |member| member.name_serial),
        is_speaking: member.is_some_and(|member| member.is_speaking),
    }
}
