/**
 * The editor of custom layouts: cells on a board, over the mix as it is. Everything that can be done by dragging can be done
 * by keys and by fields.
 * @module
 */
import { el } from './dom.js';
import {
  describe,
  firstCells,
  movedTo,
  put,
  resizedTo,
  snapped,
  snappedSize,
  whoOf,
  whoOptions,
  withCell,
  without,
  withOneMore,
} from './layout-cells.js';
import { voiceOf } from './names.js';

/** @typedef {import('../sdk/protocol.js').Cell} Cell */
/** @typedef {import('./layout-cells.js').Person} Person */

/** A change is sent this long after it, so that a drag is not sent pixel by pixel. */
const SEND_AFTER_MS = 250;
/** How far an arrow key goes, as a share of the picture. */
const KEY_STEP = 0.02;

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FIELDS = /** @type {const} */ ([
  ['x', 'Left'],
  ['y', 'Top'],
  ['w', 'Width'],
  ['h', 'Height'],
]);

/** @param {(cells: Cell[]) => void} onChange Sends a layout. */
export function createLayoutEditor(onChange) {
  /** @type {Cell[]} */
  let cells = firstCells();
  /** @type {Person[]} */
  let people = [];
  let chosen = 0;
  let isDragging = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let sending;

  const picture = el('video', { autoplay: true, playsinline: true, muted: true, tabindex: -1, 'aria-hidden': 'true' });
  picture.muted = true;
  const board = el('div', { class: 'board', role: 'group', 'aria-label': 'Cells of the mixed picture' }, picture);
  const who = el('select', { change: () => change({ ...cells[chosen], who: who.value }) });
  const inputs = FIELDS.map(([key, label]) => {
    const set = () => setField(key, Number(input.value) / 100);
    const input = el('input', { type: 'number', min: 0, max: 100, step: 'any', inputmode: 'decimal', change: set });
    return { key, input, row: el('label', { class: 'board-field' }, el('span', {}, `${label}, %`), input) };
  });
  const button = (/** @type {string} */ text, /** @type {() => void} */ click) =>
    el('button', { type: 'button', class: 'board-button', click }, text);
  const remove = button('Remove', () => setCells(without(cells, chosen), Math.max(0, chosen - 1)));
  const add = button('Add a cell', () => setCells(withOneMore(cells), cells.length));
  const title = el('p', { class: 'board-title', role: 'status' });
  const hint = el('p', { class: 'soft small' }, 'Drag a cell, or its corner. By keys: arrows move, with Shift they resize, Delete removes.');
  const element = el(
    'section',
    { class: 'layout-editor', 'aria-label': 'Your own layout' },
    board,
    hint,
    title,
    el('label', { class: 'board-field is-wide' }, el('span', {}, 'Shows'), who),
    el('div', { class: 'board-fields' }, ...inputs.map(({ row }) => row)),
    el(
      'div',
      { class: 'board-buttons' },
      add,
      button('To front', () => setCells(put(cells, chosen, 'front'), chosen)),
      button('To back', () => setCells(put(cells, chosen, 'back'), chosen)),
      remove,
    ),
  );

  /** @param {'x' | 'y' | 'w' | 'h'} key @param {number} value */
  function setField(key, value) {
    if (!Number.isFinite(value)) return render();
    const isPlace = key === 'x' || key === 'y';
    change((isPlace ? movedTo : resizedTo)(cells[chosen], { [key]: value }));
  }

  /** @param {Cell} cell The chosen one, changed. */
  function change(cell) {
    setCells(withCell(cells, chosen, cell), chosen);
  }

  /** @param {Cell[]} next @param {number} choose */
  function setCells(next, choose) {
    const hadFocus = board.contains(document.activeElement);
    cells = next;
    chosen = Math.min(choose, cells.length - 1);
    render();
    if (hadFocus) focusChosen();
    clearTimeout(sending);
    sending = setTimeout(() => {
      sending = undefined;
      onChange(cells);
    }, SEND_AFTER_MS);
  }

  function focusChosen() {
    /** @type {HTMLElement | undefined} */ (boxes()[chosen])?.focus({ preventScroll: true });
  }

  function boxes() {
    return [...board.querySelectorAll('.board-cell')];
  }

  /** @param {number} index */
  function choose(index) {
    if (chosen === index) return;
    chosen = index;
    render();
  }

  /** @param {PointerEvent} event @param {number} index */
  function drag(event, index) {
    if (event.button !== 0) return;
    choose(index);
    const box = /** @type {HTMLElement} */ (event.currentTarget);
    const isSize = event.target instanceof Element && event.target.matches('.board-corner');
    const { width, height } = board.getBoundingClientRect();
    const [from, others] = [cells[index], cells.filter((_, place) => place !== index)];
    isDragging = true;
    box.setPointerCapture(event.pointerId);
    const move = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      const [across, down] = [(clientX - event.clientX) / width, (clientY - event.clientY) / height];
      const to = isSize
        ? snappedSize(resizedTo(from, { w: from.w + across, h: from.h + down }), others)
        : snapped(movedTo(from, { x: from.x + across, y: from.y + down }), others);
      change(to);
    };
    const end = () => {
      isDragging = false;
      box.removeEventListener('pointermove', move);
    };
    box.addEventListener('pointermove', move);
    box.addEventListener('lostpointercapture', end, { once: true });
  }

  /** @param {KeyboardEvent} event @param {number} index */
  function press(event, index) {
    const arrow = ARROWS[event.key];
    const isRemoval = event.key === 'Delete' || event.key === 'Backspace';
    if (!arrow && !isRemoval) return;
    event.preventDefault();
    // The app has keys of its own.
    event.stopPropagation();
    choose(index);
    if (isRemoval) return setCells(without(cells, index), Math.max(0, index - 1));
    const [across, down] = arrow.map((sign) => sign * KEY_STEP);
    const cell = cells[index];
    change(
      event.shiftKey
        ? resizedTo(cell, { w: cell.w + across, h: cell.h + down })
        : movedTo(cell, { x: cell.x + across, y: cell.y + down }),
    );
  }

  /** @param {number} index */
  function createBox(index) {
    return el(
      'button',
      {
        type: 'button',
        class: 'board-cell',
        pointerdown: (/** @type {PointerEvent} */ event) => drag(event, index),
        keydown: (/** @type {KeyboardEvent} */ event) => press(event, index),
        focus: () => choose(index),
      },
      el('span', { class: 'board-who', 'aria-hidden': 'true' }),
      el('span', { class: 'board-corner', 'aria-hidden': 'true' }),
    );
  }

  function render() {
    // Boxes stay while they are dragged; there are as many as cells.
    const old = boxes();
    for (const box of old.slice(cells.length)) box.remove();
    for (let index = old.length; index < cells.length; index += 1) board.append(createBox(index));
    for (const [index, box] of boxes().entries()) renderBox(/** @type {HTMLElement} */ (box), index);
    const cell = cells[chosen];
    title.textContent = describe(cell, chosen, people);
    for (const { key, input } of inputs) {
      if (document.activeElement !== input || input.value === '') input.value = String(Math.round(cell[key] * 1000) / 10);
    }
    who.replaceChildren(
      ...whoOptions(people, cell.who).map(([value, label]) => el('option', { value, selected: value === cell.who }, label)),
    );
    remove.disabled = cells.length === 1;
  }

  /** @param {HTMLElement} box @param {number} index */
  function renderBox(box, index) {
    const cell = cells[index];
    const label = whoOf(cell, people);
    box.className = `board-cell voice-${voiceOf(label)}${index === chosen ? ' is-chosen' : ''}`;
    box.setAttribute('aria-label', describe(cell, index, people));
    box.setAttribute('aria-pressed', String(index === chosen));
    const percent = (/** @type {number} */ part) => `${part * 100}%`;
    Object.assign(box.style, {
      left: percent(cell.x),
      top: percent(cell.y),
      width: percent(cell.w),
      height: percent(cell.h),
      zIndex: String((cell.z ?? 0) + 1),
    });
    const words = box.querySelector('.board-who');
    if (words) words.textContent = label;
  }

  render();
  return {
    element,
    /** The cells as they are at present. */
    get cells() {
      return cells;
    },
    /**
     * What the room says; what is being changed here goes first.
     * @param {{cells?: Cell[], people: Person[], mix: MediaStreamTrack | null}} state
     */
    update(state) {
      ({ people } = state);
      if (state.cells?.length && !isDragging && sending === undefined) {
        cells = state.cells;
        chosen = Math.min(chosen, cells.length - 1);
      }
      const shown = /** @type {MediaStream | null} */ (picture.srcObject)?.getTracks()[0] ?? null;
      if (shown !== state.mix) picture.srcObject = state.mix && new MediaStream([state.mix]);
      render();
    },
    destroy() {
      clearTimeout(sending);
      picture.srcObject = null;
    },
  };
}
