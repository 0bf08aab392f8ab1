/**
 * Tells a person what happens in the room, in passing or until it is over.
 * @module
 */
import { TOPOLOGIES } from './topology-words.js';
import { wordsFor, wordsForMany } from './words.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('./notices.js').Notices} Notices */
/** @typedef {import('./speakers.js').Speakers} Speakers */

/** With more people than this, comings and goings are too many to tell each. */
const TOLD_MAX = 12;

/**
 * @param {Room} room
 * @param {Speakers} speakers
 * @param {Notices} notices
 * @returns {(() => void)[]} What ends it.
 */
export function tellEvents(room, speakers, notices) {
  return [
    ...tellPeople(room, notices),
    ...tellConnection(room, notices),
    ...tellTracks(room, notices),
    tellSound(speakers, notices),
  ];
}

/**
 * @param {Room} room
 * @param {Notices} notices
 */
function tellPeople(room, notices) {
  /** @param {string} verb What one after the other does, told as one while it is still read. */
  const teller = (verb) => {
    /** @type {string[]} */
    let names = [];
    /** @type {((text: string) => boolean) | null} */
    let sayInPlace = null;
    return (/** @type {string} */ name) => {
      if (room.participants.size > TOLD_MAX) return;
      names.push(name);
      if (sayInPlace?.(wordsForMany(names, verb))) return;
      names = [name];
      sayInPlace = notices.toast(wordsForMany(names, verb));
    };
  };
  const [joined, left, lost, shares] = ['joined', 'left', 'lost the connection', 'shared a screen'].map(teller);
  return [
    room.on('participantJoined', ({ participant }) => joined?.(participant.name)),
    room.on('participantLeft', ({ participant, reason }) =>
      (reason === 'timedOut' ? lost : left)?.(participant.name),
    ),
    room.on('trackPublished', ({ participant, track }) => {
      if (track.source === 'screen') shares?.(participant.name);
    }),
  ];
}

/**
 * @param {Room} room
 * @param {Notices} notices
 */
function tellConnection(room, notices) {
  /** @type {Set<string>} */
  const lost = new Set();
  return [
    room.on('state', ({ state }) => {
      const isAway = state === 'reconnecting';
      const banner = { title: 'The connection dropped.', text: 'Reconnecting…', isBusy: true };
      notices.setBanner('connection', isAway ? banner : null);
    }),
    room.on('resumed', ({ isSameSession }) =>
      notices.toast(isSameSession ? 'You are back' : 'You are back, with a new connection'),
    ),
    room.on('serverStopping', () =>
      notices.setBanner('stopping', {
        title: 'The server is stopping.',
        text: 'This call will end in a moment.',
      }),
    ),
    room.on('path', ({ peer, isLost }) => {
      if (isLost) lost.add(peer);
      else lost.delete(peer);
      notices.setBanner('path', pathBanner(lost));
    }),
    room.on('resumed', ({ isSameSession }) => {
      if (isSameSession) return;
      lost.clear();
      notices.setBanner('path', null);
    }),
    room.on('fault', ({ error }) => console.warn('motet:', error)),
    tellMoves(room, notices),
  ];
}

/**
 * Says when the room has gone over to something else, and why.
 * @param {Room} room
 * @param {Notices} notices
 */
function tellMoves(room, notices) {
  let { topology, view } = room.move;
  return room.on('topology', (move) => {
    if (move.topology === topology && move.view === view) return;
    ({ topology, view } = move);
    const { name, term } = TOPOLOGIES[topology];
    const what = view === 'mix' ? 'You receive one mix of all' : `${name} (${term.toUpperCase()})`;
    // What somebody asked for needs no reason.
    notices.toast(move.explanation && move.reason !== 'asked' ? `${what}: ${move.explanation}` : what);
  });
}

/**
 * @param {ReadonlySet<string>} lost Which PeerConnections have no path.
 * @returns {import('./notices.js').Banner | null}
 */
function pathBanner(lost) {
  if (lost.size === 0) return null;
  if (lost.has('mesh')) {
    const title = 'You and somebody else cannot reach each other.';
    return { title, text: 'Looking for another way…', isBusy: true };
  }
  const one = lost.has('publish') ? 'Others cannot see and hear you.' : 'You cannot see and hear the others.';
  const title = lost.size > 1 ? 'Sound and picture do not pass.' : one;
  return { title, text: 'Looking for another way…', isBusy: true };
}

/**
 * @param {Room} room
 * @param {Notices} notices
 */
function tellTracks(room, notices) {
  return [
    room.on('localTrackMoved', ({ track }) =>
      notices.toast(`Your ${track.source} was unplugged; another one took its place`),
    ),
    room.on('trackPlaceholder', ({ participant, track }) => {
      const { placeholder } = track;
      if (participant !== room.local || !placeholder || placeholder.reason === 'cameraOff') return;
      notices.toast(`The mix does not show your ${track.source}: ${placeholder.explanation}`);
    }),
    room.on('localTrackMuted', ({ track }) => notices.toast(`Someone turned your ${track.source} off`)),
    room.on('localTrackUnpublished', ({ track, reason }) => {
      if (reason === 'unpublished' || reason === 'ended') return;
      const { title, text } = wordsFor(reason);
      notices.toast(`Your ${track.source} is off. ${title}. ${text}`, { tone: 'warning' });
    }),
    room.on('subscriptionRefused', ({ trackId, reason }) => {
      const owner = [...room.participants.values()].find(({ tracks }) => tracks.has(trackId));
      const track = owner?.tracks.get(trackId);
      console.warn('motet: not received:', trackId, reason);
      if (!owner || !track) return;
      notices.toast(`${owner.name}’s ${track.source} (${track.codec}) cannot be received here`, {
        tone: 'warning',
      });
    }),
  ];
}

/**
 * @param {Speakers} speakers
 * @param {Notices} notices
 */
function tellSound(speakers, notices) {
  /** @param {boolean} isBlocked */
  const show = (isBlocked) =>
    notices.setBanner(
      'sound',
      isBlocked
        ? {
            title: 'Tap to hear the others.',
            tone: 'calm',
            action: { label: 'Turn sound on', run: () => void speakers.unblock() },
          }
        : null,
    );
  show(speakers.isBlocked);
  return speakers.on('blocked', ({ isBlocked }) => show(isBlocked));
}
