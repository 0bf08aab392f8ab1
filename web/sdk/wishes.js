/**
 * What one wants to receive. The server is told as well; in a mesh it is this side that sees to it.
 * @module
 */

export class Wishes {
  #isAutomatic;
  /** What differs from what happens by itself. @type {Map<string, boolean>} */
  #asked = new Map();
  /** @type {Set<string>} */
  #paused = new Set();
  /** What the server could not bring. @type {Set<string>} */
  #refused = new Set();

  /** @param {boolean} isAutomatic Whether everything is wanted that is not refused. */
  constructor(isAutomatic) {
    this.#isAutomatic = isAutomatic;
  }

  /**
   * @param {string[]} trackIds
   * @param {boolean} isWanted
   */
  ask(trackIds, isWanted) {
    for (const id of trackIds) {
      this.#asked.set(id, isWanted);
      this.#refused.delete(id);
    }
  }

  /**
   * @param {string} trackId
   * @param {boolean} isPaused
   */
  pause(trackId, isPaused) {
    if (isPaused) this.#paused.add(trackId);
    else this.#paused.delete(trackId);
  }

  /** @param {string} trackId */
  refuse(trackId) {
    this.#refused.add(trackId);
  }

  /** @param {string} trackId */
  isWanted(trackId) {
    return (this.#asked.get(trackId) ?? this.#isAutomatic) && !this.#paused.has(trackId);
  }

  /**
   * Whether its media should arrive.
   * @param {string} trackId
   */
  isExpected(trackId) {
    return this.isWanted(trackId) && !this.#refused.has(trackId);
  }

  /** @param {string} trackId Of a track that is over. */
  forget(trackId) {
    this.#asked.delete(trackId);
    this.#paused.delete(trackId);
    this.#refused.delete(trackId);
  }
}
