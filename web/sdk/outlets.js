/**
 * One's own tracks on their way out: to the server, to the others directly, or both while a room moves.
 *
 * In a mesh a track is announced, which gives it its id; where the server carries it, it is published, under the id that it
 * has if it was announced before.
 * @module
 */
import { isRefusal } from './errors.js';

/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./publisher.js').Publisher} Publisher */
/** @typedef {import('./mesh.js').Mesh} Mesh */

/**
 * @typedef {object} OutletsOptions
 * @property {(method: string, params: object) => Promise<any>} request
 * @property {(error: unknown) => void} onFault
 */

export class Outlets {
  #options;
  /** @type {Pick<Publisher, 'add' | 'remove' | 'replace' | 'resume' | 'has'> | null} */
  #publisher = null;
  /** @type {Pick<Mesh, 'add' | 'remove' | 'replace'> | null} */
  #mesh = null;
  /** Which of the two gives new tracks their id. @type {import('./choice.js').Way} */
  #way = 'server';
  /** @type {Set<LocalTrack>} */
  #tracks = new Set();

  /** @param {OutletsOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * From here on tracks go these ways; those that have an id already are sent on each that is new.
   * @param {import('./choice.js').Way} way
   * @param {Pick<Publisher, 'add' | 'remove' | 'replace' | 'resume' | 'has'> | null} publisher
   * @param {Pick<Mesh, 'add' | 'remove' | 'replace'> | null} mesh
   */
  use(way, publisher, mesh) {
    this.#way = way;
    this.#publisher = publisher;
    this.#mesh = mesh;
    for (const track of this.#tracks) if (track.id) this.#spread(track);
  }

  /**
   * @param {LocalTrack} track
   * @returns {Promise<void>} When the server took it; rejects with the server's reason.
   */
  async add(track) {
    this.#tracks.add(track);
    try {
      await this.#introduce(track);
    } catch (error) {
      this.#tracks.delete(track);
      throw error;
    }
    if (this.#tracks.has(track)) this.#spread(track);
  }

  /** @param {LocalTrack} track */
  remove(track) {
    if (!this.#tracks.delete(track)) return;
    this.#mesh?.remove(track);
    if (this.#publisher?.has(track)) this.#publisher.remove(track);
    else if (track.id) {
      // What the server ended itself it does not know any longer.
      const ended = this.#options.request('unpublish', { trackId: track.id });
      ended.catch((error) => error.reason !== 'noSuchTrack' && this.#options.onFault(error));
    }
  }

  /**
   * Sends something else for a track, without a negotiation.
   * @param {LocalTrack} track
   * @param {MediaStreamTrack | null} media
   */
  async replace(track, media) {
    await Promise.all([this.#publisher?.replace(track, media), this.#mesh?.replace(track, media)]);
  }

  /** The socket came back: what it cut short is said again. */
  async resume() {
    await this.#publisher?.resume();
  }

  /** Everything is over, and will be added anew. */
  clear() {
    this.#tracks.clear();
    this.#publisher = this.#mesh = null;
  }

  /**
   * Makes it known to the server. A room that moves meanwhile takes it the other way.
   * @param {LocalTrack} track
   */
  async #introduce(track) {
    for (;;) {
      const way = this.#way;
      try {
        if (way === 'mesh') await this.#announce(track);
        else await this.#publisher?.add(track);
        return;
      } catch (error) {
        if (isRefusal(error) || way === this.#way || !this.#tracks.has(track)) throw error;
      }
    }
  }

  /** @param {LocalTrack} track */
  async #announce(track) {
    const { kind, source, name, muted } = track;
    const { trackIds } = await this.#options.request('announce', { tracks: [{ kind, source, name, muted }] });
    track.id = trackIds[0];
  }

  /** @param {LocalTrack} track */
  #spread(track) {
    this.#mesh?.add(track);
    if (!this.#publisher || this.#publisher.has(track)) return;
    this.#publisher.add(track).catch((error) => {
      // The room went back to a mesh before the server had it, or the socket dropped and all is said again.
      if (error.reason !== 'disconnected') this.#options.onFault(error);
    });
  }
}
