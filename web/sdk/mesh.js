/**
 * One's PeerConnections to all others, while media goes from browser to browser.
 * @module
 */
import { MeshPeer } from './mesh-peer.js';

/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./mesh-peer.js').MeshMessage} MeshMessage */
/** @typedef {'connecting' | 'connected' | 'disconnected' | 'failed'} PairState */

/**
 * @typedef {object} MeshOptions
 * @property {string} ownId
 * @property {RTCIceServer[]} iceServers
 * @property {string} [videoCodec]
 * @property {(to: string, message: MeshMessage) => Promise<unknown>} relay
 * @property {(trackId: string, participantId: string) => boolean} isWanted
 * @property {() => void} onMedia
 * @property {(participantId: string, state: PairState) => void} onPair
 * @property {(isLost: boolean) => void} onPath Whether the way to any of the others is lost.
 * @property {(error: unknown) => void} onFault
 */

export class Mesh {
  #options;
  /** @type {Map<string, MeshPeer>} */
  #peers = new Map();
  /** @type {Set<LocalTrack>} */
  #tracks = new Set();
  /** The others whose way is lost. @type {Set<string>} */
  #lost = new Set();

  /** @param {MeshOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @returns {ReadonlyMap<string, MeshPeer>} */
  get peers() {
    return this.#peers;
  }

  /**
   * Has a connection to each of these and to nobody else.
   * @param {Iterable<string>} participantIds
   */
  setMembers(participantIds) {
    const wanted = new Set(participantIds);
    let hasLost = false;
    for (const id of [...this.#peers.keys()]) {
      if (wanted.has(id)) continue;
      this.#close(id);
      hasLost = true;
    }
    const newcomers = [...wanted].filter((id) => !this.#peers.has(id));
    for (const id of newcomers) this.#peers.set(id, this.#open(id));
    if (newcomers.length || hasLost) this.#send();
    if (hasLost) this.#options.onMedia();
  }

  /** @param {LocalTrack} track With its id. */
  add(track) {
    this.#tracks.add(track);
    this.#send();
  }

  /** @param {LocalTrack} track */
  remove(track) {
    if (this.#tracks.delete(track)) this.#send();
  }

  /**
   * @param {LocalTrack} track
   * @param {MediaStreamTrack | null} media
   */
  async replace(track, media) {
    await Promise.all([...this.#peers.values()].map((peer) => peer.replace(track, media)));
  }

  /**
   * What somebody sent by way of the server. Of strangers and of who is gone nothing is taken.
   * @param {string} from
   * @param {MeshMessage} message
   */
  handleRelayed(from, message) {
    this.#peers.get(from)?.handle(message);
  }

  /** What is received, by track. @returns {Map<string, MediaStreamTrack>} */
  get media() {
    return new Map([...this.#peers.values()].flatMap((peer) => [...peer.media]));
  }

  /** What is wanted changed. */
  review() {
    for (const peer of this.#peers.values()) peer.review();
  }

  /** The network changed: lost ways are looked for at once. */
  check() {
    for (const peer of this.#peers.values()) peer.check();
  }

  /** The socket came back. */
  resume() {
    for (const peer of this.#peers.values()) peer.resume();
    this.tell();
  }

  /** Says again how each pair does. */
  tell() {
    for (const { participantId, pc } of this.#peers.values()) this.#tell(participantId, pc.connectionState);
  }

  close() {
    for (const id of [...this.#peers.keys()]) this.#close(id);
  }

  #send() {
    for (const peer of this.#peers.values()) peer.setTracks(this.#tracks, this.#peers.size);
  }

  /** @param {string} participantId */
  #open(participantId) {
    const { ownId, relay, onMedia, iceServers, videoCodec, isWanted, onFault } = this.#options;
    return new MeshPeer({
      participantId,
      isPolite: ownId < participantId,
      iceServers,
      videoCodec,
      isWanted: (trackId) => isWanted(trackId, participantId),
      onFault,
      onMedia,
      send: (message) => relay(participantId, message),
      onState: (state) => this.#tell(participantId, state),
      onPath: (isLost) => this.#setLost(participantId, isLost),
    });
  }

  /**
   * @param {string} participantId
   * @param {RTCPeerConnectionState} state
   */
  #tell(participantId, state) {
    const pair = PAIR_STATES.get(state);
    if (pair) this.#options.onPair(participantId, pair);
  }

  /** @param {string} participantId */
  #close(participantId) {
    this.#peers.get(participantId)?.close();
    this.#peers.delete(participantId);
  }

  /**
   * @param {string} participantId
   * @param {boolean} isLost
   */
  #setLost(participantId, isLost) {
    const before = this.#lost.size > 0;
    if (isLost) this.#lost.add(participantId);
    else this.#lost.delete(participantId);
    const after = this.#lost.size > 0;
    if (before !== after) this.#options.onPath(after);
  }
}

/** @type {ReadonlyMap<RTCPeerConnectionState, PairState>} */
const PAIR_STATES = new Map([
  ['connecting', 'connecting'],
  ['connected', 'connected'],
  ['disconnected', 'disconnected'],
  ['failed', 'failed'],
]);
