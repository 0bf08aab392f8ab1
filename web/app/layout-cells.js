/**
 * What can be done with the cells of a custom layout: pure functions, each with new cells for an answer.
 * @module
 */

/** @typedef {import('../sdk/protocol.js').Cell} Cell */
/** @typedef {{id: string, name: string}} Person */

/** As many as the server takes. */
export const CELLS_MAX = 64;
/** Smaller than this nobody sees anything in it. */
export const SIDE_MIN = 0.05;
/** Edges that come so close to another become one with it. */
const SNAP = 0.012;

/** @type {Record<string, string>} */
const WHO = { active: 'Speaker', next: 'Next', screen: 'Screen' };

/** What somebody begins with: one large picture, three small ones in its corner. @returns {Cell[]} */
export function firstCells() {
  const small = (/** @type {number} */ index) => ({ x: 0.76, y: 0.03 + 0.32 * index, w: 0.22, h: 0.29, z: 1, who: 'next' });
  return [{ x: 0, y: 0, w: 1, h: 1, z: 0, who: 'active' }, small(0), small(1), small(2)];
}

/**
 * A cell elsewhere, within the picture.
 * @param {Cell} cell
 * @param {{x?: number, y?: number}} to
 * @returns {Cell}
 */
export function movedTo(cell, { x = cell.x, y = cell.y }) {
  return { ...cell, x: round(clamp(x, 0, 1 - cell.w)), y: round(clamp(y, 0, 1 - cell.h)) };
}

/**
 * A cell of another size, its upper left corner where it was.
 * @param {Cell} cell
 * @param {{w?: number, h?: number}} to
 * @returns {Cell}
 */
export function resizedTo(cell, { w = cell.w, h = cell.h }) {
  return {
    ...cell,
    w: round(clamp(w, SIDE_MIN, 1 - cell.x)),
    h: round(clamp(h, SIDE_MIN, 1 - cell.y)),
  };
}

/**
 * A cell that is being moved, at edges of others that are near.
 * @param {Cell} cell
 * @param {Cell[]} others
 */
export function snapped(cell, others) {
  const x = nearest([cell.x, cell.x + cell.w], edges(others, 'x', 'w'));
  const y = nearest([cell.y, cell.y + cell.h], edges(others, 'y', 'h'));
  return movedTo(cell, { x: cell.x + x, y: cell.y + y });
}

/**
 * A cell that is being resized, its lower right corner at edges of others that are near.
 * @param {Cell} cell
 * @param {Cell[]} others
 */
export function snappedSize(cell, others) {
  const w = nearest([cell.x + cell.w], edges(others, 'x', 'w'));
  const h = nearest([cell.y + cell.h], edges(others, 'y', 'h'));
  return resizedTo(cell, { w: cell.w + w, h: cell.h + h });
}

/**
 * One more cell, over all others, a step away from the last one that came so.
 * @param {Cell[]} cells
 * @returns {Cell[]}
 */
export function withOneMore(cells) {
  if (cells.length >= CELLS_MAX) return cells;
  const step = 0.04 * (cells.length % 8);
  return [...cells, { x: round(0.2 + step), y: round(0.2 + step), w: 0.3, h: 0.3, z: top(cells) + 1, who: 'next' }];
}

/**
 * @param {Cell[]} cells
 * @param {number} index
 * @param {Cell} cell
 */
export function withCell(cells, index, cell) {
  return cells.map((other, place) => (place === index ? cell : other));
}

/**
 * A picture has one cell at least.
 * @param {Cell[]} cells
 * @param {number} index
 */
export function without(cells, index) {
  return cells.length > 1 ? cells.filter((_, place) => place !== index) : cells;
}

/**
 * @param {Cell[]} cells
 * @param {number} index
 * @param {'front' | 'back'} side
 */
export function put(cells, index, side) {
  const z = side === 'front' ? top(cells) + 1 : Math.min(...cells.map(depth)) - 1;
  // Depths stay small however often that is done.
  const raised = withCell(cells, index, { ...cells[index], z });
  const depths = [...new Set(raised.map(depth))].sort((a, b) => a - b);
  return raised.map((cell) => ({ ...cell, z: depths.indexOf(depth(cell)) }));
}

/**
 * Whom a cell can show, as values and words. Who is gone stays to be chosen where a cell has it.
 * @param {Person[]} people
 * @param {string} chosen
 * @returns {[string, string][]}
 */
export function whoOptions(people, chosen) {
  const all = /** @type {[string, string][]} */ ([...Object.entries(WHO), ...people.map(({ id, name }) => [id, name])]);
  return all.some(([value]) => value === chosen) ? all : [...all, [chosen, 'Somebody who left']];
}

/**
 * @param {Cell} cell
 * @param {Person[]} people
 */
export function whoOf({ who }, people) {
  return WHO[who] ?? people.find(({ id }) => id === who)?.name ?? 'Somebody who left';
}

/**
 * A cell in words, for those who hear it.
 * @param {Cell} cell
 * @param {number} index
 * @param {Person[]} people
 */
export function describe(cell, index, people) {
  const [x, y, w, h] = [cell.x, cell.y, cell.w, cell.h].map((part) => Math.round(part * 100));
  return `Cell ${index + 1}: ${whoOf(cell, people)}, ${w} by ${h} percent, ${x} from the left, ${y} from the top`;
}

/**
 * @param {Cell[]} cells
 * @param {'x' | 'y'} start
 * @param {'w' | 'h'} side
 */
function edges(cells, start, side) {
  return [0, 0.5, 1, ...cells.flatMap((cell) => [cell[start], cell[start] + cell[side]])];
}

/**
 * How far to go so that one of `from` meets one of `to`, if any is near.
 * @param {number[]} from
 * @param {number[]} to
 */
function nearest(from, to) {
  const ways = from.flatMap((start) => to.map((end) => end - start));
  const best = ways.reduce((least, way) => (Math.abs(way) < Math.abs(least) ? way : least), Infinity);
  return Math.abs(best) <= SNAP ? best : 0;
}

/** @param {Cell[]} cells */
function top(cells) {
  return Math.max(0, ...cells.map(depth));
}

/** @param {Cell} cell */
function depth({ z = 0 }) {
  return z;
}

/** @param {number} value @param {number} least @param {number} most */
function clamp(value, least, most) {
  return Math.max(least, Math.min(value, Math.max(least, most)));
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10_000) / 10_000;
}
