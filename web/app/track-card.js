/**
 * The figures of one track, with its four charts.
 * @module
 */
import { createChart } from './chart.js';
import { el } from './dom.js';
import { History, formatBitrate, formatMs, formatPercent } from './history.js';

/** @typedef {import('../sdk/meter.js').TrackStats} TrackStats */

/** @type {Record<string, string>} */
const SOURCES = {
  camera: 'Camera',
  microphone: 'Microphone',
  screen: 'Screen',
  screenAudio: 'Screen sound',
  mix: 'Mix',
  other: 'Track',
};

/** @type {{label: string, least: number, format: (value: number | null) => string, read: (stats: TrackStats) => number | null}[]} */
const FIGURES = [
  { label: 'Bitrate', least: 50_000, format: formatBitrate, read: (stats) => stats.bitrateBps },
  { label: 'Loss', least: 5, format: formatPercent, read: (stats) => stats.lossPercent },
  { label: 'Round trip', least: 50, format: formatMs, read: (stats) => stats.roundTripMs },
  { label: 'Jitter', least: 20, format: formatMs, read: (stats) => stats.jitterMs },
];

/**
 * @param {TrackStats} first
 * @param {string} [recipient] Whom it goes to, where it goes to one.
 */
export function createTrackCard(first, recipient = '') {
  const figures = FIGURES.map((figure) => ({
    ...figure,
    history: new History(),
    chart: createChart(figure),
  }));
  const facts = el('p', { class: 'track-facts soft small' });
  const element = el(
    'article',
    { class: `track-card is-${first.kind}` },
    el('h4', {}, SOURCES[first.source] ?? 'Track', recipient && ` to ${recipient}`),
    facts,
    el('div', { class: 'charts' }, ...figures.map(({ chart }) => chart.element)),
  );
  return {
    element,
    /** @param {TrackStats} stats */
    update(stats) {
      facts.textContent = describe(stats);
      for (const { history, chart, read } of figures) {
        history.push(read(stats));
        chart.update(history);
      }
    },
  };
}

/** @param {TrackStats} stats */
function describe(stats) {
  const size = stats.width && stats.height ? `${stats.width}×${stats.height}` : null;
  const pace =
    stats.kind === 'video' && stats.framesPerSecond !== null
      ? `${Math.round(stats.framesPerSecond)} fps`
      : null;
  const repairs = stats.retransmittedPackets ? `${stats.retransmittedPackets} repaired` : null;
  const limited = stats.limitation ? `held back by ${stats.limitation}` : null;
  return [stats.codec, size, pace, repairs, limited].filter(Boolean).join(' · ');
}
