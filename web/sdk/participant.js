/**
 * A person in the room.
 * @module
 */

/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */

/**
 * Oneself or somebody else, by the kind of tracks.
 * @template {LocalTrack | RemoteTrack} [Track=RemoteTrack]
 */
export class Participant {
  /**
   * @param {string} id
   * @param {string} name
   * @param {number} [joinedAt] Milliseconds since 1970-01-01.
   */
  constructor(id, name, joinedAt = Date.now()) {
    this.id = id;
    this.name = name;
    this.joinedAt = joinedAt;
    /** Own tracks that are not published yet are not in here. @type {Map<string, Track>} */
    this.tracks = new Map();
    /** Whether it is the one who speaks. */
    this.isSpeaking = false;
    /** How loud it is, in dBov: -127 is silence. */
    this.levelDbov = -127;
    /** @type {import('./protocol.js').Quality | null} `null` until the server measured it. */
    this.quality = null;
    /** What it receives: the others' tracks, or one mix of all. @type {import('./protocol.js').View} */
    this.view = 'tracks';
  }

  /**
   * The first track of a source.
   * @param {import('./protocol.js').Source} source
   * @returns {Track | undefined}
   */
  track(source) {
    for (const track of this.tracks.values()) if (track.source === source) return track;
    return undefined;
  }
}
