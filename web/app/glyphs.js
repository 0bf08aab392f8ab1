/**
 * Small pictures of topologies and layouts, on a grid of 36 by 24.
 * @module
 */
import { svg } from './dom.js';

/** @typedef {[number, number]} Dot */

/** @type {Record<string, {dots: Dot[], lines: [Dot, Dot][], box?: 'plain' | 'mix'}>} */
const SHAPES = {
  auto: { dots: [], lines: [] },
  mesh: {
    dots: [
      [18, 4],
      [6, 19],
      [30, 19],
    ],
    lines: [
      [
        [18, 4],
        [6, 19],
      ],
      [
        [18, 4],
        [30, 19],
      ],
      [
        [6, 19],
        [30, 19],
      ],
    ],
  },
  sfu: star('plain'),
  mcu: star('mix'),
};

/** @type {Record<string, [number, number, number, number][]>} */
const CELLS = {
  grid: [
    [3, 2, 14, 9],
    [19, 2, 14, 9],
    [3, 13, 14, 9],
    [19, 13, 14, 9],
  ],
  speakerStrip: [
    [3, 2, 30, 13],
    [3, 17, 9, 5],
    [13.5, 17, 9, 5],
    [24, 17, 9, 5],
  ],
  sideBySide: [
    [3, 5, 14, 14],
    [19, 5, 14, 14],
  ],
  pictureInPicture: [
    [3, 2, 30, 20],
    [22, 13, 9, 7],
  ],
  single: [[3, 2, 30, 20]],
  custom: [
    [3, 2, 18, 12],
    [23, 2, 10, 20],
    [3, 16, 8, 6],
    [13, 16, 8, 6],
  ],
};

/** @param {'auto' | 'mesh' | 'sfu' | 'mcu'} topology */
export function topologyGlyph(topology) {
  const { dots, lines, box } = SHAPES[topology];
  const strokes = lines.map(([[x1, y1], [x2, y2]]) => svg('line', { x1, y1, x2, y2 }));
  const middle = box ? [svg('rect', { class: `glyph-box is-${box}`, x: 13, y: 7, width: 10, height: 10, rx: 2.5 })] : [];
  const cross = box === 'mix' ? [svg('path', { class: 'glyph-cross', d: 'M18 7v10M13 12h10' })] : [];
  const circles = dots.map(([cx, cy], index) => svg('circle', { cx, cy, r: 3.4, class: `voice-${index + 1}` }));
  const letter = topology === 'auto' ? [svg('path', { class: 'glyph-auto', d: WAND })] : [];
  return glyph(...strokes, ...middle, ...cross, ...circles, ...letter);
}

/** @param {import('../sdk/protocol.js').Arrangement} arrangement */
export function layoutGlyph(arrangement) {
  const rects = CELLS[arrangement].map(([x, y, width, height], index) =>
    svg('rect', { x, y, width, height, rx: 1.5, class: `glyph-cell voice-${(index % 4) + 1}` }),
  );
  return glyph(...rects);
}

/** Two arrows that turn round: it goes by itself. */
const WAND = 'M9 10a9.5 9.5 0 0 1 17-3M27 14a9.5 9.5 0 0 1-17 3M26 2v5h-5M10 22v-5h5';

/** @param {'plain' | 'mix'} box */
function star(box) {
  const ends = /** @type {Dot[]} */ ([
    [5, 4],
    [31, 4],
    [5, 20],
    [31, 20],
  ]);
  return { dots: ends, lines: ends.map((end) => /** @type {[Dot, Dot]} */ ([end, [18, 12]])), box };
}

/** @param {...Element} children */
function glyph(...children) {
  const box = { class: 'glyph', viewBox: '0 0 36 24', 'aria-hidden': 'true', focusable: 'false' };
  return /** @type {SVGElement} */ (svg('svg', box, ...children));
}
