/**
 * A participant's stay on the server: one socket after another, with the same session resumed across drops.
 * @module
 */
import { Emitter } from './emitter.js';
import { MotetError, isRefusal } from './errors.js';
import { Rpc } from './rpc.js';
import { backoffMs, nextAttempt } from './backoff.js';

/** How long the server keeps the place of a dropped client, and how long this side goes on trying. */
const LIMITS = { resumeMs: 30_000, giveUpMs: 120_000 };
/** The server's own pings are invisible to a page, so silence is probed from here. */
const PROBE_EVERY_MS = 5_000;
const SILENCE_MS = 12_000;
const PROBE_ANSWER_MS = 4_000;

/** Closes after which there is no session to resume, by code and reason. */
const FINAL = new Map([
  [1001, 'serverStopping'],
  [4001, 'replaced'],
  [4002, 'removed'],
  [4003, 'roomClosed'],
]);

/**
 * @typedef {object} SessionEvents
 * @property {{method: string, params: any}} notification
 * @property {{}} down The socket dropped; attempts begin.
 * @property {{joined: import('./protocol.js').Joined, isResumed: boolean}} up The session goes on (`isResumed`), or a
 *   new one took its place.
 * @property {{error: MotetError}} lost There is no way back.
 */

/** @extends {Emitter<SessionEvents>} */
export class Session extends Emitter {
  #url;
  #params;
  /** @type {Rpc | null} */
  #rpc = null;
  #resumeToken = '';
  #isClosed = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #probe;
  /** Ends the wait between two attempts. @type {(() => void) | null} */
  #wake = null;
  #onOnline = () => this.check();

  /**
   * @param {string} url
   * @param {import('./protocol.js').JoinParams} params
   */
  constructor(url, params) {
    super();
    this.#url = url;
    this.#params = params;
  }

  /** @returns {Promise<import('./protocol.js').Joined>} */
  async join() {
    const joined = await this.#attempt('join');
    globalThis.addEventListener?.('online', this.#onOnline);
    this.#probe = setInterval(() => this.#probeSilence(), PROBE_EVERY_MS);
    return joined;
  }

  /**
   * Rejects with `disconnected` while the socket is down.
   * @param {string} method
   * @param {object} [params]
   * @returns {Promise<any>}
   */
  request(method, params) {
    if (!this.#rpc)
      return Promise.reject(new MotetError('disconnected', 'there is no connection to the server'));
    return this.#rpc.request(method, params);
  }

  /** True while requests can be sent. */
  get isUp() {
    return this.#rpc !== null;
  }

  /** Looks at once whether the socket lives, or tries at once to get one: the network just changed. */
  check() {
    if (this.#rpc) void this.#ping(this.#rpc);
    else this.#wake?.();
  }

  /** Ends it from this side, silently. */
  close() {
    this.#isClosed = true;
    clearInterval(this.#probe);
    globalThis.removeEventListener?.('online', this.#onOnline);
    this.#wake?.();
    const rpc = this.#rpc;
    this.#rpc = null;
    rpc?.close();
  }

  #probeSilence() {
    const rpc = this.#rpc;
    if (rpc && performance.now() - rpc.lastHeard > SILENCE_MS) void this.#ping(rpc);
  }

  /** @param {Rpc} rpc */
  async #ping(rpc) {
    try {
      await rpc.request('ping', {}, PROBE_ANSWER_MS);
    } catch {
      rpc.close();
    }
  }

  /**
   * One socket with one `join` or `resume` on it.
   * @param {'join' | 'resume'} method
   * @returns {Promise<import('./protocol.js').Joined>}
   */
  async #attempt(method) {
    /** @type {Rpc | null} */
    let rpc = null;
    rpc = await Rpc.open(this.#url, {
      onNotification: (name, params) => this.emit('notification', { method: name, params }),
      onClose: (info) => {
        if (rpc && this.#rpc === rpc) this.#dropped(info);
      },
    });
    try {
      const params = method === 'join' ? this.#params : { resumeToken: this.#resumeToken };
      const joined = await rpc.request(method, params);
      if (this.#isClosed) throw new MotetError('disconnected', 'left while connecting');
      this.#resumeToken = joined.resumeToken;
      this.#rpc = rpc;
      return joined;
    } catch (error) {
      rpc.close();
      throw error;
    }
  }

  /** @param {{code: number, reason: string}} info */
  #dropped({ code, reason }) {
    this.#rpc = null;
    if (this.#isClosed) return;
    if (FINAL.get(code) === reason) return this.#lose(new MotetError(reason, 'the server ended the session'));
    this.emit('down', {});
    void this.#comeBack();
  }

  async #comeBack() {
    const droppedAt = performance.now();
    let isResumable = true;
    for (let attempt = 0; !this.#isClosed; attempt++) {
      await this.#wait(backoffMs(attempt));
      if (this.#isClosed) return;
      const step = nextAttempt(performance.now() - droppedAt, isResumable, LIMITS);
      if (step === 'stop') return this.#lose(new MotetError('unreachable', 'the server did not come back'));
      try {
        const joined = await this.#attempt(step);
        return this.emit('up', { joined, isResumed: step === 'resume' });
      } catch (error) {
        if (!isRefusal(error)) continue;
        if (step === 'join') return this.#lose(error);
        isResumable = false;
      }
    }
  }

  /** @param {MotetError} error */
  #lose(error) {
    if (this.#isClosed) return;
    this.close();
    this.emit('lost', { error });
  }

  /** @param {number} ms */
  #wait(ms) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve(undefined);
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}

/**
 * Where signaling is, of a server's address.
 * @param {string | URL} url
 */
export function signalUrl(url) {
  const signal = new URL(url, globalThis.location?.href);
  if (signal.protocol === 'http:' || signal.protocol === 'https:') {
    signal.protocol = signal.protocol.replace('http', 'ws');
    signal.pathname = '/signal';
    signal.search = signal.hash = '';
  }
  return signal.href;
}
