/**
 * How this side's media goes, and the move from one way to another: make before break.
 *
 * A move begins when the server tells it. The new way is made beside the old one; each track shows its new medium as soon as
 * that is decoded; when everything has come over, the server hears `settled`. The old way ends when the server says that
 * everybody has.
 * @module
 */
import { choose } from './choice.js';
import { Decoding } from './decoding.js';
import { MeshWatch } from './mesh-watch.js';
import { Outlets } from './outlets.js';
import { Ways } from './ways.js';

/** What has not come by then does not: the server waits 10 s. */
const PATIENCE_MS = 8_000;

/** @typedef {import('./protocol.js').TopologyInfo} TopologyInfo */

/**
 * @typedef {object} MovesOptions
 * @property {string} ownId
 * @property {import('./roster.js').Roster} roster
 * @property {import('./wishes.js').Wishes} wishes
 * @property {RTCIceServer[]} iceServers
 * @property {boolean} forceTcp
 * @property {string} [videoCodec]
 * @property {(method: string, params: object) => Promise<any>} request
 * @property {(method: string, params: object) => void} tell What the server would tell if it saw the media of a mesh.
 * @property {(path: {peer: import('./protocol.js').Peer, isLost: boolean}) => void} onPath
 * @property {(error: unknown) => void} onFault
 */

export class Moves {
  #options;
  #ways;
  #decoding;
  #watch;
  /** Where own tracks go. */
  outlets;
  /** @type {import('./choice.js').Scheme} */
  #scheme = { way: 'server', view: 'tracks' };
  #epoch = -1;
  #isMoving = false;
  #isForced = false;
  #hasSettled = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReadonlyMap<string, MediaStreamTrack>} */
  #shown = new Map();
  /** The last message of the others' that was read. */
  #lastRelayed = 0;

