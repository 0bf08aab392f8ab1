/**
 * The live picture of a room: who sends what to whom.
 * @module
 */
import { SIZE, layOut } from './diagram-layout.js';
import { el, svg } from './dom.js';
import { formatBitrate } from './history.js';
import { initials, voiceOf } from './names.js';

/** @typedef {import('./diagram-layout.js').Diagram} Diagram */
/** @typedef {import('./diagram-layout.js').Edge} Edge */
/** @typedef {import('./diagram-layout.js').PersonNode} PersonNode */
/** @typedef {Parameters<typeof layOut>[0]} RoomPicture */

export function createDiagram() {
  const lines = svg('g', { class: 'diagram-lines' });
  const labels = svg('g', { class: 'diagram-labels' });
  const nodes = svg('g');
  const server = createServer();
  const more = svg('text', { class: 'diagram-more', x: 10, y: SIZE.height - 8 });
  const title = svg('title');
  const picture = svg(
    'svg',
    { class: 'diagram', viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: 'img' },
    title,
    arrows(),
    lines,
    server.element,
    nodes,
    labels,
    more,
  );
  const rows = el('tbody');
  const table = el(
    'details',
    { class: 'flows' },
    el('summary', {}, 'The same in figures'),
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...['From', 'To', 'Sound', 'Picture'].map((word) => el('th', { scope: 'col' }, word)))),
      rows,
    ),
  );
  const people = keyed(nodes, createPerson);
  const edges = keyed(lines, createEdge);
  const figures = keyed(labels, createLabel);
  return {
    element: el('div', { class: 'diagram-frame' }, picture, table),
    /**
     * @param {RoomPicture} room
     * @param {{caption: string, isMoving: boolean}} words
     */
    update(room, { caption, isMoving }) {
      const drawn = layOut(room);
      picture.dataset.topology = room.topology;
      picture.classList.toggle('is-moving', isMoving);
      title.textContent = caption;
      people(drawn.people.map((person) => [person.id, person]));
      const named = new Map(room.people.map((person) => [person.id, person.name]));
      edges(drawn.edges.map((edge) => [`${edge.key} ${edge.kind}`, { edge, voice: voiceOfSender(edge, named) }]));
      figures(drawn.edges.filter(({ hasLabel, bps }) => hasLabel && bps).map((edge) => [edge.key, edge]));
      server.update(drawn.server);
      more.textContent = drawn.hidden ? `and ${drawn.hidden} more` : '';
      rows.replaceChildren(...room.flows.map((flow) => renderRow(flow, named)));
    },
  };
}

/**
 * Elements by key: made, changed and taken away as the data say.
 * @template Data
 * @param {Element} parent
 * @param {(data: Data) => {element: Element, update: (data: Data) => void}} create
 * @returns {(entries: [string, Data][]) => void}
 */
function keyed(parent, create) {
  /** @type {Map<string, ReturnType<typeof create>>} */
  const shown = new Map();
  return (entries) => {
    const present = new Map(entries);
    for (const [key, { element }] of shown) {
      if (present.has(key)) continue;
      element.remove();
      shown.delete(key);
    }
    for (const [key, data] of present) {
      const item = shown.get(key) ?? create(data);
      if (!shown.has(key)) parent.append(item.element);
      shown.set(key, item);
      item.update(data);
    }
  };
}

/** @param {PersonNode} first */
function createPerson(first) {
  const circle = svg('circle');
  const letters = svg('text', { class: 'diagram-initials', dy: '0.35em' });
  const name = svg('text', { class: 'diagram-name' });
  const mix = mosaic(7);
  mix.classList.add('diagram-badge');
  const element = svg('g', { class: `diagram-person voice-${voiceOf(first.name)}` }, circle, letters, name, mix);
  return {
    element,
    /** @param {PersonNode} person */
    update({ name: full, x, y, radius, isSelf, view }) {
      element.style.transform = `translate(${x}px, ${y}px)`;
      element.classList.toggle('is-self', isSelf);
      circle.setAttribute('r', String(radius));
      letters.textContent = initials(full);
      name.textContent = isSelf ? 'You' : shortened(full);
      name.setAttribute('y', String(radius + 13));
      mix.setAttribute('transform', `translate(${radius - 12} ${-radius - 2})`);
      mix.toggleAttribute('hidden', view !== 'mix');
    },
  };
}

