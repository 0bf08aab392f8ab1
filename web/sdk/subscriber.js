/**
 * The PeerConnection that receives: the server offers.
 * @module
 */
import { PathGuard } from './path.js';
import { keepTcpCandidates } from './sdp.js';

/** @typedef {import('./protocol.js').Offer} Offer */

/**
 * @typedef {object} SubscriberOptions
 * @property {RTCIceServer[]} iceServers
 * @property {boolean} forceTcp
 * @property {(sdp: string, offerId: string | number) => Promise<unknown>} answer
 * @property {() => void} requestRestart Asks the server for an offer with new ICE credentials.
 * @property {(media: Map<string, MediaStreamTrack>) => void} onMedia What is received by track: everything, each time.
 * @property {(isLost: boolean) => void} onPath
 * @property {(error: unknown) => void} onFault
 */

export class Subscriber {
  #options;
  #guard;
  /** @type {Promise<void>} */
  #work = Promise.resolve();
  /** Which track each media section carries. @type {Map<string, string>} */
  trackIdsByMid = new Map();

  /** @param {SubscriberOptions} options */
  constructor(options) {
    this.#options = options;
    this.pc = new RTCPeerConnection({ iceServers: options.iceServers, bundlePolicy: 'max-bundle' });
    this.#guard = new PathGuard(this.pc, { restart: options.requestRestart, onChange: options.onPath });
  }

  /**
   * Offers are worked off one after the other.
   * @param {Offer} offer
   */
  handleOffer(offer) {
    this.#work = this.#work.then(() => this.#answer(offer)).catch(this.#options.onFault);
  }

  /** The network changed, or the socket came back: a lost path is looked for at once. */
  check() {
    this.#guard.check();
  }

  close() {
    this.#guard.close();
    this.pc.close();
  }

  /** @param {Offer} offer */
  async #answer(offer) {
    if (this.pc.signalingState === 'closed') return;
    const sdp = this.#options.forceTcp ? keepTcpCandidates(offer.sdp) : offer.sdp;
    await this.pc.setRemoteDescription({ type: 'offer', sdp });
    await this.pc.setLocalDescription();
    this.trackIdsByMid = new Map(offer.tracks.map(({ mid, trackId }) => [mid, trackId]));
    this.#options.onMedia(this.#media());
    await this.#options.answer(this.pc.localDescription?.sdp ?? '', offer.offerId);
  }

  #media() {
    const media = new Map();
    for (const { mid, currentDirection, receiver } of this.pc.getTransceivers()) {
      const trackId = this.trackIdsByMid.get(mid ?? '');
      if (trackId !== undefined && currentDirection !== 'stopped' && currentDirection !== 'inactive') {
        media.set(trackId, receiver.track);
      }
    }
    return media;
  }
}
