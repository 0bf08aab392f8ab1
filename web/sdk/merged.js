/**
 * One run at a time.
 * @module
 */

/**
 * Runs a job one at a time. Requests that come while it runs share one further run, which starts when this one ends: a
 * PeerConnection must finish one negotiation before the next, and ten changes need one more negotiation, not ten.
 */
export class Merged {
  /** @type {Promise<void> | null} */
  #running = null;
  /** @type {Promise<void> | null} */
  #next = null;
  #job;

  /** @param {() => Promise<void>} job */
  constructor(job) {
    this.#job = job;
  }

  /**
   * Settles as the first run does that started after this call.
   * @returns {Promise<void>}
   */
  request() {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start() {
    this.#next = null;
    // Started in a microtask, so that changes made one after the other in one go share this run.
    const run = Promise.resolve().then(this.#job);
    this.#running = run;
    const end = () => {
      if (this.#running === run) this.#running = null;
    };
    run.then(end, end);
    return run;
  }
}
