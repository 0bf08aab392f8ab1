/**
 * A session's two PeerConnections.
 * @module
 */
import { Publisher } from './publisher.js';
import { Subscriber } from './subscriber.js';

/**
 * @typedef {object} PeersOptions
 * @property {RTCIceServer[]} iceServers
 * @property {boolean} forceTcp
 * @property {string} [videoCodec]
 * @property {(method: string, params: object) => Promise<any>} request
 * @property {(media: Map<string, MediaStreamTrack>) => void} onMedia What is received by track: everything, each time.
 * @property {(path: {peer: import('./protocol.js').Peer, isLost: boolean}) => void} onPath
 * @property {(error: unknown) => void} onFault What went wrong with nobody waiting for it.
 */

export class Peers {
  /** @param {PeersOptions} options */
  constructor({ request, onMedia, onPath, videoCodec, ...shared }) {
    this.publisher = new Publisher({
      ...shared,
      videoCodec,
      send: (sdp, tracks) => request('publish', { sdp, tracks }),
      onPath: (isLost) => onPath({ peer: 'publish', isLost }),
    });
    this.subscriber = new Subscriber({
      ...shared,
      answer: (sdp, offerId) => request('answer', { sdp, offerId }),
      requestRestart: () => void request('restartIce', { peer: 'subscribe' }).catch(shared.onFault),
      onMedia,
      onPath: (isLost) => onPath({ peer: 'subscribe', isLost }),
    });
  }

  /** The network changed, or the socket came back: lost paths are looked for at once. */
  check() {
    this.publisher.check();
    this.subscriber.check();
  }

  close() {
    this.publisher.close();
    this.subscriber.close();
  }

  /**
   * What there is to measure.
   * @param {import('./roster.js').Roster} roster
   * @param {string} ownId
   * @returns {import('./meter.js').Metered[]}
   */
  metered(roster, ownId) {
    const own = [...this.publisher.tracksByMid].filter(([, track]) => track.id);
    const others = [...this.subscriber.trackIdsByMid].flatMap(([mid, trackId]) => {
      const track = roster.track(trackId);
      return track ? [/** @type {const} */ ([mid, { track, participantId: track.participantId }])] : [];
    });
    return [
      {
        peer: 'publish',
        pc: this.publisher.pc,
        tracksByMid: new Map(own.map(([mid, track]) => [mid, { track, participantId: ownId }])),
      },
      { peer: 'subscribe', pc: this.subscriber.pc, tracksByMid: new Map(others) },
    ];
  }
}
