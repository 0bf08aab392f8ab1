/**
 * The PeerConnection that sends: this side offers.
 *
 * A track that ends leaves its transceiver behind, inactive, for the next one. Stopping it would close its media section,
 * and the first section carries the transport of all: browsers take the whole bundle down with it.
 * @module
 */
import { MotetError, isRefusal } from './errors.js';
import { Merged } from './merged.js';
import { PathGuard } from './path.js';
import { isStopped, openTransceiver, prefer, refit } from './sending.js';
import { keepTcpCandidates } from './sdp.js';

/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./protocol.js').PublishTrack} PublishTrack */
/** @typedef {import('./protocol.js').PublishAnswer} PublishAnswer */

/**
 * @typedef {object} PublisherOptions
 * @property {RTCIceServer[]} iceServers
 * @property {boolean} forceTcp
 * @property {string} [videoCodec]
 * @property {(sdp: string, tracks: PublishTrack[]) => Promise<PublishAnswer>} send
 * @property {(isLost: boolean) => void} onPath
 * @property {(error: unknown) => void} onFault What went wrong with nobody waiting for it.
 */

/**
 * @typedef {object} Slot
 * @property {LocalTrack} track
 * @property {RTCRtpTransceiver} transceiver
 * @property {boolean} isTaken Whether the server has it on this connection.
 * @property {() => void} resolve
 * @property {(error: Error) => void} reject
 */

export class Publisher {
  #options;
  #guard;
  /** @type {Map<LocalTrack, Slot>} */
  #slots = new Map();
  /** Left by their tracks, which the server does not know yet. @type {Set<RTCRtpTransceiver>} */
  #left = new Set();
  /** Free for the next track. @type {Set<RTCRtpTransceiver>} */
  #free = new Set();
  #negotiation = new Merged(() => this.#negotiate());

  /** @param {PublisherOptions} options */
  constructor(options) {
    this.#options = options;
    this.pc = new RTCPeerConnection({ iceServers: options.iceServers, bundlePolicy: 'max-bundle' });
    this.#guard = new PathGuard(this.pc, { restart: () => this.restartIce(), onChange: options.onPath });
  }

