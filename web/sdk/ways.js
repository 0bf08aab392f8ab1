/**
 * A session's PeerConnections: two with the server, or one with each other participant, or both while the room moves.
 * @module
 */
import { Mesh } from './mesh.js';
import { Publisher } from './publisher.js';
import { Subscriber } from './subscriber.js';

/** @typedef {import('./choice.js').Way} Way */

/**
 * @typedef {object} WaysOptions
 * @property {string} ownId
 * @property {RTCIceServer[]} iceServers
 * @property {boolean} forceTcp
 * @property {string} [videoCodec]
 * @property {(method: string, params: object) => Promise<any>} request
 * @property {(trackId: string, participantId: string) => boolean} isWanted Whether a track that this participant sends
 *   directly is to be received.
 * @property {() => void} onMedia What is received changed.
 * @property {(path: {peer: import('./protocol.js').Peer, isLost: boolean}) => void} onPath
 * @property {(error: unknown) => void} onFault What went wrong with nobody waiting for it.
 */

export class Ways {
  #options;
  /** @type {Publisher | null} */
  publisher = null;
  /** @type {Subscriber | null} */
  subscriber = null;
  /** @type {Mesh | null} */
  mesh = null;
  /** The mesh's, by which messages of one that is over are told apart. */
  meshEpoch = 0;
  /** What comes from the server, by track. @type {ReadonlyMap<string, MediaStreamTrack>} */
  #served = new Map();

  /** @param {WaysOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** The two connections with the server, where they are not there yet. */
  openServer() {
    if (this.publisher) return;
    const { request, onMedia, onPath, videoCodec, iceServers, forceTcp, onFault } = this.#options;
    const shared = { iceServers, forceTcp, onFault };
    this.publisher = new Publisher({
      ...shared,
      videoCodec,
      send: (sdp, tracks) => request('publish', { sdp, tracks }),
      onPath: (isLost) => onPath({ peer: 'publish', isLost }),
    });
    this.subscriber = new Subscriber({
      ...shared,
      answer: (sdp, offerId) => request('answer', { sdp, offerId }),
      requestRestart: () => void request('restartIce', { peer: 'subscribe' }).catch(onFault),
      onMedia: (media) => {
        this.#served = media;
        onMedia();
      },
      onPath: (isLost) => onPath({ peer: 'subscribe', isLost }),
    });
  }

  closeServer() {
    if (!this.publisher) return;
    this.publisher.close();
    this.subscriber?.close();
    this.publisher = this.subscriber = null;
    this.#served = new Map();
  }

  /**
   * The connections with the others, where they are not there yet.
   * @param {number} epoch
   * @param {Iterable<string>} participantIds
   */
  openMesh(epoch, participantIds) {
    this.meshEpoch = epoch;
    // A room that comes back to its mesh before that was taken down goes on with it.
    if (this.mesh) return this.mesh.tell();
    const { ownId, iceServers, videoCodec, request, isWanted, onMedia, onPath, onFault } = this.#options;
    this.mesh = new Mesh({
      ownId,
      iceServers,
      videoCodec,
      isWanted,
      onMedia,
      relay: (to, message) => request('relay', { to, epoch: this.meshEpoch, message }).catch(passOverGone),
      onPair: (participantId, state) => {
        const told = request('peerState', { participantId, epoch: this.meshEpoch, state });
        told.catch(passOverGone).catch(onFault);
      },
      onPath: (isLost) => onPath({ peer: 'mesh', isLost }),
      onFault,
    });
    this.mesh.setMembers(participantIds);
  }

  closeMesh() {
    this.mesh?.close();
    this.mesh = null;
  }

  /** What comes by each way, by track. @returns {Record<Way, ReadonlyMap<string, MediaStreamTrack>>} */
  get media() {
    return { server: this.#served, mesh: this.mesh?.media ?? new Map() };
  }

  /**
   * @param {MediaStreamTrack} medium
   * @returns {RTCRtpReceiver | undefined}
   */
  receiverOf(medium) {
    const pcs = [...(this.mesh?.peers.values() ?? [])].map(({ pc }) => pc);
    if (this.subscriber) pcs.push(this.subscriber.pc);
    return pcs.flatMap((pc) => pc.getReceivers()).find(({ track }) => track === medium);
  }

  /** The network changed, or the socket came back: lost paths are looked for at once. */
  check() {
    this.publisher?.check();
    this.subscriber?.check();
    this.mesh?.check();
  }

  close() {
    this.closeServer();
    this.closeMesh();
  }

  /**
   * What there is to measure.
   * @param {import('./roster.js').Roster} roster
   * @returns {import('./meter.js').Metered[]}
   */
  metered(roster) {
    /** @type {import('./meter.js').Metered[]} */
    const metered = [];
    if (this.publisher) {
      const tracksByMid = this.#sent(this.publisher.tracksByMid);
      metered.push({ peer: 'publish', pc: this.publisher.pc, tracksByMid });
    }
    if (this.subscriber) {
      const tracksByMid = received(this.subscriber.trackIdsByMid, roster);
      metered.push({ peer: 'subscribe', pc: this.subscriber.pc, tracksByMid });
    }
    for (const { participantId: peerId, pc, sentByMid, receivedByMid } of this.mesh?.peers.values() ?? []) {
      const tracksByMid = new Map([...received(receivedByMid, roster), ...this.#sent(sentByMid)]);
      metered.push({ peer: 'mesh', peerId, pc, tracksByMid });
    }
    return metered;
  }

  /**
   * @param {ReadonlyMap<string, import('./track.js').LocalTrack>} tracks By section.
   * @returns {import('./meter.js').Metered['tracksByMid']}
   */
  #sent(tracks) {
    const own = [...tracks].filter(([, track]) => track.id);
    return new Map(own.map(([mid, track]) => [mid, { track, participantId: this.#options.ownId }]));
  }
}

/**
 * @param {ReadonlyMap<string, string>} trackIds By section.
 * @param {import('./roster.js').Roster} roster
 * @returns {import('./meter.js').Metered['tracksByMid']}
 */
function received(trackIds, roster) {
  return new Map(
    [...trackIds].flatMap(([mid, trackId]) => {
      const track = roster.track(trackId);
      return track ? [/** @type {const} */ ([mid, { track, participantId: track.participantId }])] : [];
    }),
  );
}

/**
 * Somebody left, or the room moved on, while the message was on its way: nobody misses it. What a drop of the socket cut
 * short is said again when it is back.
 * @param {any} error
 */
function passOverGone(error) {
  if (!['noSuchParticipant', 'noMesh', 'staleEpoch', 'disconnected'].includes(error?.reason)) throw error;
}
