/**
 * One run at a time.
 * @module
 */

/**
 * Runs a job one at a time. Requests that come while it runs share one further run, which starts when this one ends: a
 * PeerConnection must finish one negotiation before the next, and ten changes need one more negotiation, not ten.
 */
export class Merged {
  /** The run that goes on, or the one that ended last. @type {Promise<void>} */
  #running = Promise.resolve();
  /** The run that has not started yet. @type {Promise<void> | null} */
  #next = null;
  #job;

  /** @param {() => Promise<void>} job */
  constructor(job) {
    this.#job = job;
  }

  /**
   * Settles as the first run does that starts after this call. It starts no earlier than in a microtask, so that changes
   * made one after the other in one go share it.
   * @returns {Promise<void>}
   */
  request() {
    if (this.#next) return this.#next;
    const start = () => {
      this.#running = next;
      this.#next = null;
      return this.#job();
    };
    const next = this.#running.then(start, start);
    this.#next = next;
    return next;
  }
}
