/**
 * A room as a page uses it.
 * @module
 */
import { Emitter } from './emitter.js';
import { MotetError } from './errors.js';
import { LocalMedia } from './local-media.js';
import { Meter } from './meter.js';
import { openCamera, openMicrophone, openScreen } from './media.js';
import { Notifications } from './notifications.js';
import { Participant } from './participant.js';
import { Peers } from './peers.js';
import { Roster } from './roster.js';
import { Session } from './session.js';

/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */
/** @typedef {import('./protocol.js').Joined} Joined */
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
  #options;
  /** @type {Session | null} */
  #session = null;
  /** @type {Peers | null} */
  #peers = null;
  #roster = new Roster((name, detail) => this.emit(name, detail));
  #meter = new Meter();
  #media = new LocalMedia({
    emit: (name, detail) => this.emit(name, detail),
    request: (method, params) => this.#need(this.#session).request(method, params),
    onFault: (error) => this.#fault(error),
  });
  #isStopping = false;
  #notifications = new Notifications({
    room: this,
    roster: this.#roster,
    offer: (offer) => this.#peers?.subscriber.handleOffer(offer),
    end: (reason, detail) => this.#end(reason, detail),
    stopping: () => {
      this.#isStopping = true;
    },
    lostOwnTrack: (track) => this.#media.withdraw(track, 'unpublished'),
    ownMuted: (track, muted) => this.#media.handleMuted(track, muted),
  });
  #onNetworkChange = () => this.#networkChanged();

  /** @param {RoomOptions} [options] */
  constructor(options = {}) {
    super();
    this.#options = options;
    /** @type {RoomState} */
    this.state = 'idle';
    this.name = '';
    this.topology = 'sfu';
    /** Oneself. @type {Participant<LocalTrack>} */
    this.local = new Participant('', '');
    /** What one may do here. @type {import('./protocol.js').Grants} */
    this.grants = {};
    /** @type {string | null} */
    this.activeSpeakerId = null;
  }

  /** The others, by id. @returns {ReadonlyMap<string, Participant>} */
  get participants() {
    return this.#roster.participants;
  }

  /**
   * Joins.
   * @param {string | URL} url The server, such as `https://host/`; or its `wss://host/signal`.
   * @param {import('./protocol.js').JoinParams} params
   * @returns {Promise<void>} Rejects with the server's reason, or `unreachable`. After that it may be tried again.
   */
  async connect(url, params) {
    if (this.state !== 'idle')
      throw new MotetError('badState', `a room that is ${this.state} cannot be joined`);
    this.#setState('connecting');
    const session = new Session(signalUrl(url), { autoSubscribe: true, ...params });
    this.#session = session;
    session.on('notification', ({ method, params: detail }) => this.#notifications.handle(method, detail));
    session.on('down', () => this.#handleDown());
    session.on('up', ({ joined, isResumed }) => this.#handleUp(joined, isResumed));
    session.on('lost', ({ error }) => this.#end(this.#isStopping ? 'serverStopping' : error.reason, error));
    try {
      const joined = await session.join();
      this.local = new Participant(joined.participantId, joined.you?.name ?? params.name);
      this.local.tracks = this.#media.tracks;
      this.#openPeers(joined);
      this.#adopt(joined);
    } catch (error) {
      session.close();
      this.#session = null;
      if (/** @type {RoomState} */ (this.state) !== 'ended') this.#setState('idle');
      throw error;
    }
    this.#watchNetwork(true);
    this.#setState('connected');
  }

  /**
   * Publishes any track.
   * @param {MediaStreamTrack} mediaStreamTrack
   * @param {PublishOptions} options
   * @returns {Promise<LocalTrack>} Rejects with the server's reason.
   */
  publish(mediaStreamTrack, options) {
    return this.#media.publish(mediaStreamTrack, options);
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
    this.#media.withdraw(track, 'unpublished');
  }

  /**
   * A muted camera that can be reopened is let go, so that its light goes out; a microphone sends silence.
   * @param {LocalTrack} track
   * @param {boolean} [muted]
   * @returns {Promise<void>} Rejects with `cameraRefused` and the like when the camera does not come back.
   */
  mute(track, muted = true) {
    return this.#media.mute(track, muted);
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
    return this.#media.switchDevice(track, deviceId);
  }

  /**
   * Asks for tracks, where `autoSubscribe` is false. They come as `trackSubscribed`.
   * @param {...RemoteTrack} tracks
   */
  async subscribe(...tracks) {
    await this.#need(this.#session).request('subscribe', { trackIds: tracks.map((track) => track.id) });
  }

  /** @param {...RemoteTrack} tracks */
  async unsubscribe(...tracks) {
    await this.#need(this.#session).request('unsubscribe', { trackIds: tracks.map((track) => track.id) });
  }

  /**
   * Stops or starts what one receives of a track; nobody else notices.
   * @param {RemoteTrack} track
   * @param {boolean} paused
   */
  async pause(track, paused) {
    await this.#need(this.#session).request('pause', { trackId: track.id, paused });
  }

  /**
   * Writes to everyone, or to one.
   * @param {string} text
   * @param {{to?: string}} [options] `to`: a participant's id.
   */
  async chat(text, options = {}) {
    await this.#need(this.#session).request('chat', { text, to: options.to });
  }

  /** Leaves; what was published is let go. */
  async leave() {
    const session = this.#session;
    if (this.state === 'connected') await session?.request('leave').catch(() => undefined);
    this.#end('left');
  }

  /** What one's own browser measures, condensed. @returns {Promise<import('./meter.js').RoomStats>} */
  getStats() {
    return this.#meter.read(this.#peers?.metered(this.#roster, this.local.id) ?? []);
  }

  /** What the server measures of one's own media. @returns {Promise<any>} */
  getServerStats() {
    return this.#need(this.#session).request('stats');
  }

  /** @param {Joined} joined */
  #openPeers(joined) {
    const session = this.#need(this.#session);
    this.#peers = new Peers({
      iceServers: joined.iceServers ?? [],
      forceTcp: this.#options.forceTcp ?? false,
      videoCodec: this.#options.videoCodec,
      request: (method, params) => session.request(method, params),
      onMedia: (media) => this.#roster.setMedia(media),
      onPath: (path) => this.emit('path', path),
      onFault: (error) => this.#fault(error),
    });
    this.#media.use(this.#peers.publisher);
  }

  #closePeers() {
    this.#peers?.close();
    this.#peers = null;
    this.#media.use(null);
    this.#roster.setMedia(new Map());
  }

  /** @param {Joined} joined */
  #adopt(joined) {
    this.name = joined.room.name;
    this.topology = joined.room.topology;
    this.grants = joined.you?.grants ?? {};
    this.local.id = joined.participantId;
    this.#roster.replace(joined.participants);
    this.#notifications.handle('activeSpeaker', { participantId: joined.activeSpeaker });
  }

  #handleDown() {
    if (this.#isStopping) return this.#end('serverStopping');
    this.#setState('reconnecting');
  }

  /**
   * @param {Joined} joined
   * @param {boolean} isResumed
   */
  #handleUp(joined, isResumed) {
    if (isResumed) {
      this.#adopt(joined);
      void this.#media.resume(joined.you?.tracks ?? []);
      this.#peers?.check();
    } else {
      this.#startAnew(joined);
    }
    this.#setState('connected');
    this.emit('resumed', { isSameSession: isResumed });
  }

  /**
   * The server forgot this session: all is set up again, with the tracks that were published.
   * @param {Joined} joined
   */
  #startAnew(joined) {
    this.#closePeers();
    this.#openPeers(joined);
    this.#adopt(joined);
    this.#media.republish();
  }

  /**
   * What a drop of the socket cut short is no fault: coming back says it again.
   * @param {unknown} error
   */
  #fault(error) {
    const { reason } = /** @type {{reason?: string}} */ (error ?? {});
    if (this.state !== 'ended' && reason !== 'disconnected') this.emit('fault', { error });
  }

  /** @param {boolean} isOn */
  #watchNetwork(isOn) {
    const change = isOn ? 'addEventListener' : 'removeEventListener';
    /** @type {EventTarget | undefined} */
    const connection = /** @type {any} */ (navigator).connection;
    connection?.[change]('change', this.#onNetworkChange);
    globalThis[change]('online', this.#onNetworkChange);
  }

  #networkChanged() {
    this.#session?.check();
    this.#peers?.check();
  }

  /**
   * @param {string} reason
   * @param {unknown} [detail]
   */
  #end(reason, detail) {
    if (this.state === 'ended') return;
    this.#session?.close();
    this.#watchNetwork(false);
    this.#closePeers();
    this.#media.release();
    this.#setState('ended');
    this.emit('ended', { reason, detail });
  }

  /** @param {RoomState} state */
  #setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.emit('state', { state });
  }

  /**
   * @template T
   * @param {T | null} value
   * @returns {T}
   */
  #need(value) {
    if (!value) throw new MotetError('badState', `the room is ${this.state}`);
    return value;
  }
}

/** @param {string | URL} url */
function signalUrl(url) {
  const signal = new URL(url, globalThis.location?.href);
  if (signal.protocol === 'http:' || signal.protocol === 'https:') {
    signal.protocol = signal.protocol.replace('http', 'ws');
    signal.pathname = '/signal';
    signal.search = signal.hash = '';
  }
  return signal.href;
}
