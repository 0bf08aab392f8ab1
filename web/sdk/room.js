/**
 * A room as a page uses it.
 * @module
 */
import { Emitter } from './emitter.js';
import { openCamera, openMicrophone, openScreen } from './media.js';
import { Participant } from './participant.js';
import { UNKNOWN_MOVE, Visit } from './visit.js';

/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */
/** @typedef {import('./events.js').RoomEvents} RoomEvents */
/** @typedef {'idle' | 'connecting' | 'connected' | 'reconnecting' | 'ended'} RoomState */

/**
 * @typedef {object} RoomOptions
 * @property {'vp8' | 'vp9' | 'h264' | 'av1'} [videoCodec] Sent where the browser has it.
 * @property {boolean} [forceTcp] Media goes over TCP alone, as if UDP were blocked.
 */

/** @typedef {import('./track.js').LocalTrackOptions} PublishOptions */

/**
 * One visit to one room. After it ended a new `Room` is made for the next.
 * @extends {Emitter<RoomEvents>}
 */
export class Room extends Emitter {
  #visit;

  /** @param {RoomOptions} [options] */
  constructor(options = {}) {
    super();
    this.#visit = new Visit(this, options);
    /** @type {RoomState} */
    this.state = 'idle';
    this.name = '';
    /** How the room moves media, and why. @type {Required<import('./protocol.js').TopologyInfo>} */
    this.move = UNKNOWN_MOVE;
    /** What one wishes to receive; what one does is `view`. @type {import('./protocol.js').ViewIntent} */
    this.viewIntent = 'auto';
    /** How the picture of the mix is laid out. @type {import('./protocol.js').Layout} */
    this.layout = { arrangement: 'grid' };
    /** What the mix shows where; empty without one. @type {import('./protocol.js').MixCell[]} */
    this.mixCells = [];
    /** Oneself. @type {Participant<LocalTrack>} */
    this.local = new Participant('', '');
    /** What one may do here. @type {import('./protocol.js').Grants} */
    this.grants = {};
    /** @type {string | null} */
    this.activeSpeakerId = null;
  }

  /** The others, by id. @returns {ReadonlyMap<string, Participant>} */
  get participants() {
    return this.#visit.roster.participants;
  }

  /** How the room moves media. */
  get topology() {
    return this.move.topology;
  }

  /** What oneself receives: the others' tracks, or one mix of all. */
  get view() {
    return this.move.view;
  }

  /** Nobody: has the tracks of the mix, while one's view is `mix`. @returns {Participant} */
  get mix() {
    return this.#visit.roster.mix;
  }

  /**
   * Joins.
   * @param {string | URL} url The server, such as `https://host/`; or its `wss://host/signal`.
   * @param {import('./protocol.js').JoinParams} params
   * @returns {Promise<void>} Rejects with the server's reason, or `unreachable`. After that it may be tried again.
   */
  connect(url, params) {
    return this.#visit.connect(url, params);
  }

  /**
   * Publishes any track.
   * @param {MediaStreamTrack} mediaStreamTrack
   * @param {PublishOptions} options
   * @returns {Promise<LocalTrack>} Rejects with the server's reason.
   */
  publish(mediaStreamTrack, options) {
    return this.#visit.media.publish(mediaStreamTrack, options);
  }

  /** @param {import('./media.js').CameraOptions} [options] */
  async publishCamera(options) {
    const reopen = (deviceId = options?.deviceId) => openCamera({ ...options, deviceId });
    return this.publish(await reopen(), { source: 'camera', reopen });
  }

  /** @param {import('./media.js').MicrophoneOptions} [options] */
  async publishMicrophone(options) {
    const reopen = (deviceId = options?.deviceId) => openMicrophone({ ...options, deviceId });
    return this.publish(await reopen(), { source: 'microphone', reopen });
  }

  /**
   * The person chooses what to show.
   * @param {{audio?: boolean}} [options]
   * @returns {Promise<LocalTrack[]>} The picture, and the sound where it comes with one.
   */
  async publishScreen(options) {
    const media = await openScreen(options);
    return Promise.all(
      media.map((track) =>
        this.publish(track, { source: track.kind === 'video' ? 'screen' : 'screenAudio', name: track.label }),
      ),
    );
  }

  /**
   * Ends a track of one's own.
   * @param {LocalTrack} track
   */
  unpublish(track) {
    this.#visit.media.withdraw(track, 'unpublished');
  }

  /**
   * A muted camera that can be reopened is let go, so that its light goes out; a microphone sends silence.
   * @param {LocalTrack} track
   * @param {boolean} [muted]
   * @returns {Promise<void>} Rejects with `cameraRefused` and the like when the camera does not come back.
   */
  mute(track, muted = true) {
    return this.#visit.media.mute(track, muted);
  }

  /** @param {LocalTrack} track */
  unmute(track) {
    return this.mute(track, false);
  }

  /**
   * Moves a track to another camera or microphone.
   * @param {LocalTrack} track
   * @param {string} deviceId
   */
  switchDevice(track, deviceId) {
    return this.#visit.media.switchDevice(track, deviceId);
  }

  /**
   * Asks for tracks, where `autoSubscribe` is false. They come as `trackSubscribed`.
   * @param {...RemoteTrack} tracks
   */
  async subscribe(...tracks) {
    await this.#visit.wish(idsOf(tracks), true);
  }

  /** @param {...RemoteTrack} tracks */
  async unsubscribe(...tracks) {
    await this.#visit.wish(idsOf(tracks), false);
  }

  /**
   * Stops or starts what one receives of a track; nobody else notices.
   * @param {RemoteTrack} track
   * @param {boolean} paused
   */
  async pause(track, paused) {
    await this.#visit.pause(track.id, paused);
  }

  /**
   * How the room shall move media; takes the grant `admin`.
   * @param {import('./protocol.js').TopologyIntent} topology
   * @returns {Promise<import('./protocol.js').TopologyInfo>} What the room comes to by it.
   */
  setTopology(topology) {
    return this.#visit.request('setTopology', { topology });
  }

  /**
   * What one receives: the others' tracks, one mix of all, or what the server holds for best.
   * @param {import('./protocol.js').ViewIntent} view
   * @param {{participantId?: string}} [options] Somebody else's, which takes the grant `admin`.
   */
  async setView(view, { participantId } = {}) {
    await this.#visit.request('setView', { view, participantId });
    if (participantId === undefined) this.viewIntent = view;
  }

  /**
   * Lays the picture of the mix out; takes the grant `admin`.
   * @param {import('./protocol.js').Layout} layout
   */
  async setLayout(layout) {
    await this.#visit.request('setLayout', { layout });
  }

  /**
   * Asks for the event `flows`, or no longer.
   * @param {boolean} watch
   */
  async watchFlows(watch) {
    await this.#visit.watchFlows(watch);
  }

  /**
   * Writes to everyone, or to one.
   * @param {string} text
   * @param {{to?: string}} [options] `to`: a participant's id.
   */
  async chat(text, options = {}) {
    await this.#visit.request('chat', { text, to: options.to });
  }

  /** Leaves; what was published is let go. */
  leave() {
    return this.#visit.leave();
  }

  /** What one's own browser measures, condensed. @returns {Promise<import('./meter.js').RoomStats>} */
  getStats() {
    return this.#visit.getStats();
  }

  /** What the server measures of one's own media. @returns {Promise<any>} */
  getServerStats() {
    return this.#visit.request('stats');
  }
}

/** @param {RemoteTrack[]} tracks */
function idsOf(tracks) {
  return tracks.map((track) => track.id);
}
