/**
 * One's own tracks: published, muted, moved between devices, carried over into a new session.
 * @module
 */
import { MotetError } from './errors.js';
import { LocalTrack } from './track.js';

/** @typedef {import('./outlets.js').Outlets} Outlets */
/** @typedef {import('./events.js').RoomEvents} RoomEvents */

/**
 * @typedef {object} LocalMediaOptions
 * @property {<Name extends keyof RoomEvents>(name: Name, detail: RoomEvents[Name]) => void} emit
 * @property {(method: string, params: object) => Promise<unknown>} request
 * @property {(error: unknown) => void} onFault
 */

export class LocalMedia {
  #options;
  /** @type {Outlets | null} */
  #outlets = null;
  /** Published or about to be: what a new session is given again. @type {Set<LocalTrack>} */
  #wanted = new Set();
  /** Muted or unmuted while the socket was down, which the server does not know. @type {Set<LocalTrack>} */
  #unsaid = new Set();
  /** Published, by the server's id. @type {Map<string, LocalTrack>} */
  tracks = new Map();

  /** @param {LocalMediaOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {MediaStreamTrack} media
   * @param {import('./track.js').LocalTrackOptions} options
   * @returns {Promise<LocalTrack>}
   */
  async publish(media, options) {
    const outlets = this.#outlets;
    if (!outlets) throw new MotetError('badState', 'publishing takes a connected room');
    const track = new LocalTrack(media, options);
    this.#watch(track, media);
    this.#wanted.add(track);
    try {
      await outlets.add(track);
    } catch (error) {
      this.#wanted.delete(track);
      throw error;
    }
    this.tracks.set(track.id, track);
    this.#options.emit('localTrackPublished', { track });
    return track;
  }

  /**
   * @param {LocalTrack} track
   * @param {string} reason
   */
  withdraw(track, reason) {
    if (!this.#wanted.delete(track)) return;
    this.#outlets?.remove(track);
    this.tracks.delete(track.id);
    track.setMedia(null);
    this.#options.emit('localTrackUnpublished', { track, reason });
  }

  /**
   * @param {LocalTrack} track
   * @param {boolean} muted
   */
  async mute(track, muted) {
    if (track.muted === muted) return;
    const isLetGo = track.source === 'camera' && track.reopen;
    if (muted && isLetGo) await this.#exchange(track, null);
    if (!muted && !track.mediaStreamTrack && track.reopen) await this.#exchange(track, await track.reopen());
    track.setMuted(muted);
    this.#sayMuted(track);
  }

  /**
   * @param {LocalTrack} track
   * @param {string} deviceId
   */
  async switchDevice(track, deviceId) {
    const { reopen } = track;
    if (!reopen)
      throw new MotetError('badState', 'a track that was published ready-made cannot change its device');
    track.reopen = (id = deviceId) => reopen(id);
    if (!track.mediaStreamTrack) return;
    // Some cameras open once only: the old one is let go first.
    track.mediaStreamTrack.stop();
    await this.#exchange(track, await reopen(deviceId));
  }

  /**
   * Sends through `outlets` from here on; `null` while there is none. Unpublished tracks are nobody's.
   * @param {Outlets | null} outlets
   */
  use(outlets) {
    this.#outlets = outlets;
  }

  /**
   * The same session goes on: what was said while the socket was down is said again.
   * @param {import('./protocol.js').TrackInfo[]} known One's own tracks, as the server has them.
   */
  async resume(known) {
    for (const { id, muted } of known) {
      const track = this.tracks.get(id);
      if (!track || track.muted === muted) continue;
      if (this.#unsaid.has(track)) this.#sayMuted(track);
      else this.handleMuted(track, muted);
    }
    this.#unsaid.clear();
    await this.#outlets?.resume();
    // A track that the server gave up meanwhile is a new one to it.
    const published = [...this.tracks.values()];
    this.tracks.clear();
    for (const track of published) this.tracks.set(track.id, track);
  }

  /**
   * The server says that a track was muted by somebody else.
   * @param {LocalTrack} track
   * @param {boolean} muted
   */
  handleMuted(track, muted) {
    if (track.muted === muted) return;
    track.setMuted(muted);
    this.#options.emit('localTrackMuted', { track });
  }

  /** The server forgot the session: everything is published again. */
  republish() {
    this.tracks.clear();
    for (const track of this.#wanted) {
      track.id = '';
      this.#publishAgain(track);
    }
  }

  /** Lets every device go. */
  release() {
    for (const track of this.#wanted) track.setMedia(null);
    this.#wanted.clear();
    this.tracks.clear();
  }

  /** @param {LocalTrack} track */
  #sayMuted(track) {
    this.#options.request('mute', { trackId: track.id, muted: track.muted }).catch((error) => {
      if (error.reason === 'disconnected') this.#unsaid.add(track);
      else this.#options.onFault(error);
    });
  }

  /** @param {LocalTrack} track */
  #publishAgain(track) {
    this.#outlets?.add(track).then(
      () => this.tracks.set(track.id, track),
      (error) => this.withdraw(track, error.reason ?? 'refused'),
    );
  }

  /**
   * @param {LocalTrack} track
   * @param {MediaStreamTrack | null} media
   */
  async #exchange(track, media) {
    if (media) this.#watch(track, media);
    await this.#outlets?.replace(track, media);
    track.setMedia(media);
  }

  /**
   * @param {LocalTrack} track
   * @param {MediaStreamTrack} media
   */
  #watch(track, media) {
    media.addEventListener('ended', () => void this.#handleEnded(track, media));
  }

  /**
   * A device was unplugged, or the person ended the screen share in the browser's own bar.
   * @param {LocalTrack} track
   * @param {MediaStreamTrack} media
   */
  async #handleEnded(track, media) {
    if (track.mediaStreamTrack !== media || !this.#wanted.has(track)) return;
    if (!track.reopen) return this.withdraw(track, 'ended');
    try {
      await this.#exchange(track, await track.reopen());
      this.#options.emit('localTrackMoved', { track });
    } catch {
      this.withdraw(track, 'deviceLost');
    }
  }
}