  /**
   * @param {LocalTrack} track
   * @returns {Promise<void>} When the server took it; rejects with the server's reason.
   */
  add(track) {
    const transceiver = this.#reuse(track) ?? openTransceiver(this.pc, track);
    if (track.kind === 'video') prefer(transceiver, this.#options.videoCodec, this.#options.onFault);
    return new Promise((resolve, reject) => {
      this.#slots.set(track, { track, transceiver, isTaken: false, resolve: () => resolve(), reject });
      void this.#request();
    });
  }

  /** @param {LocalTrack} track */
  has(track) {
    return this.#slots.has(track);
  }

  /** @param {LocalTrack} track */
  remove(track) {
    const slot = this.#slots.get(track);
    if (!slot) return;
    this.#drop(slot, new MotetError('disconnected', 'unpublished before it was published'));
    void this.#request();
  }

  /**
   * Sends something else for a track, without a negotiation.
   * @param {LocalTrack} track
   * @param {MediaStreamTrack | null} media
   */
  async replace(track, media) {
    await this.#slots.get(track)?.transceiver.sender.replaceTrack(media);
  }

  /** By media section, whose track is sent. @returns {Map<string, LocalTrack>} */
  get tracksByMid() {
    const tracks = new Map();
    for (const { track, transceiver } of this.#slots.values()) {
      if (transceiver.mid !== null) tracks.set(transceiver.mid, track);
    }
    return tracks;
  }

  /** New paths are looked for; media goes on over the old one meanwhile. */
  restartIce() {
    if (!this.pc.remoteDescription) return;
    this.pc.restartIce();
    void this.#request();
  }

  /** The socket came back: what it cut short is said again. Settles when that is done, one way or the other. */
  async resume() {
    if (this.#slots.size || this.pc.remoteDescription) await this.#request();
  }

  /** The network changed, or the socket came back: a lost path is looked for at once. */
  check() {
    this.#guard.check();
  }

  close() {
    this.#guard.close();
    this.pc.close();
    for (const slot of [...this.#slots.values()])
      slot.reject(new MotetError('disconnected', 'left the room'));
    this.#slots.clear();
  }

  /** @param {LocalTrack} track */
  #reuse(track) {
    for (const transceiver of this.#free) {
      if (transceiver.receiver.track.kind !== track.kind) continue;
      this.#free.delete(transceiver);
      transceiver.direction = 'sendonly';
      refit(transceiver.sender, track).catch(this.#options.onFault);
      return transceiver;
    }
    return null;
  }

  #request() {
    return this.#negotiation.request().catch(this.#options.onFault);
  }

  async #negotiate() {
    if (this.pc.signalingState === 'closed') return;
    await this.pc.setLocalDescription();
    const sdp = this.pc.localDescription?.sdp ?? '';
    const offered = [...this.#slots.values()].filter((slot) => slot.transceiver.mid !== null);
    const left = [...this.#left];
    try {
      const answer = await this.#options.send(sdp, offered.map(describe));
      if (/** @type {string} */ (this.pc.signalingState) === 'closed') return;
      const filtered = this.#options.forceTcp ? keepTcpCandidates(answer.sdp) : answer.sdp;
      await this.pc.setRemoteDescription({ type: 'answer', sdp: filtered });
      this.#settle(offered, answer);
      for (const transceiver of left) this.#release(transceiver);
    } catch (error) {
      if (isRefusal(error)) await this.#withdraw(offered, error);
      throw error;
    }
  }

  /**
   * @param {Slot[]} offered
   * @param {PublishAnswer} answer
   */
  #settle(offered, answer) {
    const ids = new Map(answer.tracks.map(({ mid, trackId }) => [mid, trackId]));
    const refusals = new Map((answer.refused ?? []).map(({ mid, reason }) => [mid, reason]));
    for (const slot of offered) {
      const mid = slot.transceiver.mid ?? '';
      const id = ids.get(mid);
      if (id !== undefined) {
        slot.track.id = id;
        slot.isTaken = true;
        slot.resolve();
      } else {
        const reason = refusals.get(mid) ?? 'refused';
        this.#drop(slot, new MotetError(reason, `the server does not take the ${slot.track.source}`));
      }
    }
  }

  /**
   * The server refused the whole offer: back to where both agreed, without what was new.
   * @param {Slot[]} offered
   * @param {MotetError} error
   */
  async #withdraw(offered, error) {
    for (const slot of offered) if (!slot.isTaken) this.#drop(slot, error);
    if (this.pc.signalingState === 'have-local-offer')
      await this.pc.setLocalDescription({ type: 'rollback' });
  }

  /**
   * @param {Slot} slot
   * @param {MotetError} error For who waits for it, if anyone still does.
   */
  #drop(slot, error) {
    this.#slots.delete(slot.track);
    slot.reject(error);
    const { transceiver } = slot;
    if (isStopped(transceiver)) return;
    transceiver.direction = 'inactive';
    transceiver.sender.replaceTrack(null).catch(this.#options.onFault);
    this.#left.add(transceiver);
  }

  /**
   * The server knows that its track is over.
   * @param {RTCRtpTransceiver} transceiver
   */
  #release(transceiver) {
    this.#left.delete(transceiver);
    if (!isStopped(transceiver)) this.#free.add(transceiver);
  }
}

/**
 * A track that has an id before the server carries it was announced: it stays that one.
 * @param {Slot} slot
 * @returns {PublishTrack}
 */
function describe({ track, transceiver, isTaken }) {
  const { source, name, muted } = track;
  const trackId = isTaken || !track.id ? undefined : track.id;
  return { mid: transceiver.mid ?? '', source, name, muted, trackId };
}
