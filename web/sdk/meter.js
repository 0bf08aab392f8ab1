/**
 * A room's statistics over time: each reading is compared with the one before.
 * @module
 */
import { rate, readReport } from './stats.js';

/** Readings closer together than this say nothing about rates: who asks gets the last one again. */
const CLOSEST_MS = 400;

/** @typedef {import('./stats.js').Rates} Rates */
/** @typedef {import('./stats.js').TransportSample} TransportSample */
/** @typedef {import('./track.js').LocalTrack | import('./track.js').RemoteTrack} AnyTrack */

/**
 * @typedef {Rates & {trackId: string, participantId: string, source: import('./protocol.js').Source,
 *   isLocal: boolean, peerId?: string}} TrackStats `peerId`: in a mesh, with whom.
 */

/**
 * @typedef {TransportSample & {peer: import('./protocol.js').Peer, peerId?: string,
 *   state: RTCPeerConnectionState}} TransportStats
 */

/**
 * @typedef {object} RoomStats
 * @property {number} atMs Milliseconds since 1970-01-01.
 * @property {TrackStats[]} tracks
 * @property {TransportStats[]} transports
 */

/**
 * One PeerConnection and whose track each of its media sections carries.
 * @typedef {object} Metered
 * @property {import('./protocol.js').Peer} peer
 * @property {string} [peerId] The participant at the other end, in a mesh.
 * @property {RTCPeerConnection} pc
 * @property {Map<string, {track: AnyTrack, participantId: string}>} tracksByMid
 */

export class Meter {
  /** @type {Map<string, import('./stats.js').Sample>} */
  #before = new Map();
  /** @type {Promise<RoomStats> | null} */
  #last = null;
  #lastAt = -Infinity;

  /**
   * @param {Metered[]} metered
   * @returns {Promise<RoomStats>}
   */
  read(metered) {
    const now = performance.now();
    if (!this.#last || now - this.#lastAt >= CLOSEST_MS) {
      this.#lastAt = now;
      this.#last = this.#readAll(metered);
    }
    return this.#last;
  }

  /** @param {Metered[]} metered */
  async #readAll(metered) {
    const readings = await Promise.all(metered.map(({ pc }) => pc.getStats().then(readReport)));
    /** @type {RoomStats} */
    const stats = { atMs: Date.now(), tracks: [], transports: [] };
    const before = this.#before;
    this.#before = new Map();
    readings.forEach(({ samples, transport }, index) => {
      const { peer, peerId, pc, tracksByMid } = metered[index];
      stats.transports.push({ ...transport, peer, peerId, state: pc.connectionState });
      for (const [mid, { track, participantId }] of tracksByMid) {
        const sample = samples.get(mid) ?? samples.get(track.mediaStreamTrack?.id ?? '');
        if (!sample) continue;
        // One's own track goes to each of the others by itself, and while a room moves one comes by two ways.
        const key = `${peer} ${peerId ?? ''} ${track.id}`;
        this.#before.set(key, sample);
        const { id: trackId, source, isLocal } = track;
        stats.tracks.push({ ...rate(sample, before.get(key)), trackId, participantId, source, isLocal, peerId });
      }
    });
    return stats;
  }
}
