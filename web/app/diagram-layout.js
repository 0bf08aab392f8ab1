/**
 * Where everybody stands in the diagram of a room, and what lines go between them: pure geometry, in the units of its view box.
 * @module
 */

/** @typedef {import('../sdk/protocol.js').Flow} Flow */
/** @typedef {import('../sdk/protocol.js').Topology} Topology */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{id: string, name: string, isSelf: boolean, view: 'tracks' | 'mix'}} Person */
/** @typedef {Person & Point & {radius: number}} PersonNode */

/**
 * A line from one to another. `bps` is `null` while it is not known.
 * @typedef {object} Edge
 * @property {string} key
 * @property {string} from A participant's id, or `server`.
 * @property {string} to
 * @property {'direct' | 'up' | 'down' | 'mix'} kind
 * @property {string} path
 * @property {Point} label
 * @property {boolean} hasLabel
 * @property {number | null} bps
 * @property {number} width
 */

/**
 * @typedef {object} Diagram
 * @property {PersonNode[]} people
 * @property {Point & {isIdle: boolean, isMixing: boolean}} server
 * @property {Edge[]} edges
 * @property {number} hidden How many people there are besides.
 */

export const SIZE = { width: 360, height: 330 };
/** What people keep from the edge, for their names below and their badges above. */
const MARGIN = { side: 24, top: 12, bottom: 22 };
/** Where the server stands while it carries nothing: aside. */
const ASIDE = { x: 318, y: SIZE.height - 42 };
const SERVER_RADIUS = 32;
/** More people than this would be dots: the rest is counted. */
const PEOPLE_MAX = 16;
/** With more lines than this, only one's own have their figure. */
const LABELS_MAX = 12;
const BEND = 16;

/**
 * @param {{people: Person[], topology: Topology, flows: Flow[]}} room One's own person first.
 * @returns {Diagram}
 */
export function layOut({ people: all, topology, flows }) {
  const shown = all.slice(0, PEOPLE_MAX);
  const places = ring(shown.length);
  const people = shown.map((person, index) => ({ ...person, ...places[index] }));
  const isMesh = topology === 'mesh';
  const place = isMesh ? ASIDE : middleOf(places);
  const isMixing = !isMesh && (topology === 'mcu' || all.some(({ view }) => view === 'mix'));
  const server = { ...place, isIdle: isMesh, isMixing };
  const lines = isMesh ? meshLines(people) : serverLines(people, server);
  const rates = new Map(flows.map((flow) => [keyOf(flow), flow.audioBps + flow.videoBps]));
  const edges = lines.map(({ from, to, kind }) => {
    const key = keyOf({ from: from.id, to: to.id });
    const bps = rates.get(key) ?? null;
    const touchesSelf = people.some(({ id, isSelf }) => isSelf && (id === from.id || id === to.id));
    return {
      key,
      from: from.id,
      to: to.id,
      kind,
      ...curve(from, to),
      hasLabel: lines.length <= LABELS_MAX || touchesSelf,
      bps,
      width: widthOf(bps),
    };
  });
  return { people, server, edges, hidden: all.length - shown.length };
}

/**
 * What the server takes in and gives out.
 * @param {Flow[]} flows
 */
export function serverLoad(flows) {
  const sum = (/** @type {'from' | 'to'} */ end) =>
    flows
      .filter((flow) => flow[end] === 'server')
      .reduce((all, { audioBps, videoBps }) => all + audioBps + videoBps, 0);
  return { inBps: sum('to'), outBps: sum('from') };
}

/**
 * Oneself below, the others around, as far apart as there is room; two face each other.
 * @param {number} count
 */
function ring(count) {
  const radius = count <= 4 ? 26 : count <= 8 ? 22 : 16;
  const first = count === 2 ? Math.PI : Math.PI / 2;
  const angles = Array.from({ length: count }, (_, index) => first + (2 * Math.PI * index) / count);
  const xs = spread(angles.map(Math.cos), MARGIN.side + radius, SIZE.width - MARGIN.side - radius);
  const ys = spread(angles.map(Math.sin), MARGIN.top + radius, SIZE.height - MARGIN.bottom - radius);
  return angles.map((_, index) => ({ x: xs[index], y: ys[index], radius }));
}

/**
 * The same order from one end to the other; all that are at one place are in the middle.
 * @param {number[]} values
 * @param {number} low
 * @param {number} high
 */
function spread(values, low, high) {
  const least = Math.min(...values);
  const span = Math.max(...values) - least;
  return values.map((value) => round(span < 1e-6 ? (low + high) / 2 : low + ((value - least) / span) * (high - low)));
}

/**
 * In the midst of the people; above one who is alone.
 * @param {Point[]} places
 */
function middleOf(places) {
  if (places.length === 1) return { x: SIZE.width / 2, y: 50 };
  const between = (/** @type {number[]} */ values) => round((Math.min(...values) + Math.max(...values)) / 2);
  return { x: between(places.map(({ x }) => x)), y: between(places.map(({ y }) => y)) };
}

/** @typedef {Point & {id: string, radius: number}} End */
/** @typedef {{from: End, to: End, kind: Edge['kind']}} Line */

/**
 * @param {PersonNode[]} people
 * @returns {Line[]}
 */
function meshLines(people) {
  return people.flatMap((from) =>
    people.filter((to) => to !== from).map((to) => ({ from, to, kind: /** @type {const} */ ('direct') })),
  );
}

/**
 * @param {PersonNode[]} people
 * @param {Point} place
 * @returns {Line[]}
 */
function serverLines(people, place) {
  const server = { ...place, id: 'server', radius: SERVER_RADIUS };
  return people.flatMap((person) => [
    { from: person, to: server, kind: /** @type {const} */ ('up') },
    { from: server, to: person, kind: person.view === 'mix' ? /** @type {const} */ ('mix') : 'down' },
  ]);
}

/**
 * A line that leaves room for the one that comes back: both bend to their own side.
 * @param {End} from
 * @param {End} to
 * @returns {{path: string, label: Point}}
 */
function curve(from, to) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const along = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const side = { x: -along.y, y: along.x };
  const bend = Math.min(BEND, length / 8);
  const at = (/** @type {Point} */ point, /** @type {number} */ far, /** @type {number} */ beside) => ({
    x: round(point.x + along.x * far + side.x * beside),
    y: round(point.y + along.y * far + side.y * beside),
  });
  const start = at(from, from.radius + 3, bend / 2);
  const end = at(to, -to.radius - 9, bend / 2);
  const middle = at(from, length / 2, bend * 1.5);
  // Nearer to whoever sends, as in the middle lines cross; but off the server, which has its name there.
  const t = from.id === 'server' ? 0.56 : 0.36;
  const blend = (/** @type {'x' | 'y'} */ axis) =>
    round((1 - t) ** 2 * start[axis] + 2 * t * (1 - t) * middle[axis] + t ** 2 * end[axis]);
  const label = { x: blend('x') + round(side.x * 10), y: blend('y') + round(side.y * 8) + 3 };
  return { path: `M${start.x} ${start.y}Q${middle.x} ${middle.y} ${end.x} ${end.y}`, label };
}

/**
 * Sound alone is thin, a sharp picture thick.
 * @param {number | null} bps
 */
function widthOf(bps) {
  if (!bps) return 1.5;
  return Math.min(6, 1.5 + Math.max(0, Math.log2(bps / 32_000)) * 0.75);
}

/** @param {{from: string, to: string}} ends */
function keyOf({ from, to }) {
  return `${from} ${to}`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
