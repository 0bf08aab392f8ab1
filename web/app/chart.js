/**
 * One small live chart: a figure over the last minute.
 * @module
 */
import { el, svg } from './dom.js';
import { axisEnd, linePath } from './history.js';

const SIZE = { width: 160, height: 44 };

/**
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.least The least that the axis spans, so that noise stays small.
 * @param {(value: number | null) => string} options.format
 */
export function createChart({ label, least, format }) {
  const line = svg('path', { class: 'chart-line', 'vector-effect': 'non-scaling-stroke' });
  const area = svg('path', { class: 'chart-area' });
  const base = svg('line', { class: 'chart-base', x1: 0, x2: SIZE.width, y1: SIZE.height, y2: SIZE.height });
  const view = {
    viewBox: `0 -2 ${SIZE.width} ${SIZE.height + 3}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  };
  const value = el('strong', {});
  const top = el('span', { class: 'chart-top' });
  const element = el(
    'figure',
    { class: 'chart' },
    el('figcaption', {}, el('span', {}, label), value),
    el('div', { class: 'chart-plot' }, svg('svg', view, area, base, line), top),
  );
  return {
    element,
    /** @param {import('./history.js').History} history */
    update(history) {
      const end = axisEnd(history.most, least);
      const path = linePath(history.values, end, SIZE);
      line.setAttribute('d', path);
      area.setAttribute('d', closed(path));
      value.textContent = format(history.last);
      top.textContent = format(end);
    },
  };
}

/**
 * The path's pieces, each closed along the bottom.
 * @param {string} path
 */
function closed(path) {
  return path
    .split('M')
    .filter(Boolean)
    .map((piece) => {
      const points = piece.split('L');
      const first = points[0].split(' ')[0];
      const last = points[points.length - 1].split(' ')[0];
      return `M${first} ${SIZE.height}L${points.join('L')}L${last} ${SIZE.height}Z`;
    })
    .join('');
}
