/**
 * Whose turn it is to offer, of two sides that both may: offers that never cross need not be taken back, which Chromium is
 * not good at.
 *
 * The turn is the impolite side's. The polite one asks for it, and is lent it for one offer as soon as nothing is being
 * negotiated. Nobody waits for ever: a message may be lost, and not every client knows of turns.
 * @module
 */

/** @typedef {'ask' | 'yours'} Turn */

/** Who asked and was told nothing offers then; the mesh is given up for a pair after 5 s. */
const ASK_MS = 2_000;
/** Who lent the turn and was offered nothing takes it back. */
const LEND_MS = 3_000;

/**
 * @typedef {object} TurnsOptions
 * @property {boolean} isPolite
 * @property {() => boolean} isFree Whether nothing is being negotiated.
 * @property {(turn: Turn) => void} send
 * @property {() => void} offer It is this side's turn, for which it waited.
 */

export class Turns {
  #options;
  #isAsking = false;
  #isMine = false;
  #isAsked = false;
  #isLent = false;
  #isWaiting = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {TurnsOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** Whether this side may offer now. If not, it is told when it may. */
  take() {
    if (!this.#options.isPolite) {
      this.#isWaiting = this.#isLent;
      return !this.#isLent;
    }
    if (!this.#isMine && !this.#isAsking) this.#ask();
    const isMine = this.#isMine;
    this.#isMine = false;
    return isMine;
  }

  /**
   * What the other side says of turns.
   * @param {Turn} turn
   */
  handle(turn) {
    if (turn === 'yours' && this.#isAsking) this.#begin();
    if (turn === 'ask' && !this.#options.isPolite) {
      this.#isAsked = true;
      this.review();
    }
  }

  /** Something was negotiated: who asked has the turn before this side has it again. */
  review() {
    if (!this.#isAsked || this.#isLent || !this.#options.isFree()) return;
    this.#isAsked = false;
    this.#isLent = true;
    this.#options.send('yours');
    this.#after(LEND_MS, () => this.takeBack());
  }

  /** The other side has offered, and was answered. */
  takeBack() {
    if (!this.#isLent) return;
    this.#isLent = false;
    clearTimeout(this.#timer);
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#options.offer();
  }

  /** What was said meanwhile may be lost. */
  resume() {
    if (this.#isAsking) this.#ask();
  }

  close() {
    clearTimeout(this.#timer);
  }

  #ask() {
    this.#isAsking = true;
    this.#options.send('ask');
    this.#after(ASK_MS, () => this.#begin());
  }

  #begin() {
    clearTimeout(this.#timer);
    this.#isAsking = false;
    this.#isMine = true;
    this.#options.offer();
  }

  /**
   * @param {number} ms
   * @param {() => void} then
   */
  #after(ms, then) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }
}
