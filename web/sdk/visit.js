/**
 * The inside of a room: its session from the first join to the end, and what is kept true while it lasts.
 * @module
 */
import { MotetError } from './errors.js';
import { LocalMedia } from './local-media.js';
import { Meter } from './meter.js';
import { Moves } from './moves.js';
import { Notifications } from './notifications.js';
import { Participant } from './participant.js';
import { Roster } from './roster.js';
import { Session, signalUrl } from './session.js';
import { Wishes } from './wishes.js';

/** @typedef {import('./room.js').Room} Room */
/** @typedef {import('./room.js').RoomState} RoomState */
/** @typedef {import('./protocol.js').Joined} Joined */
/** @typedef {import('./protocol.js').TopologyInfo} TopologyInfo */

/** What changes who sends what. */
const CHANGES = new Set([
  'participantJoined',
  'participantLeft',
  'trackPublished',
  'trackUnpublished',
  'trackMuted',
]);

/** @type {Required<TopologyInfo>} */
export const UNKNOWN_MOVE = {
  topology: 'sfu',
  intent: 'sfu',
  view: 'tracks',
  reason: '',
  explanation: '',
  epoch: 0,
  state: 'settled',
};

export class Visit {
  #room;
  #options;
  /** @type {Session | null} */
  #session = null;
  /** @type {Moves | null} */
  #moves = null;
  #wishes = new Wishes(true);
  #meter = new Meter();
  #isStopping = false;
  #isWatchingFlows = false;
  #onNetworkChange = () => this.#networkChanged();
  #notifications;
  /** The others. */
  roster;
  /** One's own tracks. */
  media;

