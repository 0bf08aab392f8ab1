/**
 * The drawer that shows how the room moves media, live, and changes it.
 * @module
 */
import { createDiagram } from './diagram.js';
import { createChoice } from './choice-group.js';
import { el } from './dom.js';
import { createLayoutEditor } from './layout-editor.js';
import { ARRANGEMENTS, TOPOLOGIES, VIEWS, absentFrom, captionOf, reasonOf } from './topology-words.js';
import { topologyGlyph, layoutGlyph } from './glyphs.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/protocol.js').Flow} Flow */

const EVENTS = /** @type {const} */ ([
  'participantJoined',
  'participantLeft',
  'topology',
  'viewChanged',
  'layout',
  'trackPlaceholder',
  'trackSubscribed',
  'trackUnsubscribed',
  'trackUnpublished',
  'resumed',
]);

/**
 * @param {Room} room
 * @param {(error: unknown) => void} onFault
 */
export function createRoomPanel(room, onFault) {
  const diagram = createDiagram();
  const caption = el('p', { class: 'room-caption' });
  const reason = el('p', { class: 'room-reason soft small', role: 'status' });
  const topology = createChoice({
    legend: 'How media travels, for everyone',
    name: 'topology',
    options: Object.entries(TOPOLOGIES).map(([value, { name, term, text }]) => ({
      value,
      label: name,
      term,
      text,
      glyph: topologyGlyph(/** @type {keyof typeof TOPOLOGIES} */ (value)),
    })),
    onChoose: (value) => attempt(room.setTopology(/** @type {keyof typeof TOPOLOGIES} */ (value))),
  });
  const view = createChoice({
    legend: 'What you receive',
    name: 'view',
    options: Object.entries(VIEWS).map(([value, label]) => ({ value, label })),
    onChoose: (value) => attempt(room.setView(/** @type {keyof typeof VIEWS} */ (value))),
  });
  const layout = createChoice({
    legend: 'The mixed picture',
    name: 'layout',
    options: Object.entries(ARRANGEMENTS).map(([value, label]) => ({
      value,
      label,
      glyph: layoutGlyph(/** @type {keyof typeof ARRANGEMENTS} */ (value)),
    })),
    onChoose: (value) => chooseLayout(/** @type {keyof typeof ARRANGEMENTS} */ (value)),
  });
  const whole = el('input', { type: 'checkbox', change: () => chooseLayout(room.layout.arrangement) });
  const fit = el('label', { class: 'check' }, whole, el('span', {}, 'Whole pictures, with borders where they do not fit'));
  const editor = createLayoutEditor((cells) => {
    // Another layout may have been chosen meanwhile.
    if (room.layout.arrangement === 'custom') attempt(room.setLayout({ ...room.layout, cells }));
  });
  const absent = el('ul', { class: 'absent' });
  const absentees = el('div', { role: 'status' }, el('p', {}, 'Not shown in the mix:'), absent);
  const note = el('p', { class: 'soft small' }, 'Only somebody with the right to run this room can change it.');
  const element = el(
    'div',
    { class: 'room-panel' },
    diagram.element,
    caption,
    reason,
    topology.element,
    note,
    view.element,
    absentees,
    layout.element,
    editor.element,
    fit,
  );
  /** @type {Flow[]} */
  let flows = [];
  let isOpen = false;

  /** @param {import('../sdk/protocol.js').Arrangement} arrangement */
  function chooseLayout(arrangement) {
    const custom = arrangement === 'custom' ? { cells: editor.cells } : {};
    attempt(room.setLayout({ arrangement, fit: whole.checked ? 'letterbox' : 'crop', ...custom }));
  }

  /** @param {Promise<unknown>} asked */
  function attempt(asked) {
    asked.catch((error) => {
      onFault(error);
      render();
    });
  }

  function render() {
    if (!isOpen) return;
    const others = [...room.participants.values()];
    const people = [room.local, ...others].map((person) => ({
      id: person.id,
      name: person.name,
      view: person.view,
      isSelf: person === room.local,
    }));
    const isMixing = room.topology === 'mcu' || people.some((person) => person.view === 'mix');
    const words = captionOf({ topology: room.topology, people: people.length, flows, isMixing });
    const isMoving = room.move.state === 'moving';
    diagram.update({ people, topology: room.topology, flows }, { caption: words, isMoving });
    setText(caption, words);
    setText(reason, reasonOf(room.move));
    const isAdmin = room.grants.admin ?? false;
    topology.update({ value: room.move.intent, isDisabled: !isAdmin });
    view.update({ value: room.viewIntent, isDisabled: false });
    layout.update({ value: room.layout.arrangement, isDisabled: !isAdmin });
    whole.checked = room.layout.fit === 'letterbox';
    whole.disabled = !isAdmin;
    note.hidden = isAdmin;
    const hasMix = isMixing && room.topology !== 'mesh';
    layout.element.hidden = fit.hidden = !hasMix;
    editor.element.hidden = !hasMix || !isAdmin || room.layout.arrangement !== 'custom';
    const mix = [...room.mix.tracks.values()].find(({ kind }) => kind === 'video')?.mediaStreamTrack ?? null;
    editor.update({ cells: room.layout.cells, people, mix: editor.element.hidden ? null : mix });
    renderAbsentees();
  }

  function renderAbsentees() {
    const all = [room.local, ...room.participants.values()];
    const lines = absentFrom(
      all.map(({ name, tracks }) => ({ name, isSelf: tracks === room.local.tracks, tracks: tracks.values() })),
    );
    absentees.hidden = lines.length === 0;
    if (lines.join('\n') !== [...absent.children].map((line) => line.textContent).join('\n'))
      absent.replaceChildren(...lines.map((line) => el('li', {}, line)));
  }

  /** @param {boolean} isOn */
  function watch(isOn) {
    isOpen = isOn;
    flows = [];
    // The picture is drawn without figures where the server tells none.
    if (room.state === 'connected') room.watchFlows(isOn).catch(() => undefined);
    render();
  }

  const offs = EVENTS.map((name) => room.on(name, render));
  offs.push(
    room.on('flows', (told) => {
      flows = told.flows;
      render();
    }),
    room.on('topology', () => {
      // Figures of the way before would stand at the wrong lines.
      flows = [];
    }),
  );
  return {
    element,
    open: () => watch(true),
    close: () => watch(false),
    destroy() {
      for (const off of offs) off();
      editor.destroy();
    },
  };
}

/**
 * A status that is written anew is read aloud anew.
 * @param {HTMLElement} element
 * @param {string} text
 */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
