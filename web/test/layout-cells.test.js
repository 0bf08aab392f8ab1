import assert from 'node:assert/strict';
import test from 'node:test';
import {
  CELLS_MAX,
  SIDE_MIN,
  describe,
  firstCells,
  movedTo,
  put,
  resizedTo,
  snapped,
  snappedSize,
  whoOptions,
  without,
  withOneMore,
} from '../app/layout-cells.js';

/** @type {import('../sdk/protocol.js').Cell} */
const CELL = { x: 0.2, y: 0.2, w: 0.3, h: 0.4, z: 0, who: 'next' };

/** @param {import('../sdk/protocol.js').Cell[]} cells */
function assertInside(cells) {
  for (const { x, y, w, h } of cells) {
    assert.ok(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 1.0001 && y + h <= 1.0001, `${x} ${y} ${w} ${h}`);
  }
}

test('cells stay within the picture wherever they are moved and however they are resized', () => {
  for (const to of [-3, -0.01, 0, 0.5, 0.99, 1, 7]) {
    assertInside([movedTo(CELL, { x: to, y: -to }), resizedTo(CELL, { w: to, h: -to })]);
  }
  assert.deepEqual(movedTo(CELL, { x: 2, y: -1 }), { ...CELL, x: 0.7, y: 0 });
  assert.deepEqual(resizedTo(CELL, { w: 2, h: 0 }), { ...CELL, w: 0.8, h: SIDE_MIN });
  assertInside(firstCells());
});

test('a dragged cell meets the edges that it comes near, and no others', () => {
  const other = { ...CELL, x: 0.6, w: 0.3 };
  assert.equal(snapped({ ...CELL, x: 0.295 }, [other]).x, 0.3);
  assert.equal(snapped({ ...CELL, x: 0.25 }, [other]).x, 0.25);
  assert.equal(snapped({ ...CELL, y: 0.004 }, []).y, 0);
  assert.equal(snappedSize({ ...CELL, w: 0.405 }, [other]).w, 0.4);
});

test('cells come and go, one at least and as many as the server takes', () => {
  let cells = [CELL];
  assert.deepEqual(without(cells, 0), cells);
  for (let count = 0; count < 100; count += 1) cells = withOneMore(cells);
  assert.equal(cells.length, CELLS_MAX);
  assertInside(cells);
  assert.equal(without(cells, 3).length, CELLS_MAX - 1);
});

test('a cell goes before or behind all others, and depths stay small', () => {
  let cells = [CELL, { ...CELL, z: 1 }, { ...CELL, z: 5 }];
  cells = put(cells, 0, 'front');
  assert.ok((cells[0].z ?? 0) > Math.max(cells[1].z ?? 0, cells[2].z ?? 0));
  for (let turn = 0; turn < 50; turn += 1) cells = put(cells, turn % 3, turn % 2 ? 'front' : 'back');
  assert.ok(cells.every(({ z = 0 }) => z >= 0 && z < 3));
});

test('a cell says whom it shows, those who left too', () => {
  const people = [{ id: 'p_1', name: 'Ada' }];
  assert.equal(
    describe({ ...CELL, who: 'p_1' }, 1, people),
    'Cell 2: Ada, 30 by 40 percent, 20 from the left, 20 from the top',
  );
  assert.deepEqual(whoOptions(people, 'p_1').at(-1), ['p_1', 'Ada']);
  assert.deepEqual(whoOptions([], 'p_1').at(-1), ['p_1', 'Somebody who left']);
});
