/**
 * What a server would tell of the media that it passes on, told by this side while it passes on none: who is how loud, who
 * speaks, how well media come through.
 * @module
 */
import { Meter } from './meter.js';

/** @typedef {import('./protocol.js').Quality} Quality */
/** @typedef {{participantId: string, dbov: number}} Level */

const LEVELS_EVERY_MS = 200;
const STATS_EVERY_MS = 2_000;
/** What is quieter than this is no speech. */
const SPEECH_DBOV = -45;
/** Whoever is loudest for so many readings speaks: a cough is shorter. */
const READINGS_LEAST = 3;

/**
 * @typedef {object} MeshWatchOptions
 * @property {string} ownId
 * @property {() => ReadonlyMap<string, import('./mesh-peer.js').MeshPeer>} peers
 * @property {() => import('./meter.js').Metered[]} metered
 * @property {(method: 'audioLevels' | 'activeSpeaker' | 'quality', params: object) => void} tell As a server would.
 * @property {(flows: {to: string, audioBps: number, videoBps: number}[]) => Promise<unknown>} report Tells the server what one
 *   sends to each other: others draw the room from it.
 */

export class MeshWatch {
  #options;
  #meter = new Meter();
  /** @type {ReturnType<typeof setInterval>[]} */
  #timers = [];
  /** @type {Speaking} */
  #speaking = { current: null, next: null, readings: 0 };
  /** @type {Map<string, Quality>} */
  #qualities = new Map();
  #wasLoud = false;

  /** @param {MeshWatchOptions} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {boolean} isOn */
  set(isOn) {
    if (isOn === this.#timers.length > 0) return;
    for (const timer of this.#timers) clearInterval(timer);
    this.#speaking = { current: null, next: null, readings: 0 };
    this.#qualities.clear();
    this.#timers = isOn
      ? [
          // A connection that is closed meanwhile has no levels.
          setInterval(() => void this.#listen().catch(() => undefined), LEVELS_EVERY_MS),
          setInterval(() => void this.#measure(), STATS_EVERY_MS),
        ]
      : [];
  }

  get #isOn() {
    return this.#timers.length > 0;
  }

  async #listen() {
    const { ownId, peers, tell } = this.#options;
    const all = [...peers().values()];
    /** @type {Level[]} */
    const levels = all.map(({ participantId, pc }) => ({ participantId, dbov: dbovOf(levelOf(pc)) }));
    if (all[0]) levels.push({ participantId: ownId, dbov: dbovOf(await ownLevelOf(all[0].pc)) });
    if (!this.#isOn) return;
    const loud = levels.filter(({ dbov }) => dbov > SPEECH_DBOV).sort((a, b) => b.dbov - a.dbov);
    if (loud.length > 0 || this.#wasLoud) tell('audioLevels', { levels: loud });
    this.#wasLoud = loud.length > 0;
    const before = this.#speaking.current;
    this.#speaking = whoSpeaks(this.#speaking, loud[0]?.participantId ?? null);
    const { current } = this.#speaking;
    if (current !== before) tell('activeSpeaker', { participantId: current });
  }

  async #measure() {
    const { metered, report, tell } = this.#options;
    try {
      const stats = await this.#meter.read(metered());
      if (!this.#isOn) return;
      for (const { peerId = '', state, roundTripMs } of stats.transports) {
        const losses = stats.tracks.filter((track) => track.peerId === peerId).map(({ lossPercent }) => lossPercent);
        const quality = qualityOf({ state, roundTripMs, lossPercent: Math.max(0, ...losses) });
        if (quality && this.#qualities.get(peerId) !== quality) tell('quality', { participantId: peerId, quality });
        if (quality) this.#qualities.set(peerId, quality);
      }
      await report(sumByPeer(stats.tracks));
    } catch {
      // The socket is down, or the mesh is over: the next reading tells more.
    }
  }
}

/**
 * @typedef {object} Speaking
 * @property {string | null} current Who speaks, or spoke last.
 * @property {string | null} next Who has been loudest since.
 * @property {number} readings For how long.
 */

/**
 * @param {Speaking} before
 * @param {string | null} loudest `null` when all are silent.
 * @returns {Speaking}
 */
export function whoSpeaks({ current, next, readings }, loudest) {
  if (loudest === null || loudest === current) return { current, next: null, readings: 0 };
  const held = loudest === next ? readings + 1 : 1;
  if (held >= READINGS_LEAST) return { current: loudest, next: null, readings: 0 };
  return { current, next: loudest, readings: held };
}

/**
 * By the server's own measure.
 * @param {{state: RTCPeerConnectionState, roundTripMs: number | null, lossPercent: number}} facts
 * @returns {Quality | null} `null` before the two were connected.
 */
export function qualityOf({ state, roundTripMs, lossPercent }) {
  if (state === 'disconnected' || state === 'failed') return 'lost';
  if (state !== 'connected') return null;
  const trip = roundTripMs ?? 0;
  if (lossPercent > 8 || trip > 500) return 'poor';
  return lossPercent > 2 || trip > 250 ? 'good' : 'excellent';
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

/** @param {RTCPeerConnection} pc */
function levelOf(pc) {
  const sounding = pc.getReceivers().filter(({ track }) => track.kind === 'audio' && track.enabled);
  const levels = sounding.map((receiver) => receiver.getSynchronizationSources?.()[0]?.audioLevel ?? 0);
  return Math.max(0, ...levels);
}

/** @param {RTCPeerConnection} pc */
async function ownLevelOf(pc) {
  const sender = pc.getSenders().find(({ track }) => track?.kind === 'audio' && track.enabled);
  const report = await sender?.getStats();
  let level = 0;
  report?.forEach((entry) => {
    if (entry.type === 'media-source') level = Math.max(level, entry.audioLevel ?? 0);
  });
  return level;
}

/** @param {number} level 0 to 1. */
function dbovOf(level) {
  return level > 0 ? Math.max(-127, Math.round(20 * Math.log10(level))) : -127;
}
