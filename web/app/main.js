/**
 * The web app: from the lobby into a call and out again.
 * @module
 */
import { MotetError, Room, openBoth } from '../sdk/index.js';
import { createCall } from './call.js';
import { createEnded } from './ended.js';
import { createLobby } from './lobby.js';
import { OwnMedia } from './own-media.js';
import { readParams } from './params.js';
import { loadPreferences, savePreferences } from './preferences.js';
import { Preview } from './preview.js';
import { wordsForError } from './words.js';

/** @typedef {import('./preview.js').Device} Device */
/** @typedef {{name: string, room: string}} Wish */
/**
 * What was opened for the call.
 * @typedef {{tracks: Record<Device, MediaStreamTrack | null>, isOn: Record<Device, boolean>}} Opened
 */

const params = readParams(location.search);
const page = /** @type {HTMLElement} */ (document.getElementById('app'));

/** What tests and the curious reach from the console: the room of the moment, and why the last attempt failed. */
/** @type {{room: Room | null, error: unknown, view: string}} */
const exposed = { room: null, error: null, view: 'none' };
Object.assign(window, { motet: exposed });

/** Ends what the page shows. */
let clear = () => {};

/**
 * @param {string} name
 * @param {HTMLElement} element
 * @param {() => void} [destroy]
 */
function show(name, element, destroy = () => {}) {
  clear();
  clear = destroy;
  exposed.view = name;
  document.body.dataset.view = name;
  page.replaceChildren(element);
}

/** @param {unknown} [error] Why a call did not come about. */
function showLobby(error) {
  const preferences = loadPreferences();
  const preview = new Preview(preferences);
  const initial = {
    name: params.name || preferences.name,
    room: params.room || (error ? preferences.room : ''),
    speakerId: preferences.speakerId,
  };
  const lobby = createLobby({ preview, initial, onJoin: (wish) => void join(wish) });
  show('lobby', lobby.element, () => {
    lobby.destroy();
    preview.stop();
  });
  lobby.focus();
  if (error) lobby.showError(wordsForError(error));
  void preview.start();

  /** @param {Wish} wish */
  async function join(wish) {
    savePreferences(wish);
    lobby.setBusy(true);
    try {
      const room = await connect(wish);
      remember(wish);
      showCall(room, wish, preview.take());
    } catch (fault) {
      lobby.showError(wordsForError(fault));
    } finally {
      lobby.setBusy(false);
    }
  }
}

/**
 * Joins without the lobby; devices open while the server answers.
 * @param {Wish} wish
 * @param {Record<Device, boolean>} isWanted
 */
async function joinAtOnce(wish, isWanted) {
  const opened = openWished(isWanted);
  try {
    showCall(await connect(wish), wish, opened);
  } catch (error) {
    const { tracks } = await opened;
    for (const track of Object.values(tracks)) track?.stop();
    showLobby(error);
  }
}

/**
 * @param {Record<Device, boolean>} isWanted
 * @returns {Promise<Opened & {faults: MotetError[]}>}
 */
async function openWished(isWanted) {
  const { cameraId, microphoneId } = loadPreferences();
  const { camera, microphone, faults } = await openBoth({
    camera: isWanted.camera ? { deviceId: cameraId } : null,
    microphone: isWanted.microphone ? { deviceId: microphoneId } : null,
  });
  return { tracks: { camera, microphone }, isOn: { camera: true, microphone: true }, faults };
}

/** @param {Wish} wish */
async function connect({ name, room: roomName }) {
  const room = new Room({ videoCodec: params.codec, forceTcp: params.tcp });
  exposed.error = null;
  try {
    const { token, topology, view } = params;
    await room.connect(location.origin, { room: roomName, name, token, topology, view });
  } catch (error) {
    exposed.error = error;
    throw error;
  }
  exposed.room = room;
  return room;
}

/**
 * @param {Room} room
 * @param {Wish} wish
 * @param {Promise<Opened & {faults?: MotetError[]}>} opening
 */
function showCall(room, wish, opening) {
  const preferences = loadPreferences();
  const own = new OwnMedia(room, preferences);
  const call = createCall({ room, own, speakerId: preferences.speakerId, onLeave: () => void room.leave() });
  show('call', call.element, call.destroy);
  room.on('ended', ({ reason }) => showEnded(reason, wish));
  void publishOpened(room, own, opening);
}

/**
 * @param {Room} room
 * @param {OwnMedia} own
 * @param {Promise<Opened & {faults?: MotetError[]}>} opening
 */
async function publishOpened(room, own, opening) {
  const { tracks, isOn, faults = [] } = await opening;
  for (const error of faults) own.emit('fault', { error });
  // A camera and a microphone in one go make one negotiation.
  for (const device of /** @type {Device[]} */ (['microphone', 'camera'])) {
    const track = tracks[device];
    if (!track) continue;
    if (room.state === 'ended') track.stop();
    else void own.publish(device, track, isOn[device]);
  }
}

/**
 * @param {string} reason
 * @param {Wish} wish
 */
function showEnded(reason, wish) {
  const { isCameraOn: camera, isMicrophoneOn: microphone } = loadPreferences();
  const rejoin = () => void joinAtOnce(wish, { camera, microphone });
  const ended = createEnded({ reason, room: wish.room, onRejoin: rejoin, onLobby: () => showLobby() });
  show('ended', ended.element);
  ended.focus();
}

/**
 * The address names the room, so that a reload or a copied address comes back to it.
 * @param {Wish} wish
 */
function remember({ room }) {
  const url = new URL(location.href);
  url.searchParams.set('room', room);
  history.replaceState(null, '', url);
}

// A page that goes away says so, where the browser lets it: the others need not wait for the silence to be noticed.
addEventListener('pagehide', () => void exposed.room?.leave());

if (params.join && params.room) {
  const name = params.name || loadPreferences().name || 'Guest';
  void joinAtOnce({ name, room: params.room }, { camera: params.video, microphone: params.audio });
} else {
  showLobby();
}
