/**
 * A track: sound or picture of one source of one participant, either own or somebody else's.
 * @module
 */
import { Emitter } from './emitter.js';

/** @typedef {import('./protocol.js').Kind} Kind */
/** @typedef {import('./protocol.js').Source} Source */
/** @typedef {import('./protocol.js').TrackInfo} TrackInfo */
/** @typedef {(deviceId?: string) => Promise<MediaStreamTrack>} Reopen Opens the source again, on a device of choice. */

/**
 * @typedef {object} LocalTrackEvents
 * @property {{muted: boolean}} muted
 * @property {{mediaStreamTrack: MediaStreamTrack | null}} media The medium was exchanged: another device, or the camera
 *   let go while muted (`null`).
 */

/**
 * @typedef {object} LocalTrackOptions
 * @property {Source} source
 * @property {string} [name] What others may read, such as the window that is shown.
 * @property {boolean} [muted]
 * @property {Reopen} [reopen] With it the track survives its device and a muted camera is let go.
 */

/**
 * A track that this side publishes. {@link import('./room.js').Room} makes and changes it.
 * @extends {Emitter<LocalTrackEvents>}
 */
export class LocalTrack extends Emitter {
  /**
   * @param {MediaStreamTrack} mediaStreamTrack
   * @param {LocalTrackOptions} options
   */
  constructor(mediaStreamTrack, options) {
    super();
    /** The server's id, empty until published. */
    this.id = '';
    this.kind = /** @type {Kind} */ (mediaStreamTrack.kind);
    this.source = options.source;
    this.name = options.name;
    this.muted = options.muted ?? false;
    this.reopen = options.reopen;
    /** @type {import('./protocol.js').Placeholder | null} Why the mix does not show it; `null` where it does. */
    this.placeholder = null;
    /** @type {MediaStreamTrack | null} `null` while a muted camera is let go. */
    this.mediaStreamTrack = mediaStreamTrack;
    this.isLocal = /** @type {const} */ (true);
    mediaStreamTrack.enabled = !this.muted;
  }

  /**
   * Exchanges the medium, ending the old one.
   * @param {MediaStreamTrack | null} next
   */
  setMedia(next) {
    if (this.mediaStreamTrack !== next) this.mediaStreamTrack?.stop();
    this.mediaStreamTrack = next;
    if (next) next.enabled = !this.muted;
    this.emit('media', { mediaStreamTrack: next });
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.muted = muted;
    if (this.mediaStreamTrack) this.mediaStreamTrack.enabled = !muted;
    this.emit('muted', { muted });
  }
}

/**
 * @typedef {object} RemoteTrackEvents
 * @property {{muted: boolean}} muted
 * @property {{mediaStreamTrack: MediaStreamTrack | null}} media The medium came, went, or comes by another way.
 */

/**
 * A track that somebody else publishes.
 * @extends {Emitter<RemoteTrackEvents>}
 */
export class RemoteTrack extends Emitter {
  /**
   * @param {TrackInfo} info
   * @param {string} participantId
   */
  constructor(info, participantId) {
    super();
    this.id = info.id;
    this.participantId = participantId;
    this.kind = info.kind;
    this.source = info.source;
    this.name = info.name;
    this.codec = info.codec;
    this.muted = info.muted;
    /** @type {import('./protocol.js').Placeholder | null} Why the mix does not show it; `null` where it does. */
    this.placeholder = null;
    /** @type {MediaStreamTrack | null} `null` while it is not received. */
    this.mediaStreamTrack = null;
    this.isLocal = /** @type {const} */ (false);
  }

  /** True while it is received. */
  get isSubscribed() {
    return this.mediaStreamTrack !== null;
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    if (this.muted === muted) return;
    this.muted = muted;
    // Whatever still comes of a muted track, nobody shall see or hear it.
    if (this.mediaStreamTrack) this.mediaStreamTrack.enabled = !muted;
    this.emit('muted', { muted });
  }

  /** @param {MediaStreamTrack | null} mediaStreamTrack */
  setMedia(mediaStreamTrack) {
    if (this.mediaStreamTrack === mediaStreamTrack) return;
    this.mediaStreamTrack = mediaStreamTrack;
    if (mediaStreamTrack) mediaStreamTrack.enabled = !this.muted;
    this.emit('media', { mediaStreamTrack });
  }
}
