//! Pictures in I420: one byte of brightness a pixel, and one byte of each colour difference for two by two pixels.

/// A rectangle of pixels.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rect {
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Width.
    pub width: usize,
    /// Height.
    pub height: usize,
}

impl Rect {
    /// Right edge: the first column that is outside.
    pub const fn right(&self) -> usize {
        self.x + self.width
    }

    /// Lower edge: the first row that is outside.
    pub const fn bottom(&self) -> usize {
        self.y + self.height
    }

    /// Whether a pixel is in both.
    pub const fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The same place among the colour differences. Edges should be even.
    const fn halved(&self) -> Rect {
        Rect { x: self.x / 2, y: self.y / 2, width: self.width.div_ceil(2), height: self.height.div_ceil(2) }
    }
}

/// A colour as brightness and colour differences in video's range (BT.601: 16 to 235, 16 to 240).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Yuv {
    /// Brightness.
    pub y: u8,
    /// Blue less brightness.
    pub u: u8,
    /// Red less brightness.
    pub v: u8,
}

impl Yuv {
    /// From red, green and blue of 0 to 255 each.
    pub const fn from_rgb([red, green, blue]: [u8; 3]) -> Self {
        let (red, green, blue) = (red as i32, green as i32, blue as i32);
        Self {
            y: (((66 * red + 129 * green + 25 * blue + 128) >> 8) + 16) as u8,
            u: (((-38 * red - 74 * green + 112 * blue + 128) >> 8) + 128) as u8,
            v: (((112 * red - 94 * green - 18 * blue + 128) >> 8) + 128) as u8,
        }
    }

    const fn of_plane(self, index: usize) -> u8 {
        [self.y, self.u, self.v][index]
    }
}

/// Rows of bytes that are lent. `data` holds the last row's `width` bytes at least.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    data: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a> Plane<'a> {
    /// `None` when `data` is shorter than the rows need, or a row is longer than the stride.
    pub fn new(data: &'a [u8], stride: usize, width: usize, height: usize) -> Option<Self> {
        is_enough(data.len(), stride, width, height).then_some(Self { data, stride, width, height })
    }

    /// Bytes in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes from one row to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// All bytes from the first row's first to the last row's last.
    pub fn bytes(&self) -> &'a [u8] {
        self.data
    }

    /// One row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, y: usize) -> &'a [u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        &self.data[y * self.stride..][..self.width]
    }

    fn part(&self, rect: Rect) -> Self {
        let (width, height) = within(rect, self.width, self.height);
        let start = (rect.y * self.stride + rect.x).min(self.data.len());
        Self { data: &self.data[start..], stride: self.stride, width, height }
    }
}

/// Rows of bytes to be written.
#[derive(Debug)]
pub struct PlaneMut<'a> {
    data: &'a mut [u8],
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a> PlaneMut<'a> {
    /// `None` when `data` is shorter than the rows need, or a row is longer than the stride.
    pub fn new(data: &'a mut [u8], stride: usize, width: usize, height: usize) -> Option<Self> {
        is_enough(data.len(), stride, width, height).then_some(Self { data, stride, width, height })
    }

    /// Bytes in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// One row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&mut self, y: usize) -> &mut [u8] {
        assert!(y < self.height, "row {y} of {}", self.height);
        &mut self.data[y * self.stride..][..self.width]
    }

    /// Every byte becomes `value`.
    pub fn fill(&mut self, value: u8) {
        for y in 0..self.height {
            self.row(y).fill(value);
        }
    }

    fn into_part(self, rect: Rect) -> Self {
        let (width, height) = within(rect, self.width, self.height);
        let start = (rect.y * self.stride + rect.x).min(self.data.len());
        Self { data: &mut self.data[start..], stride: self.stride, width, height }
    }
}

fn is_enough(len: usize, stride: usize, width: usize, height: usize) -> bool {
    let before_last = height.saturating_sub(1).checked_mul(stride);
    let needed = before_last.and_then(|before| before.checked_add(if height == 0 { 0 } else { width }));
    width <= stride && needed.is_some_and(|needed| needed <= len)
}

/// As much of `rect` as lies within.
fn within(rect: Rect, width: usize, height: usize) -> (usize, usize) {
    let width = rect.width.min(width.saturating_sub(rect.x));
    let height = rect.height.min(height.saturating_sub(rect.y));
    if width == 0 || height == 0 { (0, 0) } else { (width, height) }
}

/// A picture that is lent.
#[derive(Clone, Copy, Debug)]
pub struct PictureView<'a> {
    planes: [Plane<'a>; 3],
}

