/**
 * Where each tile stands: pure geometry, in CSS pixels.
 * @module
 */

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */
/** @typedef {{columns: number, rows: number, tileWidth: number, tileHeight: number}} Grid */

/** Pictures are wide; in an upright area they are cropped down to a square or a little beyond, so as to fill it. */
const WIDE = 16 / 9;
const NARROW_IN_WIDE_AREA = 4 / 3;
const NARROW_IN_UPRIGHT_AREA = 4 / 5;
const GAP = 10;

/**
 * The columns and rows that give `count` tiles the most area.
 * @param {number} count At least 1.
 * @param {number} width
 * @param {number} height
 * @param {number} [gap]
 * @param {{narrow?: number, wide?: number}} [aspect] The bounds of a tile's width by its height.
 * @returns {Grid}
 */
export function bestGrid(count, width, height, gap = GAP, aspect = {}) {
  const narrow = aspect.narrow ?? (width < height ? NARROW_IN_UPRIGHT_AREA : NARROW_IN_WIDE_AREA);
  const wide = aspect.wide ?? WIDE;
  /** @type {Grid} */
  let best = { columns: 1, rows: count, tileWidth: 0, tileHeight: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const shape = Math.min(wide, Math.max(narrow, cellWidth / cellHeight));
    const tileWidth = Math.min(cellWidth, cellHeight * shape);
    const tileHeight = tileWidth / shape;
    if (tileWidth * tileHeight > best.tileWidth * best.tileHeight)
      best = { columns, rows, tileWidth, tileHeight };
  }
  return best;
}

/**
 * Tiles of one size in the middle of an area, a short last row centred.
 * @param {number} count
 * @param {Rect} area
 * @param {number} [gap]
 * @param {{narrow?: number, wide?: number}} [aspect]
 * @returns {Rect[]}
 */
export function gridRects(count, area, gap = GAP, aspect = {}) {
  if (count === 0) return [];
  const { columns, rows, tileWidth, tileHeight } = bestGrid(count, area.width, area.height, gap, aspect);
  const top = area.y + (area.height - rows * tileHeight - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = area.x + (area.width - inRow * tileWidth - (inRow - 1) * gap) / 2;
    const x = left + (index - row * columns) * (tileWidth + gap);
    return round({ x, y: top + row * (tileHeight + gap), width: tileWidth, height: tileHeight });
  });
}

/**
 * A few big tiles, such as shared screens, with the others in a strip beside or below them: whichever leaves the big
 * ones more.
 * @param {number} bigCount At least 1.
 * @param {number} smallCount
 * @param {Rect} area
 * @param {number} [gap]
 * @returns {{big: Rect[], small: Rect[]}}
 */
export function spotlightRects(bigCount, smallCount, area, gap = GAP) {
  const screens = { narrow: WIDE, wide: WIDE };
  if (smallCount === 0) return { big: gridRects(bigCount, area, gap, screens), small: [] };
  const isUpright = area.width < area.height;
  const people = { narrow: isUpright ? NARROW_IN_UPRIGHT_AREA : NARROW_IN_WIDE_AREA };
  const splits = isUpright ? [below(area, gap)] : [beside(area, smallCount, gap), below(area, gap)];
  const laid = splits.map(([bigArea, smallArea]) => ({
    big: gridRects(bigCount, bigArea, gap, screens),
    small: gridRects(smallCount, smallArea, gap, people),
  }));
  return laid.reduce((best, other) => (size(other.big[0]) > size(best.big[0]) ? other : best));
}

/**
 * The strip is as wide as its tiles come out, and no wider.
 * @param {Rect} area
 * @param {number} smallCount
 * @param {number} gap
 * @returns {[Rect, Rect]}
 */
function beside(area, smallCount, gap) {
  const most = smallCount > 6 ? 340 : 260;
  const widest = Math.min(most, Math.max(120, area.width * 0.22));
  const { columns, tileWidth } = bestGrid(smallCount, widest, area.height, gap, {
    narrow: NARROW_IN_WIDE_AREA,
  });
  const strip = Math.ceil(columns * tileWidth + (columns - 1) * gap);
  const big = { ...area, width: area.width - strip - gap };
  return [big, { ...area, x: area.x + big.width + gap, width: strip }];
}

/**
 * @param {Rect} area
 * @param {number} gap
 * @returns {[Rect, Rect]}
 */
function below(area, gap) {
  const isUpright = area.width < area.height;
  const bigHeight = isUpright ? Math.min(area.width / WIDE, area.height * 0.5) : area.height * 0.76;
  const big = { ...area, height: bigHeight };
  return [big, { ...area, y: area.y + bigHeight + gap, height: area.height - bigHeight - gap }];
}

/** @param {Rect} rect */
function size(rect) {
  return rect.width * rect.height;
}

/**
 * @param {Rect} rect
 * @returns {Rect}
 */
function round({ x, y, width, height }) {
  return { x: Math.round(x), y: Math.round(y), width: Math.floor(width), height: Math.floor(height) };
}
