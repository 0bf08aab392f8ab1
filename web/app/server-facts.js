/**
 * The server's own figures of one's media, in one line.
 * @module
 */
import { formatBitrate } from './history.js';

/**
 * @typedef {object} ServerStream
 * @property {number} bitrateBps
 * @property {number} packetsLost
 * @property {number} retransmittedPackets
 */

/**
 * @param {{transports?: {peer: string, droppedPackets?: number, tracks?: {streams?: ServerStream[]}[]}[]}} stats
 * @returns {string} Empty while the server has nothing to tell.
 */
export function serverFacts({ transports = [] }) {
  const facts = transports.flatMap(({ peer, droppedPackets = 0, tracks = [] }) => {
    const streams = tracks.flatMap((track) => track.streams ?? []);
    const sum = (/** @type {keyof ServerStream} */ key) =>
      streams.reduce((all, stream) => all + stream[key], 0);
    const verb = peer === 'publish' ? 'receives' : 'sends';
    return [
      `${verb} ${formatBitrate(sum('bitrateBps'))}`,
      count(sum('packetsLost'), 'lost'),
      count(sum('retransmittedPackets'), 'repaired'),
      count(droppedPackets, 'refused'),
    ];
  });
  return facts.filter(Boolean).join(' · ');
}

/**
 * @param {number} packets
 * @param {string} fate
 */
function count(packets, fate) {
  return packets > 0 ? `${packets} ${fate}` : '';
}
