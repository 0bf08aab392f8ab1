import assert from 'node:assert/strict';
import test from 'node:test';
import { bestGrid, gridRects, spotlightRects } from '../app/layout.js';

const DESKTOP = { x: 0, y: 0, width: 1248, height: 640 };
const PHONE = { x: 0, y: 0, width: 374, height: 700 };

/** @param {import('../app/layout.js').Rect} a @param {import('../app/layout.js').Rect} b */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** @param {import('../app/layout.js').Rect[]} rects @param {import('../app/layout.js').Rect} area */
function assertFits(rects, area) {
  for (const rect of rects) {
    assert.ok(rect.x >= area.x && rect.y >= area.y, `starts inside: ${JSON.stringify(rect)}`);
    assert.ok(rect.x + rect.width <= area.x + area.width + 1, `ends inside: ${JSON.stringify(rect)}`);
    assert.ok(rect.y + rect.height <= area.y + area.height + 1, `ends inside: ${JSON.stringify(rect)}`);
  }
  rects.forEach((rect, index) => {
    for (const other of rects.slice(index + 1)) assert.ok(!overlap(rect, other), 'no tile covers another');
  });
}

test('one to twenty-five tiles fit without overlap, at a desk and on a phone', () => {
  for (const area of [DESKTOP, PHONE]) {
    for (let count = 1; count <= 25; count++) {
      const rects = gridRects(count, area);
      assert.equal(rects.length, count);
      assertFits(rects, area);
    }
  }
});

test('tiles keep between a photo and a film at a desk, and may be upright on a phone', () => {
  for (let count = 1; count <= 25; count++) {
    const desk = bestGrid(count, DESKTOP.width, DESKTOP.height);
    const phone = bestGrid(count, PHONE.width, PHONE.height);
    const within = (/** @type {number} */ value, /** @type {number} */ least) =>
      value > least - 0.01 && value < 16 / 9 + 0.01;
    assert.ok(within(desk.tileWidth / desk.tileHeight, 4 / 3));
    assert.ok(within(phone.tileWidth / phone.tileHeight, 4 / 5));
  }
});

test('two stand side by side at a desk and one above the other on a phone', () => {
  assert.equal(bestGrid(2, DESKTOP.width, DESKTOP.height).columns, 2);
  assert.equal(bestGrid(2, PHONE.width, PHONE.height).columns, 1);
});

test('no other number of columns would give the tiles more', () => {
  for (let count = 1; count <= 25; count++) {
    const best = bestGrid(count, DESKTOP.width, DESKTOP.height);
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const width = Math.min(
        (DESKTOP.width - 10 * (columns - 1)) / columns,
        (((DESKTOP.height - 10 * (rows - 1)) / rows) * 16) / 9,
      );
      assert.ok(best.tileWidth * best.tileHeight >= ((width * width * 9) / 16) * 0.999);
    }
  }
});

test('a short last row stands in the middle', () => {
  const rects = gridRects(5, DESKTOP);
  const [fourth, fifth] = rects.slice(3);
  assert.equal(fourth.y, fifth.y);
  const left = fourth.x;
  const right = DESKTOP.width - (fifth.x + fifth.width);
  assert.ok(Math.abs(left - right) <= 2, `${left} and ${right}`);
});

test('a screen gets most of the area and the people a strip', () => {
  for (const area of [DESKTOP, PHONE]) {
    for (let count = 1; count <= 25; count++) {
      const { big, small } = spotlightRects(1, count, area);
      assertFits([...big, ...small], area);
      assert.equal(small.length, count);
      assert.ok(big[0].width * big[0].height > 3 * small[0].width * small[0].height || area === PHONE);
      assert.ok(Math.abs(big[0].width / big[0].height - 16 / 9) < 0.02);
    }
  }
});

test('an area without room gives tiles without size, not an error', () => {
  assert.deepEqual(gridRects(0, DESKTOP), []);
  for (const rect of gridRects(3, { x: 0, y: 0, width: 0, height: 0 }))
    assert.ok(rect.width <= 0 && rect.height <= 0);
});
