/**
 * What the server tells unasked, turned into changes of the room and its events.
 * @module
 */

/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./roster.js').Roster} Roster */

/**
 * @typedef {object} Receiver
 * @property {Room} room
 * @property {Roster} roster
 * @property {(offer: import('./protocol.js').Offer) => void} offer
 * @property {(relayed: any) => void} relayed
 * @property {(info: import('./protocol.js').TopologyInfo) => void} topology
 * @property {(trackId: string) => void} refused
 * @property {(track: import('./track.js').LocalTrack) => void} lostOwnTrack
 * @property {(track: import('./track.js').LocalTrack, muted: boolean) => void} ownMuted
 * @property {() => void} stopping
 * @property {(reason: string, detail?: unknown) => void} end
 */

/** @type {Record<string, (params: any, to: Receiver) => void>} */
const HANDLERS = {
  offer: (params, { offer }) => offer(params),
  participantJoined: (params, { roster }) => roster.join(params.participant ?? params),
  participantLeft: (params, { roster }) => roster.leave(params.participantId, params.reason),
  trackPublished: (params, { roster }) => roster.publish(params.participantId, params.track),
  trackUnpublished: handleUnpublished,
  trackMuted: handleMuted,
  trackChanged: (params, { roster }) => roster.change(params.track),
  activeSpeaker: handleActiveSpeaker,
  audioLevels: handleAudioLevels,
  quality: handleQuality,
  chat: handleChat,
  mediaState: (params, { room }) => room.emit('mediaState', params),
  subscriptionRefused: handleRefused,
  topology: (params, { topology }) => topology(params),
  viewChanged: handleView,
  layout: handleLayout,
  trackPlaceholder: handlePlaceholder,
  mixCells: handleCells,
  relayed: (params, { relayed }) => relayed(params),
  flows: (params, { room }) => room.emit('flows', params),
  removed: (params, { end }) => end(params.reason ?? 'removed', params),
  roomClosed: (params, { end }) =>
    end(params.reason === 'closed' ? 'roomClosed' : (params.reason ?? 'roomClosed'), params),
  serverStopping: handleStopping,
};

/** Chat messages remembered to know one that the server says again after a resume. */
const REMEMBERED_MAX = 100;

export class Notifications {
  #to;
  /** @type {Set<string>} */
  #written = new Set();

  /** @param {Receiver} to */
  constructor(to) {
    this.#to = to;
  }

  /**
   * A method that nobody knows is passed over: a newer server may say more.
   * @param {string} method
   * @param {any} params
   */
  handle(method, params) {
    if (!Object.hasOwn(HANDLERS, method)) return;
    if (method === 'chat' && this.#isRepeated(params)) return;
    HANDLERS[method](params, this.#to);
  }

  /**
   * After a resume the server says again what may have been lost. All else bears being said twice.
   * @param {any} message
   */
  #isRepeated({ from, at, text }) {
    const key = JSON.stringify([from, at, text]);
    if (this.#written.has(key)) return true;
    this.#written.add(key);
    if (this.#written.size > REMEMBERED_MAX)
      this.#written.delete(/** @type {string} */ (this.#written.values().next().value));
    return false;
  }
}

/** @param {any} params @param {Receiver} to */
function handleUnpublished({ trackId }, { room, roster, lostOwnTrack }) {
  const own = room.local.tracks.get(trackId);
  if (own) lostOwnTrack(own);
  else roster.unpublish(trackId);
}

/** @param {any} params @param {Receiver} to */
function handleMuted({ trackId, muted }, { room, roster, ownMuted }) {
  const own = room.local.tracks.get(trackId);
  if (own) ownMuted(own, muted);
  else roster.mute(trackId, muted);
}

/** @param {any} params @param {Receiver} to */
function handleActiveSpeaker({ participantId }, { room }) {
  room.activeSpeakerId = participantId ?? null;
  for (const participant of everyone(room)) participant.isSpeaking = participant.id === participantId;
  room.emit('activeSpeaker', { participantId: participantId ?? null });
}

/** @param {any} params @param {Receiver} to */
function handleAudioLevels({ levels }, { room }) {
  /** @type {Map<string, number>} */
  const loud = new Map(levels.map((/** @type {any} */ { participantId, dbov }) => [participantId, dbov]));
  for (const participant of everyone(room)) participant.levelDbov = loud.get(participant.id) ?? -127;
  room.emit('audioLevels', { levels });
}

/** @param {any} params @param {Receiver} to */
function handleQuality({ participantId, quality }, { room }) {
  for (const participant of everyone(room))
    if (participant.id === participantId) participant.quality = quality;
  room.emit('quality', { participantId, quality });
}

/** @param {any} params @param {Receiver} to */
function handleChat({ from, text, at, to }, { room }) {
  const name = from === room.local.id ? room.local.name : (room.participants.get(from)?.name ?? '');
  room.emit('chat', { from, name, text, at, to });
}

/** @param {any} params @param {Receiver} to */
function handleRefused(params, { room, refused }) {
  refused(params.trackId);
  room.emit('subscriptionRefused', params);
}

/** @param {any} params @param {Receiver} to */
function handleView({ participantId, view }, { room }) {
  const participant = everyone(room).find(({ id }) => id === participantId);
  if (!participant || participant.view === view) return;
  participant.view = view;
  room.emit('viewChanged', { participant, view });
}

/** @param {any} params @param {Receiver} to */
function handleLayout({ layout }, { room }) {
  room.layout = layout;
  room.emit('layout', { layout });
}

/** @param {any} params @param {Receiver} to */
function handlePlaceholder({ participantId, trackId, placeholder }, { room }) {
  const participant = everyone(room).find(({ id }) => id === participantId);
  const track = participant?.tracks.get(trackId);
  if (!participant || !track || isSame(track.placeholder, placeholder)) return;
  track.placeholder = placeholder ?? null;
  room.emit('trackPlaceholder', { participant, track });
}

/** @param {any} one @param {any} other */
function isSame(one, other) {
  return one?.reason === other?.reason && one?.explanation === other?.explanation;
}

/** @param {any} params @param {Receiver} to */
function handleCells({ cells }, { room }) {
  room.mixCells = cells;
  room.emit('mixCells', { cells });
}

/** @param {any} _params @param {Receiver} to */
function handleStopping(_params, { room, stopping }) {
  stopping();
  room.emit('serverStopping', {});
}

/** @param {Room} room */
function everyone(room) {
  return [room.local, ...room.participants.values()];
}
