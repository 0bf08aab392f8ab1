/**
 * The direct PeerConnection to one other participant.
 *
 * Both sides may have something to offer at any time, and do so in turns. Where offers cross all the same, the polite side
 * takes its own back and answers, and the other passes over what came: which is which follows from the ids, so that both
 * know without asking ("perfect negotiation"). A first offer is taken back together with its PeerConnection: Chromium often
 * finds no candidates for what it answers then, and refuses its own next offer for how it numbers header extensions.
 * Each side sends on sections of its own, so that every section carries one track in one direction.
 */
import { PathGuard } from './path.js';
import { isStopped, limit, openTransceiver, prefer, refit } from './sending.js';
import { Turns } from './turns.js';

/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {{mid: string, trackId: string}} MidTrack */

/**
 * What goes from one side to the other, by way of the server.
 * @typedef {object} MeshMessage
 * @property {RTCSessionDescriptionInit} [description]
 * @property {MidTrack[]} [tracks] Comes with a description: which of its sections carries which of the sender's tracks.
 * @property {RTCIceCandidateInit | null} [candidate]
 * @property {import('./turns.js').Turn} [turn]
 */

/**
 * @typedef {object} MeshPeerOptions
 * @property {string} participantId The other side's.
 * @property {boolean} isPolite
 * @property {RTCIceServer[]} iceServers
 * @property {string} [videoCodec]
 * @property {(message: MeshMessage) => Promise<unknown>} send
 * @property {(trackId: string) => boolean} isWanted Whether a track of theirs is to be received.
 * @property {() => void} onMedia What is received changed.
 * @property {(state: RTCPeerConnectionState) => void} onState
 * @property {(isLost: boolean) => void} onPath
 * @property {(error: unknown) => void} onFault
 */

/** An offer that nobody answered by then was lost on its way: it is made again. */
const ANSWER_MS = 6_000;

export class MeshPeer {
  #options;
  /** @type {RTCPeerConnection} */
  #pc;
  /** @type {PathGuard} */
  #guard;
  #turns;
  #copies = 1;
  /** @type {Map<LocalTrack, RTCRtpTransceiver>} */
  #slots = new Map();
  /** Left by their tracks, for the next ones. @type {Set<RTCRtpTransceiver>} */
  #free = new Set();
  /** Whose track each section carries towards this side. @type {Map<string, string>} */
  #theirs = new Map();
  #isOffering = false;
  #isPassedOver = false;
  #isClosed = false;
  /** @type {Promise<void>} */
  #work = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #unanswered;