/** @param {{edge: Edge, voice: number}} first */
function createEdge({ edge, voice }) {
  const voices = voice ? ` voice-${voice}` : '';
  const element = svg('path', { class: `diagram-line is-${edge.kind}${voices}`, 'marker-end': 'url(#diagram-arrow)' });
  return {
    element,
    /** @param {{edge: Edge}} data */
    update({ edge: { path, width, bps } }) {
      element.setAttribute('d', path);
      element.setAttribute('stroke-width', width.toFixed(1));
      element.classList.toggle('is-flowing', Boolean(bps));
    },
  };
}

function createLabel() {
  const element = svg('text', { class: 'diagram-figure' });
  return {
    element,
    /** @param {Edge} edge */
    update({ label, bps }) {
      element.setAttribute('x', String(label.x));
      element.setAttribute('y', String(label.y));
      element.textContent = formatBitrate(bps).replace('bit/s', 'b/s');
    },
  };
}

function createServer() {
  const box = svg('rect', { x: -27, y: -24, width: 54, height: 40, rx: 10 });
  const rack = svg('g', { class: 'diagram-rack' });
  for (const y of [-13, -1]) {
    rack.append(svg('line', { x1: -15, x2: 6, y1: y, y2: y }), svg('circle', { cx: 14, cy: y, r: 1.8 }));
  }
  const mix = mosaic(13);
  mix.setAttribute('transform', 'translate(-14 -18)');
  const name = svg('text', { class: 'diagram-name', y: 29 });
  const element = svg('g', { class: 'diagram-server' }, box, rack, mix, name);
  return {
    element,
    /** @param {Diagram['server']} server */
    update({ x, y, isIdle, isMixing }) {
      element.style.transform = `translate(${x}px, ${y}px)`;
      element.classList.toggle('is-idle', isIdle);
      rack.toggleAttribute('hidden', isMixing);
      mix.toggleAttribute('hidden', !isMixing);
      name.textContent = isMixing ? 'Server mixes' : isIdle ? 'Server' : 'Server passes on';
    },
  };
}

/**
 * Four voices in one picture: what a mix is.
 * @param {number} size Of each of the four.
 */
function mosaic(size) {
  const rects = [0, 1, 2, 3].map((index) =>
    svg('rect', {
      class: `diagram-cell voice-${index + 1}`,
      x: (index % 2) * (size + 1),
      y: Math.floor(index / 2) * (size + 1),
      width: size,
      height: size,
      rx: size / 5,
    }),
  );
  return svg('g', {}, ...rects);
}

function arrows() {
  const tip = svg('path', { d: 'M0 0L7 3.5L0 7Z', class: 'diagram-tip' });
  const box = { viewBox: '0 0 7 7', refX: 1, refY: 3.5, markerWidth: 7, markerHeight: 7 };
  return svg('defs', {}, svg('marker', { id: 'diagram-arrow', orient: 'auto', markerUnits: 'userSpaceOnUse', ...box }, tip));
}

/**
 * @param {Edge} edge
 * @param {ReadonlyMap<string, string>} named
 */
function voiceOfSender({ from }, named) {
  const name = named.get(from);
  return name === undefined ? 0 : voiceOf(name);
}

/**
 * @param {import('./diagram-layout.js').Flow} flow
 * @param {ReadonlyMap<string, string>} named
 */
function renderRow({ from, to, audioBps, videoBps, mix }, named) {
  const nameOf = (/** @type {string} */ id) => (id === 'server' ? 'Server' : (named.get(id) ?? 'Somebody'));
  const target = `${nameOf(to)}${mix ? ' (mix)' : ''}`;
  const cells = [target, formatBitrate(audioBps), formatBitrate(videoBps)].map((text) => el('td', {}, text));
  return el('tr', {}, el('th', { scope: 'row' }, nameOf(from)), ...cells);
}

/** @param {string} name */
function shortened(name) {
  return [...name].length > 12 ? `${[...name].slice(0, 11).join('')}…` : name;
}
