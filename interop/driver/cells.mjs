// The picture of a mix held against the cells that the server tells: sampled in each of them, decoded, at its middle and near
// its corners.

import { named } from './hearing.mjs';

export const COLUMNS = 128;
export const ROWS = 72;
/** Cameras of the tests: 4 by 3. */
const CAMERA_SHAPE = 4 / 3;
const PICTURE_SHAPE = 16 / 9;
/** Where a cell is looked at, in fractions of what is shown in it. The name stands in its lower left corner. */
const SPOTS = [
  [0.5, 0.5],
  [0.12, 0.14],
  [0.88, 0.14],
  [0.88, 0.86],
];

/** Where the picture of a camera is within its cell. */
function shownIn({ x, y, w, h }, fit) {
  if (fit !== 'letterbox') return { x, y, w, h };
  const shape = (w / h) * PICTURE_SHAPE;
  const [across, down] = shape > CAMERA_SHAPE ? [CAMERA_SHAPE / shape, 1] : [1, shape / CAMERA_SHAPE];
  return { x: x + (w * (1 - across)) / 2, y: y + (h * (1 - down)) / 2, w: w * across, h: h * down };
}

const covers = (cell, [x, y]) => x >= cell.x && x <= cell.x + cell.w && y >= cell.y && y <= cell.y + cell.h;
const nameAt = (names, [x, y]) => names[Math.floor(y * ROWS) * COLUMNS + Math.floor(x * COLUMNS)];

/**
 * What of a raster of `COLUMNS` by `ROWS` is not as the cells say; nothing where all is. `whose` names the colour of each
 * participant, `null` for the placeholder; `colours` are those that people send.
 */
export function wrongIn(raster, cells, { whose, colours, fit = 'crop' }) {
  const names = named(raster, colours);
  const wrong = [];
  let looked = 0;
  for (const [index, cell] of cells.entries()) {
    const above = cells.slice(index + 1);
    const isFree = (spot) => !above.some((other) => covers(other, spot));
    const wanted = whose(cell.participantId);
    const shown = shownIn(cell, fit);
    for (const [across, down] of SPOTS) {
      const spot = [shown.x + across * shown.w, shown.y + down * shown.h];
      if (!isFree(spot)) continue;
      looked += 1;
      const found = nameAt(names, spot);
      if (found !== wanted) wrong.push(`cell ${index} at ${spot.map((at) => at.toFixed(2))}: ${found}, not ${wanted}`);
    }
    for (const spot of bars(cell, shown).filter(isFree)) {
      looked += 1;
      if (nameAt(names, spot) !== null) wrong.push(`cell ${index} at ${spot.map((at) => at.toFixed(2))}: no bar`);
    }
  }
  if (looked < cells.length) wrong.push(`only ${looked} places were looked at`);
  return wrong;
}

/** Places in the bars beside or above a picture, where they are wide enough to be looked at. */
function bars(cell, shown) {
  const [beside, above] = [(cell.w - shown.w) / 2, (cell.h - shown.h) / 2];
  const [x, y] = [cell.x + cell.w / 2, cell.y + cell.h / 2];
  if (beside * COLUMNS > 3) return [[cell.x + beside / 2, y], [cell.x + cell.w - beside / 2, y]];
  if (above * ROWS > 3) return [[x, cell.y + above / 2], [x, cell.y + cell.h - above / 2]];
  return [];
}

/** Whether the cells are these, in this order, to a pixel or two. */
export function haveShape(cells, wanted) {
  const near = (one, other) => Math.abs(one - other) < 0.005;
  const isOne = (cell, [x, y, w, h]) => near(cell.x, x) && near(cell.y, y) && near(cell.w, w) && near(cell.h, h);
  return cells.length === wanted.length && cells.every((cell, index) => isOne(cell, wanted[index]));
}
