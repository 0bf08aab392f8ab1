/**
 * The statistics drawer: both connections, and each track of each person, a reading a second while it is open.
 * @module
 */
import { el } from './dom.js';
import { formatBitrate, formatMs } from './history.js';
import { serverFacts } from './server-facts.js';
import { createTrackCard } from './track-card.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/meter.js').TrackStats} TrackStats */
/** @typedef {import('../sdk/meter.js').TransportStats} TransportStats */

const READ_EVERY_MS = 1_000;
/** With more people than this, the others' charts are folded up until somebody asks. */
const UNFOLDED_MAX = 4;

/** @param {Room} room */
export function createStatsPanel(room) {
  const connection = el('dl', { class: 'facts' });
  const people = el('div', { class: 'stats-people' });
  const element = el('div', { class: 'stats' }, connection, people);
  /** @type {Map<string, ReturnType<typeof createGroup>>} */
  const groups = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  async function read() {
    const [stats, server] = await Promise.all([
      room.getStats().catch(() => null),
      // While the socket is down there is no server to ask.
      room.getServerStats().then(serverFacts, () => ''),
    ]);
    if (!stats || timer === undefined) return;
    const line = server ? [el('dt', {}, 'Server'), el('dd', {}, server)] : [];
    connection.replaceChildren(
      ...stats.transports.flatMap((transport) => renderTransport(transport, nameOf)),
      ...line,
    );
    /** @type {Map<string, TrackStats[]>} */
    const byPerson = new Map();
    for (const track of stats.tracks) {
      byPerson.set(track.participantId, [...(byPerson.get(track.participantId) ?? []), track]);
    }
    prune(groups, byPerson);
    for (const [id, tracks] of byPerson) {
      const group = groups.get(id) ?? open(id);
      group.update(tracks);
    }
  }

  /** @param {string} [id] */
  function nameOf(id = '') {
    return room.participants.get(id)?.name ?? '';
  }

  /** @param {string} id The mix has none. */
  function open(id) {
    const isLocal = id === room.local.id;
    const name = isLocal ? `${room.local.name} (you)` : id ? nameOf(id) : 'The mix of all';
    const group = createGroup(name, isLocal || groups.size < UNFOLDED_MAX, nameOf);
    groups.set(id, group);
    people.append(group.element);
    return group;
  }

  return {
    element,
    start() {
      if (timer !== undefined) return;
      timer = setInterval(() => void read(), READ_EVERY_MS);
      void read();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/**
 * @param {string} name
 * @param {boolean} isOpen
 * @param {(id?: string) => string} nameOf
 */
function createGroup(name, isOpen, nameOf) {
  const total = el('span', { class: 'soft small' });
  const body = el('div', { class: 'track-cards' });
  const element = el(
    'details',
    { class: 'stats-person', open: isOpen },
    el('summary', {}, el('h3', {}, name), total),
    body,
  );
  /** @type {Map<string, ReturnType<typeof createTrackCard>>} */
  const cards = new Map();
  return {
    element,
    /** @param {TrackStats[]} tracks */
    update(tracks) {
      const sum = tracks.reduce((bits, track) => bits + track.bitrateBps, 0);
      total.textContent = formatBitrate(sum);
      prune(cards, new Map(tracks.map((track) => [keyOf(track), track])));
      for (const track of tracks) {
        let card = cards.get(keyOf(track));
        if (!card) {
          card = createTrackCard(track, track.isLocal ? nameOf(track.peerId) : '');
          cards.set(keyOf(track), card);
          body.append(card.element);
        }
        card.update(track);
      }
    },
  };
}

/**
 * In a mesh one's own track goes to each of the others by itself.
 * @param {TrackStats} track
 */
function keyOf({ trackId, peerId = '' }) {
  return `${trackId} ${peerId}`;
}

/**
 * Takes away what is no longer there.
 * @param {Map<string, {element: HTMLElement}>} shown
 * @param {ReadonlyMap<string, unknown>} present
 */
function prune(shown, present) {
  for (const [key, { element }] of shown) {
    if (present.has(key)) continue;
    element.remove();
    shown.delete(key);
  }
}

/**
 * @param {TransportStats} transport
 * @param {(id?: string) => string} nameOf
 */
function renderTransport(transport, nameOf) {
  const direct = `With ${nameOf(transport.peerId)}`;
  const title = { publish: 'Sending', subscribe: 'Receiving', mesh: direct }[transport.peer];
  const secured = transport.dtlsVersion ? `DTLS ${transport.dtlsVersion}` : null;
  const facts = [
    transport.state,
    transport.protocol?.toUpperCase(),
    transport.roundTripMs === null ? null : formatMs(transport.roundTripMs),
    transport.availableOutgoingBps && transport.peer !== 'subscribe'
      ? `room for ${formatBitrate(transport.availableOutgoingBps)}`
      : null,
    transport.remote,
    secured,
    transport.srtpCipher?.replace(/^SRTP_/, ''),
  ];
  return [el('dt', {}, title), el('dd', {}, facts.filter(Boolean).join(' · '))];
}
