/**
 * Whether a medium is being decoded: what a new way must do before an old one may end.
 * @module
 */

const EVERY_MS = 80;
/** Packets of sound that make sure it runs: 60 ms of it. */
const PACKETS_LEAST = 3;
/** Sound that does not come for so long is silence that nobody sends: there is nothing of it to wait for. */
const SILENCE_MS = 2_500;

/**
 * @typedef {object} Watched
 * @property {MediaStreamTrack} medium
 * @property {Counts | null} first At the first reading: what is counted from, since sections are used again.
 * @property {number} sinceMs
 * @property {HTMLAudioElement | null} warmer
 */

/** @typedef {{packets: number, frames: number, samples: number | null}} Counts */

/**
 * @typedef {object} DecodingOptions
 * @property {(medium: MediaStreamTrack) => RTCRtpReceiver | undefined} receiverOf
 * @property {() => void} onChange Something began to be decoded.
 * @property {() => number} [now] Milliseconds.
 */

export class Decoding {
  #options;
  #now;
  /** @type {Map<MediaStreamTrack, Watched>} */
  #waiting = new Map();
  /** @type {Set<MediaStreamTrack>} */
  #decoded = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {DecodingOptions} options */
  constructor(options) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Watches these and no others. What is decoded stays known.
   * @param {Iterable<MediaStreamTrack>} media
   */
  watch(media) {
    const wanted = new Set(media);
    for (const { medium } of [...this.#waiting.values()]) if (!wanted.has(medium)) this.#drop(medium);
    for (const medium of wanted) {
      if (this.#decoded.has(medium) || this.#waiting.has(medium)) continue;
      const warmer = medium.kind === 'audio' ? warm(medium) : null;
      this.#waiting.set(medium, { medium, first: null, sinceMs: this.#now(), warmer });
    }
    this.#schedule();
  }

  /** @param {MediaStreamTrack} medium */
  isDecoded(medium) {
    return this.#decoded.has(medium);
  }

  /** Forgets everything. */
  reset() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const medium of [...this.#waiting.keys()]) this.#drop(medium);
    this.#decoded.clear();
  }

  #schedule() {
    if (this.#timer !== undefined || this.#waiting.size === 0) return;
    this.#timer = setTimeout(() => void this.#poll(), EVERY_MS);
  }

  async #poll() {
    const read = async (/** @type {Watched} */ watched) => {
      const report = await this.#options.receiverOf(watched.medium)?.getStats();
      return { watched, counts: report ? countsOf(report) : null };
    };
    const readings = await Promise.allSettled([...this.#waiting.values()].map(read));
    this.#timer = undefined;
    let hasBegun = false;
    for (const reading of readings) {
      if (reading.status !== 'fulfilled' || !reading.value.counts) continue;
      const { watched, counts } = reading.value;
      // It may have been dropped while it was read.
      if (this.#waiting.get(watched.medium) !== watched) continue;
      watched.first ??= counts;
      if (!isRunning(watched, counts, this.#now())) continue;
      this.#drop(watched.medium);
      this.#decoded.add(watched.medium);
      hasBegun = true;
    }
    this.#schedule();
    if (hasBegun) this.#options.onChange();
  }

  /** @param {MediaStreamTrack} medium */
  #drop(medium) {
    const warmer = this.#waiting.get(medium)?.warmer;
    this.#waiting.delete(medium);
    // Whoever plays it next begins before this one ends: decoding does not stop in between.
    if (warmer) setTimeout(() => (warmer.srcObject = null), 1_000);
  }
}

/**
 * @param {Watched} watched
 * @param {Counts} counts
 * @param {number} nowMs
 * @returns {boolean}
 */
export function isRunning({ medium, first, sinceMs }, counts, nowMs) {
  if (!first) return false;
  if (medium.kind === 'video') return counts.frames > first.frames;
  const isPlayed = counts.samples === null || first.samples === null || counts.samples > first.samples;
  if (counts.packets - first.packets >= PACKETS_LEAST && isPlayed) return true;
  return nowMs - sinceMs >= SILENCE_MS;
}

/**
 * @param {Iterable<[string, any]>} report
 * @returns {Counts}
 */
export function countsOf(report) {
  /** @type {Counts} */
  const counts = { packets: 0, frames: 0, samples: null };
  for (const [, entry] of report) {
    if (entry.type !== 'inbound-rtp') continue;
    counts.packets += entry.packetsReceived ?? 0;
    counts.frames += entry.framesDecoded ?? 0;
    if (entry.totalSamplesReceived !== undefined)
      counts.samples = (counts.samples ?? 0) + entry.totalSamplesReceived - (entry.concealedSamples ?? 0);
  }
  return counts;
}

/**
 * Browsers decode sound only for somebody who plays it: silently, in this case.
 * @param {MediaStreamTrack} medium
 */
function warm(medium) {
  if (typeof Audio === 'undefined') return null;
  const element = new Audio();
  element.muted = true;
  element.srcObject = new MediaStream([medium]);
  void element.play().catch(() => undefined);
  return element;
}