  /**
   * @param {Room} room Whose members and events this side keeps.
   * @param {import('./room.js').RoomOptions} options
   */
  constructor(room, options) {
    this.#room = room;
    this.#options = options;
    this.roster = new Roster((name, detail) => {
      room.emit(name, detail);
      if (CHANGES.has(name)) this.#moves?.review();
    });
    this.media = new LocalMedia({
      emit: (name, detail) => room.emit(name, detail),
      request: (method, params) => this.request(method, params),
      onFault: (error) => this.#fault(error),
    });
    this.#notifications = new Notifications({
      room,
      roster: this.roster,
      offer: (offer) => this.#moves?.handleOffer(offer),
      relayed: (relayed) => this.#moves?.handleRelayed(relayed),
      topology: (info) => this.#handleTopology(info),
      refused: (trackId) => {
        this.#wishes.refuse(trackId);
        this.#moves?.update();
      },
      end: (reason, detail) => this.end(reason, detail),
      stopping: () => {
        this.#isStopping = true;
      },
      lostOwnTrack: (track) => this.media.withdraw(track, 'unpublished'),
      ownMuted: (track, muted) => this.media.handleMuted(track, muted),
    });
  }

  /**
   * @param {string | URL} url
   * @param {import('./protocol.js').JoinParams} params
   */
  async connect(url, params) {
    const room = this.#room;
    if (room.state !== 'idle') throw new MotetError('badState', `a room that is ${room.state} cannot be joined`);
    this.#setState('connecting');
    const session = new Session(signalUrl(url), { autoSubscribe: true, topologies: this.#abilities(), ...params });
    this.#wishes = new Wishes(params.autoSubscribe ?? true);
    room.viewIntent = params.view ?? 'auto';
    this.#session = session;
    session.on('notification', ({ method, params: detail }) => this.#notifications.handle(method, detail));
    session.on('down', () => this.#handleDown());
    session.on('up', ({ joined, isResumed }) => this.#handleUp(joined, isResumed));
    session.on('lost', ({ error }) => this.end(this.#isStopping ? 'serverStopping' : error.reason, error));
    try {
      const joined = await session.join();
      room.local = new Participant(joined.participantId, joined.you?.name ?? params.name);
      room.local.tracks = this.media.tracks;
      this.#open(joined);
    } catch (error) {
      session.close();
      this.#session = null;
      if (/** @type {RoomState} */ (room.state) !== 'ended') this.#setState('idle');
      throw error;
    }
    this.#watchNetwork(true);
    this.#setState('connected');
  }

  /**
   * @param {string} method
   * @param {object} [params]
   * @returns {Promise<any>}
   */
  async request(method, params) {
    if (!this.#session) throw new MotetError('badState', `the room is ${this.#room.state}`);
    return this.#session.request(method, params);
  }

  /**
   * @param {string[]} trackIds
   * @param {boolean} isWanted
   */
  async wish(trackIds, isWanted) {
    this.#wishes.ask(trackIds, isWanted);
    this.#moves?.review();
    await this.request(isWanted ? 'subscribe' : 'unsubscribe', { trackIds });
  }

  /**
   * @param {string} trackId
   * @param {boolean} paused
   */
  async pause(trackId, paused) {
    this.#wishes.pause(trackId, paused);
    this.#moves?.review();
    await this.request('pause', { trackId, paused });
  }

  /** @param {boolean} watch */
  async watchFlows(watch) {
    this.#isWatchingFlows = watch;
    await this.request('watchFlows', { watch });
  }

  /** @returns {Promise<import('./meter.js').RoomStats>} */
  getStats() {
    return this.#meter.read(this.#moves?.metered() ?? []);
  }

  async leave() {
    const session = this.#session;
    if (this.#room.state === 'connected') await session?.request('leave').catch(() => undefined);
    this.end('left');
  }

  /**
   * @param {string} reason
   * @param {unknown} [detail]
   */
  end(reason, detail) {
    if (this.#room.state === 'ended') return;
    this.#session?.close();
    this.#watchNetwork(false);
    this.#close();
    this.media.release();
    this.#setState('ended');
    this.#room.emit('ended', { reason, detail });
  }

  /** What this side can take part in: browsers find no way to each other over TCP alone. */
  #abilities() {
    /** @type {import('./protocol.js').Topology[]} */
    const served = ['sfu', 'mcu'];
    return this.#options.forceTcp ? served : [/** @type {const} */ ('mesh'), ...served];
  }

  /**
   * A new session begins.
   * @param {Joined} joined
   */
  #open(joined) {
    const session = this.#session;
    if (!session) return;
    const { forceTcp = false, videoCodec } = this.#options;
    this.#adopt(joined);
    this.#moves = new Moves({
      ownId: joined.participantId,
      roster: this.roster,
      wishes: this.#wishes,
      iceServers: joined.iceServers ?? [],
      forceTcp,
      videoCodec,
      request: (method, params) => session.request(method, params),
      tell: (method, params) => this.#notifications.handle(method, params),
      onPath: (path) => this.#room.emit('path', path),
      onFault: (error) => this.#fault(error),
    });
    this.media.use(this.#moves.outlets);
    this.#moves.open(this.#room.move);
  }

  #close() {
    this.#moves?.close();
    this.#moves = null;
    this.media.use(null);
  }

  /** @param {Joined} joined */
  #adopt(joined) {
    const room = this.#room;
    const { name, layout, mixCells = [], ...move } = joined.room;
    room.name = name;
    room.grants = joined.you?.grants ?? {};
    room.local.id = joined.participantId;
    this.roster.replace(joined.participants);
    if (layout) this.#notifications.handle('layout', { layout });
    this.#notifications.handle('mixCells', { cells: mixCells });
    const own = { id: room.local.id, tracks: joined.you?.tracks ?? [] };
    for (const { id: participantId, tracks } of [own, ...joined.participants]) {
      for (const { id: trackId, placeholder } of tracks ?? [])
        this.#notifications.handle('trackPlaceholder', { participantId, trackId, placeholder });
    }
    this.#tellTopology({ ...move, view: joined.you?.view });
    this.#notifications.handle('activeSpeaker', { participantId: joined.activeSpeaker });
  }

  /** @param {TopologyInfo} info */
  #handleTopology(info) {
    if ((info.epoch ?? 0) < this.#room.move.epoch) return;
    this.#tellTopology(info);
    this.#moves?.handle(this.#room.move);
  }

  /** @param {TopologyInfo} info */
  #tellTopology(info) {
    const room = this.#room;
    const told = Object.entries(info).filter(([, value]) => value !== undefined);
    room.move = { ...UNKNOWN_MOVE, intent: info.topology, ...Object.fromEntries(told) };
    this.#notifications.handle('viewChanged', { participantId: room.local.id, view: room.move.view });
    room.emit('topology', room.move);
  }

  #handleDown() {
    if (this.#isStopping) return this.end('serverStopping');
    this.#setState('reconnecting');
  }

  /**
   * @param {Joined} joined
   * @param {boolean} isResumed
   */
  #handleUp(joined, isResumed) {
    if (isResumed) {
      this.#adopt(joined);
      void this.media.resume(joined.you?.tracks ?? []);
      this.#moves?.resume(this.#room.move);
    } else {
      // The server forgot this session: all is set up again, with the tracks that were published.
      this.#close();
      this.#room.move = UNKNOWN_MOVE;
      this.#open(joined);
      this.media.republish();
    }
    if (this.#isWatchingFlows) this.watchFlows(true).catch((error) => this.#fault(error));
    this.#setState('connected');
    this.#room.emit('resumed', { isSameSession: isResumed });
  }

  /**
   * What a drop of the socket cut short is no fault: coming back says it again.
   * @param {unknown} error
   */
  #fault(error) {
    const { reason } = /** @type {{reason?: string}} */ (error ?? {});
    if (this.#room.state !== 'ended' && reason !== 'disconnected') this.#room.emit('fault', { error });
  }

  /** @param {boolean} isOn */
  #watchNetwork(isOn) {
    const change = isOn ? 'addEventListener' : 'removeEventListener';
    /** @type {EventTarget | undefined} */
    const connection = /** @type {any} */ (navigator).connection;
    connection?.[change]('change', this.#onNetworkChange);
    globalThis[change]?.('online', this.#onNetworkChange);
  }

  #networkChanged() {
    this.#session?.check();
    this.#moves?.check();
  }

  /** @param {RoomState} state */
  #setState(state) {
    if (this.#room.state === state) return;
    this.#room.state = state;
    this.#room.emit('state', { state });
  }
}
