//! Text as coverage: which part of each pixel the glyphs cover. Lines are drawn once and kept.

use std::collections::HashMap;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};

/// A line of text.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Row by row, 0 to 255.
    pub(super) coverage: Vec<u8>,
}

/// What is kept of lines at most: two for each cell of the largest grid, and as many again.
const LINES_MAX: usize = 128;
/// Characters of a line at most: no cell is wider.
const CHARACTERS_MAX: usize = 64;

/// What of a text can be set so that it reads as it was written: characters that the font has, of scripts whose letters stand
/// alone and run from left to right. Boxes, and Arabic letters apart from each other and backwards, are no name. What is left
/// out leaves no gap; nothing is answered where no letter and no digit is left.
pub(super) fn settable(text: &str) -> String {
    let Ok(font) = FontRef::try_from_slice(dejavu::sans::regular()) else { return String::new() };
    let kept: String =
        text.chars().map(|character| if can_set(&font, character) { character } else { ' ' }).collect();
    if kept.chars().any(char::is_alphanumeric) {
        kept.split_whitespace().collect::<Vec<_>>().join(" ")
    } else {
        String::new()
    }
}

fn can_set(font: &FontRef<'_>, character: char) -> bool {
    let needs_shaping = SHAPED.iter().any(|range| range.contains(&u32::from(character)));
    !character.is_control() && !needs_shaping && font.glyph_id(character) != GlyphId(0)
}

/// Scripts whose letters join, stack, or run from right to left, and marks that turn the direction around.
const SHAPED: [std::ops::RangeInclusive<u32>; 8] = [
    // Hebrew, Arabic, Syriac, Thaana, N'Ko, Samaritan, Mandaic.
    0x0590..=0x08ff,
    // The scripts of India, Sri Lanka, Thailand, Laos, Tibet and Myanmar.
    0x0900..=0x109f,
    // Tagalog to Mongolian.
    0x1700..=0x18af,
    // Zero width, directions.
    0x200b..=0x200f,
    0x202a..=0x202e,
    0x2060..=0x206f,
    // Presentation forms of Hebrew and Arabic; variation selectors.
    0xfb1d..=0xfe0f,
    0xfe70..=0xfeff,
];

/// A font and the lines drawn with it.
pub(super) struct Typesetter {
    font: Option<FontRef<'static>>,
    lines: HashMap<(String, usize, usize), Line>,
}

impl Typesetter {
    pub(super) fn new() -> Self {
        // The font is compiled in; without it there would be no names, and nothing else would lack.
        let font = FontRef::try_from_slice(dejavu::sans::regular()).ok();
        Self { font, lines: HashMap::new() }
    }

    /// A line of this height and at most this width, ending in an ellipsis where it does not fit.
    pub(super) fn line(&mut self, text: &str, height: usize, width_max: usize) -> &Line {
        let key = (text.chars().take(CHARACTERS_MAX).collect::<String>(), height, width_max);
        if self.lines.len() >= LINES_MAX && !self.lines.contains_key(&key) {
            self.lines.clear();
        }
        let font = self.font.as_ref();
        self.lines.entry(key).or_insert_with_key(|(text, height, width_max)| match font {
            Some(font) => draw(font, text, *height, *width_max),
            None => Line { width: 0, height: *height, coverage: Vec::new() },
        })
    }
}

fn draw(font: &FontRef<'_>, text: &str, height: usize, width_max: usize) -> Line {
    let scale = PxScale::from(height as f32);
    let scaled = font.as_scaled(scale);
    let glyphs = fit(font, text, scale, width_max as f32);
    let width = glyphs.last().map_or(0.0, |(id, x)| x + scaled.h_advance(*id)).ceil() as usize;
    let width = width.min(width_max);
    let mut line = Line { width, height, coverage: vec![0; width * height] };
    for (id, x) in glyphs {
        let glyph = id.with_scale_and_position(scale, point(x, scaled.ascent()));
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|column, row, covered| {
            let (x, y) = (bounds.min.x + column as f32, bounds.min.y + row as f32);
            if x >= 0.0 && y >= 0.0 && (x as usize) < width && (y as usize) < height {
                let byte = &mut line.coverage[y as usize * width + x as usize];
                *byte = byte.saturating_add((covered * 255.0) as u8);
            }
        });
    }
    line
}

/// Glyphs and where each begins, as many as fit.
fn fit(font: &FontRef<'_>, text: &str, scale: PxScale, width_max: f32) -> Vec<(GlyphId, f32)> {
    let scaled = font.as_scaled(scale);
    let printable = |character: &char| !character.is_control();
    let place = |characters: &mut dyn Iterator<Item = char>| {
        let (mut glyphs, mut x, mut last): (Vec<(GlyphId, f32)>, f32, Option<GlyphId>) =
            (Vec::new(), 0.0, None);
        for character in characters {
            let id = font.glyph_id(character);
            x += last.map_or(0.0, |last| scaled.kern(last, id));
            glyphs.push((id, x));
            x += scaled.h_advance(id);
            last = Some(id);
        }
        (glyphs, x)
    };
    let characters: Vec<char> = text.chars().filter(printable).collect();
    let (glyphs, width) = place(&mut characters.iter().copied());
    if width <= width_max {
        return glyphs;
    }
    for count in (0..characters.len()).rev() {
        let (glyphs, width) = place(&mut characters[..count].iter().copied().chain(['\u{2026}']));
        if width <= width_max {
            return glyphs;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_covers_pixels_within_its_line() {
        let mut typesetter = Typesetter::new();
        let line = typesetter.line("Zoë Ωmega Жук", 24, 400);
        assert!(line.width > 100 && line.width <= 400 && line.height == 24);
        let covered = line.coverage.iter().filter(|byte| **byte > 128).count();
        assert!(covered > 300, "{covered}");
        // Whole rows above the letters and below the descenders are empty.
        assert!(line.coverage[..line.width].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn what_would_be_boxes_or_backwards_is_left_out() {
        for (text, wanted) in [
            ("Zoë Ωmega Жук", "Zoë Ωmega Жук"),
            ("李伟", ""),
            ("李伟 (Wei)", "(Wei)"),
            ("佐藤 さくら", ""),
            ("김민수", ""),
            ("محمد", ""),
            ("שרה Sarah", "Sarah"),
            ("अनिता", ""),
            ("Ada \u{1f980}\u{200d}\u{fe0f}", "Ada"),
            ("\u{1f980}", ""),
            ("\u{202e}evil", "evil"),
            ("( - )", ""),
            ("", ""),
        ] {
            assert_eq!(settable(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        let mut typesetter = Typesetter::new();
        let line = typesetter.line("A name that is much too long for this cell", 20, 80);
        assert!(line.width <= 80 && line.width > 60);
        assert_eq!(typesetter.line("A name", 20, 0).width, 0);
        assert_eq!(typesetter.line("", 20, 100).width, 0);
        assert_eq!(typesetter.line("\n\t\0", 20, 100).width, 0);
    }

    #[test]
    fn lines_that_are_kept_are_bounded() {
        let mut typesetter = Typesetter::new();
        for number in 0..1000 {
            typesetter.line(&number.to_string(), 12, 100);
        }
        assert!(typesetter.lines.len() <= LINES_MAX);
    }
}
