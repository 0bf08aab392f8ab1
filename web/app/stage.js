/**
 * The tiles of a call and where they stand.
 * @module
 */
import { el } from './dom.js';
import { gridRects, spotlightRects } from './layout.js';
import { Tile } from './tile.js';
import { mixInWords } from './topology-words.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').LocalTrack | import('../sdk/index.js').RemoteTrack} AnyTrack */
/** @typedef {{id: string, name: string, tracks: ReadonlyMap<string, AnyTrack>, isSpeaking: boolean, quality: import('./tile.js').Quality | null}} Person */

/** The mix's tile, among those of participants and tracks. */
const MIX = 'mix';

/** What can change what a tile shows. */
const EVENTS = /** @type {const} */ ([
  'participantJoined',
  'participantLeft',
  'trackPublished',
  'trackUnpublished',
  'trackSubscribed',
  'trackMoved',
  'trackUnsubscribed',
  'trackMuted',
  'localTrackPublished',
  'localTrackUnpublished',
  'localTrackMuted',
  'localTrackMoved',
  'activeSpeaker',
  'quality',
  'mixCells',
  'trackPlaceholder',
  'resumed',
]);

/** @param {Room} room */
export function createStage(room) {
  const list = el('ul', { class: 'stage-tiles', role: 'list', 'aria-label': 'Participants' });
  const alone = el(
    'p',
    { class: 'alone', role: 'status' },
    'Nobody else is here yet. Copy the link and send it to someone.',
  );
  const element = el('section', { class: 'stage', 'aria-label': 'Call' }, list, alone);
  /** By participant, or by track for a screen. @type {Map<string, Tile>} */
  const tiles = new Map();
  let isScheduled = false;

  function update() {
    isScheduled = false;
    const mixed = [...room.mix.tracks.values()].find((track) => track.kind === 'video')?.mediaStreamTrack;
    // Who is in the mixed picture, as oneself is, needs no tile beside it.
    const people = mixed ? [] : [room.local, ...room.participants.values()];
    const wanted = new Set(people.flatMap((person) => updatePerson(tiles, person, person === room.local)));
    if (mixed) wanted.add(updateMix(tiles, mixed, wordsOfMix(room)));
    for (const [key, tile] of tiles) {
      if (wanted.has(key)) continue;
      tile.destroy();
      tiles.delete(key);
    }
    alone.hidden = room.participants.size > 0;
    arrange();
  }

  function arrange() {
    const area = { x: 0, y: 0, width: list.clientWidth, height: list.clientHeight };
    const all = [...tiles.values()];
    const screens = all.filter((tile) => tile.isScreen);
    const people = all.filter((tile) => !tile.isScreen);
    const { big, small } = screens.length
      ? spotlightRects(screens.length, people.length, area)
      : { big: [], small: gridRects(people.length, area) };
    screens.forEach((tile, index) => tile.place(big[index]));
    people.forEach((tile, index) => tile.place(small[index]));
    const ordered = [...screens, ...people].map((tile) => tile.element);
    if (ordered.some((child, index) => list.children[index] !== child)) list.replaceChildren(...ordered);
  }

  function schedule() {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(update);
  }

  const offs = EVENTS.map((name) => room.on(name, schedule));
  const observer = new ResizeObserver(arrange);
  observer.observe(list);
  update();
  return {
    element,
    update: schedule,
    play() {
      for (const tile of tiles.values()) tile.play();
    },
    destroy() {
      for (const off of offs) off();
      observer.disconnect();
      for (const tile of tiles.values()) tile.destroy();
    },
  };
}

/**
 * @param {Map<string, Tile>} tiles
 * @param {Person} person
 * @param {boolean} isLocal
 * @returns {string[]} The keys of the tiles that the person has.
 */
function updatePerson(tiles, person, isLocal) {
  const tracks = [...person.tracks.values()];
  const own = { id: person.id, name: person.name, isLocal };
  const keys = [person.id];
  const tile = tiles.get(person.id) ?? add(tiles, person.id, new Tile(own));
  const camera = tracks.find(
    (track) => track.source === 'camera' || (track.source === 'other' && track.kind === 'video'),
  );
  const sound = tracks.find(
    (track) => track.source === 'microphone' || (track.source === 'other' && track.kind === 'audio'),
  );
  tile.setVideo(camera && !camera.muted ? camera.mediaStreamTrack : null);
  tile.setMuted(!sound || sound.muted);
  tile.setSpeaking(person.isSpeaking && Boolean(sound) && !sound?.muted);
  tile.setQuality(person.quality);
  for (const screen of tracks.filter((track) => track.source === 'screen')) {
    keys.push(screen.id);
    const shown = tiles.get(screen.id) ?? add(tiles, screen.id, new Tile({ ...own, isScreen: true }));
    shown.setVideo(screen.mediaStreamTrack);
  }
  return keys;
}

/**
 * @param {Map<string, Tile>} tiles
 * @param {MediaStreamTrack} picture
 * @param {string} words Whom it shows.
 */
function updateMix(tiles, picture, words) {
  const tile = tiles.get(MIX) ?? add(tiles, MIX, new Tile({ id: MIX, name: '', isLocal: false, isMix: true }));
  tile.setVideo(picture);
  tile.setContent(words);
  return MIX;
}

/** @param {Room} room */
function wordsOfMix(room) {
  return mixInWords(room.mixCells, (id) => {
    const person = id === room.local.id ? room.local : room.participants.get(id);
    if (!person) return null;
    const tracks = [...person.tracks.values()];
    const explanation = tracks.find(({ placeholder }) => placeholder)?.placeholder?.explanation;
    return { name: person.name, explanation };
  });
}

/**
 * @param {Map<string, Tile>} tiles
 * @param {string} key
 * @param {Tile} tile
 */
function add(tiles, key, tile) {
  tiles.set(key, tile);
  return tile;
}
