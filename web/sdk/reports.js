/**
 * What one sends to each other in a mesh, told to the server: it sees no media there, and others draw the room from it.
 * @module
 */
import { Meter } from './meter.js';

const EVERY_MS = 2_000;

export class Reports {
  #meter = new Meter();
  #metered;
  #send;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /**
   * @param {() => import('./meter.js').Metered[]} metered
   * @param {(flows: {to: string, audioBps: number, videoBps: number}[]) => Promise<unknown>} send
   */
  constructor(metered, send) {
    this.#metered = metered;
    this.#send = send;
  }

  /** @param {boolean} isOn */
  set(isOn) {
    if (isOn === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = isOn ? setInterval(() => void this.#report(), EVERY_MS) : undefined;
  }

  async #report() {
    try {
      const { tracks } = await this.#meter.read(this.#metered());
      if (this.#timer !== undefined) await this.#send(sumByPeer(tracks));
    } catch {
      // The socket is down, or the mesh is over: the next one tells more.
    }
  }
}

/**
 * @param {import('./meter.js').TrackStats[]} tracks
 * @returns {{to: string, audioBps: number, videoBps: number}[]}
 */
export function sumByPeer(tracks) {
  /** @type {Map<string, {to: string, audioBps: number, videoBps: number}>} */
  const sums = new Map();
  for (const { isLocal, peerId, kind, bitrateBps } of tracks) {
    if (!isLocal || !peerId) continue;
    const sum = sums.get(peerId) ?? { to: peerId, audioBps: 0, videoBps: 0 };
    sum[kind === 'audio' ? 'audioBps' : 'videoBps'] += bitrateBps;
    sums.set(peerId, sum);
  }
  return [...sums.values()];
}