  /** @param {MovesOptions} options */
  constructor(options) {
    const { request, onFault, roster, wishes } = options;
    this.#options = options;
    this.outlets = new Outlets({ request, onFault });
    this.#ways = new Ways({
      ...options,
      isWanted: (id, from) => roster.track(id)?.participantId === from && wishes.isWanted(id),
      onMedia: () => this.update(),
    });
    this.#decoding = new Decoding({
      receiverOf: (medium) => this.#ways.receiverOf(medium),
      onChange: () => this.update(),
    });
    this.#watch = new MeshWatch({
      ownId: options.ownId,
      peers: () => this.#ways.mesh?.peers ?? new Map(),
      metered: () => this.metered().filter(({ peer }) => peer === 'mesh'),
      tell: options.tell,
      report: (flows) => request('reportFlows', { flows }),
    });
  }

  /**
   * The room as one comes into it: there is nothing to move from.
   * @param {TopologyInfo} info
   */
  open(info) {
    this.#adopt(info);
    this.#openWay();
    this.update();
  }

  /**
   * The room moves, or has moved.
   * @param {TopologyInfo} info
   */
  handle(info) {
    const epoch = info.epoch ?? 0;
    if (epoch < this.#epoch) return;
    const isKnown = epoch === this.#epoch;
    if (info.state === 'moving') {
      // Told again after a resume: perhaps the server has not heard that this side is done.
      if (isKnown && this.#isMoving) this.#hasSettled = false;
      else if (!isKnown) this.#begin(info);
      this.update();
    } else {
      if (!isKnown) this.#begin(info);
      this.#finish();
    }
  }

  /** @param {import('./protocol.js').Offer} offer */
  handleOffer(offer) {
    const { roster } = this.#options;
    roster.setMix(offer.tracks.filter(({ source }) => source === 'mix'));
    this.#ways.subscriber?.handleOffer(offer);
  }

  /** @param {{from: string, epoch: number, number: number, message: import('./mesh-peer.js').MeshMessage}} relayed */
  handleRelayed({ from, epoch, number, message }) {
    if (number <= this.#lastRelayed) return;
    this.#lastRelayed = number;
    if (epoch === this.#ways.meshEpoch) this.#ways.mesh?.handleRelayed(from, message);
  }

  /** Who is there, what they send or what is wanted of it changed. */
  review() {
    const { mesh } = this.#ways;
    const isHere = (/** @type {string} */ id) => this.#scheme.way === 'mesh' || mesh?.peers.has(id);
    // Who comes while the mesh is on its way out has no part in it.
    mesh?.setMembers([...this.#options.roster.participants.keys()].filter(isHere));
    mesh?.review();
    this.update();
  }

  /** Shows what is there to be shown, and tells the server when that is all. */
  update() {
    const { roster, wishes, request, onFault } = this.#options;
    const media = this.#ways.media;
    const isMix = (/** @type {string} */ id) => roster.isMix(id);
    const expected = [...roster.tracks]
      .filter(({ id, muted }) => !muted && (isMix(id) || wishes.isExpected(id)))
      .map(({ id }) => id);
    const { shown, isComplete } = choose({
      scheme: this.#scheme,
      media,
      shown: this.#shown,
      isMix,
      isDecoded: (medium) => this.#decoding.isDecoded(medium),
      expected,
      isForced: this.#isForced,
    });
    this.#shown = shown;
    roster.setMedia(shown);
    if (!this.#isMoving) return;
    const next = media[this.#scheme.way];
    this.#decoding.watch(expected.flatMap((id) => next.get(id) ?? []));
    if (!isComplete || this.#hasSettled) return;
    this.#hasSettled = true;
    request('settled', { epoch: this.#epoch }).catch((error) => error.reason !== 'disconnected' && onFault(error));
  }

  /** The network changed: lost paths are looked for at once. */
  check() {
    this.#ways.check();
  }

  /**
   * The socket came back.
   * @param {TopologyInfo} info The room as it is now.
   */
  resume(info) {
    this.#ways.mesh?.resume();
    this.#ways.check();
    this.handle(info);
  }

  close() {
    this.#rest();
    this.#watch.set(false);
    this.outlets.clear();
    this.#ways.close();
    this.#shown = new Map();
    this.#options.roster.setMix([]);
    this.#options.roster.setMedia(this.#shown);
  }

  /** What there is to measure. */
  metered() {
    return this.#ways.metered(this.#options.roster);
  }

  /** @param {TopologyInfo} info */
  #adopt({ topology, view = 'tracks', epoch = 0 }) {
    this.#epoch = epoch;
    this.#scheme = { way: topology === 'mesh' ? 'mesh' : 'server', view };
  }

  /** @param {TopologyInfo} info */
  #begin(info) {
    this.#rest();
    this.#adopt(info);
    this.#isMoving = true;
    this.#timer = setTimeout(() => this.#force(), PATIENCE_MS);
    this.#openWay();
  }

  /** Nothing is waited for any longer. */
  #rest() {
    clearTimeout(this.#timer);
    this.#decoding.reset();
    this.#isMoving = this.#isForced = this.#hasSettled = false;
  }

  #force() {
    this.#isForced = true;
    this.update();
  }

  /** Everybody has come over: the old way ends. */
  #finish() {
    this.#hasSettled = true;
    if (this.#isMoving) this.#force();
    this.#rest();
    if (this.#scheme.way === 'mesh') this.#ways.closeServer();
    else this.#ways.closeMesh();
    this.#useWays();
    this.update();
  }

  #openWay() {
    const { roster } = this.#options;
    if (this.#scheme.way === 'server') this.#ways.openServer();
    else this.#ways.openMesh(this.#epoch, roster.participants.keys());
    this.#useWays();
  }

  #useWays() {
    this.outlets.use(this.#scheme.way, this.#ways.publisher, this.#ways.mesh);
    this.#watch.set(this.#scheme.way === 'mesh');
  }
}