  /** @param {MeshPeerOptions} options */
  constructor(options) {
    this.#options = options;
    this.participantId = options.participantId;
    [this.#pc, this.#guard] = this.#open();
    this.#turns = new Turns({
      isPolite: options.isPolite,
      isFree: () => !this.#isOffering && this.pc.signalingState === 'stable',
      send: (turn) => this.#send({ turn }),
      offer: () => this.#negotiate(),
    });
  }

  /** Another one after first offers have crossed. */
  get pc() {
    return this.#pc;
  }

  /**
   * Sends these tracks and no others.
   * @param {ReadonlySet<LocalTrack>} tracks Each with its id.
   * @param {number} copies To how many peers each of them is sent.
   */
  setTracks(tracks, copies) {
    if (this.#isClosed) return;
    this.#copies = copies;
    for (const [track, transceiver] of [...this.#slots]) {
      if (!tracks.has(track)) this.#leave(track, transceiver);
      else limit(transceiver.sender, track, copies).catch(() => undefined);
    }
    for (const track of tracks) if (!this.#slots.has(track)) this.#take(track);
  }

  /**
   * Sends something else for a track, without a negotiation.
   * @param {LocalTrack} track
   * @param {MediaStreamTrack | null} media
   */
  async replace(track, media) {
    await this.#slots.get(track)?.sender.replaceTrack(media);
  }

  /**
   * What the other side sent.
   * @param {MeshMessage} message
   */
  handle(message) {
    this.#work = this.#work.then(() => this.#handle(message)).catch((error) => this.#fault(error));
  }

  /** What is received, by track. @returns {Map<string, MediaStreamTrack>} */
  get media() {
    const media = new Map();
    for (const [trackId, { currentDirection, receiver }] of this.#receiving()) {
      const isOn = currentDirection === 'recvonly' || currentDirection === 'sendrecv';
      if (isOn && this.#options.isWanted(trackId)) media.set(trackId, receiver.track);
    }
    return media;
  }

  /** By section, the track that is sent. @returns {Map<string, LocalTrack>} */
  get sentByMid() {
    const sent = new Map();
    for (const [track, { mid }] of this.#slots) if (mid !== null) sent.set(mid, track);
    return sent;
  }

  /** By section, the track that is received. @returns {ReadonlyMap<string, string>} */
  get receivedByMid() {
    return this.#theirs;
  }

  /** What is wanted of the other side changed: sections that are not are switched off. */
  review() {
    for (const [trackId, transceiver] of this.#receiving()) {
      const direction = this.#options.isWanted(trackId) ? 'recvonly' : 'inactive';
      if (transceiver.direction !== direction) transceiver.direction = direction;
    }
  }

  /** The network changed: a lost path is looked for at once. */
  check() {
    this.#guard.check();
  }

  /** The socket came back: what was said meanwhile may be lost. */
  resume() {
    if (this.#isClosed) return;
    this.#turns.resume();
    if (this.pc.signalingState === 'have-local-offer') void this.#offer();
    else if (this.pc.connectionState !== 'connected' && this.pc.remoteDescription) this.pc.restartIce();
  }

  close() {
    this.#isClosed = true;
    this.#turns.close();
    this.#shut();
  }

  /** @returns {[RTCPeerConnection, PathGuard]} */
  #open() {
    const { iceServers, onState, onPath } = this.#options;
    const pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    pc.onnegotiationneeded = () => this.#negotiate();
    pc.onicecandidate = ({ candidate }) => {
      if (candidate) this.#send({ candidate: candidate.toJSON() });
    };
    pc.onconnectionstatechange = () => onState(pc.connectionState);
    return [pc, new PathGuard(pc, { restart: () => pc.restartIce(), onChange: onPath })];
  }

  #shut() {
    clearTimeout(this.#unanswered);
    this.#guard.close();
    this.#pc.onnegotiationneeded = this.#pc.onicecandidate = this.#pc.onconnectionstatechange = null;
    this.#pc.close();
  }

  /** With the same tracks, as if nothing had been offered. */
  #startOver() {
    this.#shut();
    [this.#pc, this.#guard] = this.#open();
    this.#isOffering = false;
    const tracks = [...this.#slots.keys()];
    this.#slots.clear();
    this.#free.clear();
    for (const track of tracks) this.#take(track);
  }

  /** @param {LocalTrack} track */
  #take(track) {
    const { videoCodec, onFault } = this.#options;
    const transceiver = this.#reuse(track) ?? openTransceiver(this.pc, track, this.#copies);
    if (track.kind === 'video') prefer(transceiver, videoCodec, onFault);
    this.#slots.set(track, transceiver);
  }

  /** @param {LocalTrack} track */
  #reuse(track) {
    for (const transceiver of this.#free) {
      if (isStopped(transceiver) || transceiver.receiver.track.kind !== track.kind) continue;
      this.#free.delete(transceiver);
      transceiver.direction = 'sendonly';
      refit(transceiver.sender, track, this.#copies).catch(this.#options.onFault);
      return transceiver;
    }
    return null;
  }

  /**
   * @param {LocalTrack} track
   * @param {RTCRtpTransceiver} transceiver
   */
  #leave(track, transceiver) {
    this.#slots.delete(track);
    if (isStopped(transceiver)) return;
    transceiver.direction = 'inactive';
    transceiver.sender.replaceTrack(null).catch(this.#options.onFault);
    this.#free.add(transceiver);
  }

  #negotiate() {
    if (!this.#isClosed && this.#turns.take()) void this.#offer();
  }

  /** Makes an offer, or makes an open one again. */
  async #offer() {
    if (this.#isClosed) return;
    const pc = this.#pc;
    try {
      this.#isOffering = true;
      await pc.setLocalDescription();
    } catch (error) {
      // What was closed in order to start over has no say.
      if (pc === this.#pc) this.#fault(error);
    }
    if (this.#isClosed || pc !== this.#pc) return;
    this.#isOffering = false;
    if (pc.localDescription?.type === 'offer') this.#describe();
    clearTimeout(this.#unanswered);
    this.#unanswered = setTimeout(() => {
      if (this.pc.signalingState === 'have-local-offer') void this.#offer();
    }, ANSWER_MS);
  }

  /** @param {MeshMessage} message */
  async #handle({ description, tracks = [], candidate, turn }) {
    if (this.#isClosed) return;
    if (turn) this.#turns.handle(turn);
    else if (description) await this.#handleDescription(description, tracks);
    else if (candidate) await this.#handleCandidate(candidate);
  }

  /**
   * @param {RTCSessionDescriptionInit} description
   * @param {MidTrack[]} tracks
   */
  async #handleDescription(description, tracks) {
    const isOffer = description.type === 'offer';
    const isCrossing = isOffer && (this.#isOffering || this.pc.signalingState !== 'stable');
    this.#isPassedOver = isCrossing && !this.#options.isPolite;
    // An answer to an offer that was taken back, or was answered already, says nothing.
    const isStale = !isOffer && this.pc.signalingState !== 'have-local-offer';
    if (this.#isPassedOver || isStale) return;
    if (isCrossing && !this.pc.remoteDescription) this.#startOver();
    await this.pc.setRemoteDescription(description);
    this.#theirs = new Map(tracks.map(({ mid, trackId }) => [mid, trackId]));
    this.review();
    if (isOffer) {
      await this.pc.setLocalDescription();
      this.#describe();
      this.#turns.takeBack();
    } else {
      this.#turns.review();
    }
    if (!this.#isClosed) this.#options.onMedia();
  }

  /** @param {RTCIceCandidateInit} candidate */
  async #handleCandidate(candidate) {
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (error) {
      // It belongs to the offer that was passed over.
      if (!this.#isPassedOver) throw error;
    }
  }

  #describe() {
    const description = this.pc.localDescription;
    if (!description) return;
    const tracks = [...this.sentByMid].map(([mid, { id }]) => ({ mid, trackId: id }));
    this.#send({ description: { type: description.type, sdp: description.sdp }, tracks });
  }

  /** @param {MeshMessage} message */
  #send(message) {
    this.#options.send(message).catch((error) => this.#fault(error));
  }

  /** The sections on which the other side's tracks come. @returns {[string, RTCRtpTransceiver][]} */
  #receiving() {
    const own = new Set(this.#slots.values());
    return this.pc.getTransceivers().flatMap((transceiver) => {
      const trackId = this.#theirs.get(transceiver.mid ?? '');
      const isTheirs = trackId !== undefined && !own.has(transceiver) && !isStopped(transceiver);
      return isTheirs ? [/** @type {[string, RTCRtpTransceiver]} */ ([trackId, transceiver])] : [];
    });
  }

  /** @param {unknown} error */
  #fault(error) {
    if (!this.#isClosed) this.#options.onFault(error);
  }
}