impl<'a> PictureView<'a> {
    /// From brightness, blue and red difference. `None` unless the latter have half the former's size, rounded up, and
    /// the former is not empty.
    pub fn new(planes: [Plane<'a>; 3]) -> Option<Self> {
        let [y, u, v] = &planes;
        let (width, height) = (y.width.div_ceil(2), y.height.div_ceil(2));
        let fits = |plane: &Plane<'_>| plane.width == width && plane.height == height;
        (width > 0 && height > 0 && fits(u) && fits(v)).then_some(Self { planes })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.planes[0].width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.planes[0].height
    }

    /// Brightness, blue and red difference.
    pub fn planes(&self) -> &[Plane<'a>; 3] {
        &self.planes
    }

    /// The part in `rect`, whose left and upper edges are even; what lies outside is left away.
    pub fn part(&self, rect: Rect) -> Self {
        let chroma = rect.halved();
        let [y, u, v] = &self.planes;
        Self { planes: [y.part(rect), u.part(chroma), v.part(chroma)] }
    }

    /// The colour of a pixel.
    ///
    /// # Panics
    /// When there is no such pixel.
    pub fn pixel(&self, x: usize, y: usize) -> Yuv {
        let [luma, blue, red] = &self.planes;
        Yuv { y: luma.row(y)[x], u: blue.row(y / 2)[x / 2], v: red.row(y / 2)[x / 2] }
    }
}

/// A picture to be written.
#[derive(Debug)]
pub struct PictureMut<'a> {
    /// Brightness, blue and red difference.
    pub planes: [PlaneMut<'a>; 3],
}

impl PictureMut<'_> {
    /// Every pixel becomes `colour`.
    pub fn fill(&mut self, colour: Yuv) {
        for (index, plane) in self.planes.iter_mut().enumerate() {
            plane.fill(colour.of_plane(index));
        }
    }
}

/// A picture with memory of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    planes: [Vec<u8>; 3],
}

impl Picture {
    /// A black picture.
    ///
    /// # Panics
    /// When a side is zero.
    pub fn new(width: usize, height: usize) -> Self {
        assert!(width > 0 && height > 0, "a picture has pixels");
        let chroma_len = width.div_ceil(2) * height.div_ceil(2);
        let planes = [vec![16; width * height], vec![128; chroma_len], vec![128; chroma_len]];
        Self { width, height, planes }
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All of it.
    pub fn rect(&self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// Lends it.
    pub fn view(&self) -> PictureView<'_> {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let [y, u, v] = &self.planes;
        PictureView {
            planes: [
                Plane { data: y, stride: self.width, width: self.width, height: self.height },
                Plane { data: u, stride: width, width, height },
                Plane { data: v, stride: width, width, height },
            ],
        }
    }

    /// Lends the part in `rect` for writing. Left and upper edges are even; what lies outside is left away.
    pub fn part_mut(&mut self, rect: Rect) -> PictureMut<'_> {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let chroma = rect.halved();
        let [y, u, v] = &mut self.planes;
        PictureMut {
            planes: [
                PlaneMut { data: y, stride: self.width, width: self.width, height: self.height }
                    .into_part(rect),
                PlaneMut { data: u, stride: width, width, height }.into_part(chroma),
                PlaneMut { data: v, stride: width, width, height }.into_part(chroma),
            ],
        }
    }

    /// Lends all of it for writing.
    pub fn view_mut(&mut self) -> PictureMut<'_> {
        self.part_mut(self.rect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_lies_within() {
        let mut picture = Picture::new(16, 8);
        picture.part_mut(Rect { x: 8, y: 4, width: 100, height: 2 }).fill(Yuv { y: 200, u: 1, v: 2 });
        let view = picture.view();
        assert_eq!(view.pixel(8, 4), Yuv { y: 200, u: 1, v: 2 });
        assert_eq!(view.pixel(15, 5), Yuv { y: 200, u: 1, v: 2 });
        assert_eq!(view.pixel(7, 4).y, 16);
        assert_eq!(view.pixel(8, 6).y, 16);
        let part = view.part(Rect { x: 8, y: 4, width: 4, height: 2 });
        assert_eq!((part.width(), part.height(), part.pixel(3, 1).y), (4, 2, 200));
        assert_eq!(view.part(Rect { x: 20, y: 0, width: 4, height: 4 }).width(), 0);
    }

    #[test]
    fn planes_that_are_too_short_are_no_picture() {
        let bytes = [0; 12];
        assert!(Plane::new(&bytes, 4, 4, 3).is_some() && Plane::new(&bytes, 4, 4, 4).is_none());
        assert!(Plane::new(&bytes, 3, 4, 1).is_none() && Plane::new(&bytes, usize::MAX, 1, 3).is_none());
        let luma = Plane::new(&bytes, 4, 4, 2).unwrap();
        let chroma = Plane::new(&bytes, 2, 2, 1).unwrap();
        assert!(PictureView::new([luma, chroma, chroma]).is_some());
        assert!(PictureView::new([luma, chroma, luma]).is_none());
    }

    #[test]
    fn colours_are_in_videos_range() {
        assert_eq!(Yuv::from_rgb([0, 0, 0]), Yuv { y: 16, u: 128, v: 128 });
        assert_eq!(Yuv::from_rgb([255, 255, 255]), Yuv { y: 235, u: 128, v: 128 });
        assert_eq!(Yuv::from_rgb([255, 0, 0]).v, 240);
    }
}
