/**
 * The last minute of a figure.
 * @module
 */

/** A reading a second. */
export const HISTORY_LENGTH = 60;

export class History {
  /** Oldest first; `null` where nothing was measured. @type {(number | null)[]} */
  values = [];

  /** @param {number | null} value */
  push(value) {
    this.values.push(value);
    if (this.values.length > HISTORY_LENGTH) this.values.shift();
  }

  get last() {
    return this.values.at(-1) ?? null;
  }

  get most() {
    return this.values.reduce((/** @type {number} */ most, value) => Math.max(most, value ?? 0), 0);
  }
}

/**
 * The next round figure: 1, 2 or 5 times a power of ten. An axis that ends there jumps seldom.
 * @param {number} value
 * @param {number} least
 */
export function axisEnd(value, least) {
  if (value <= least) return least;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

/**
 * An SVG path through the values, from the right edge backwards, broken where nothing was measured.
 * @param {readonly (number | null)[]} values Oldest first.
 * @param {number} end Of the axis.
 * @param {{width: number, height: number}} size
 * @returns {string}
 */
export function linePath(values, end, { width, height }) {
  const step = width / (HISTORY_LENGTH - 1);
  const start = width - step * (values.length - 1);
  let isDrawing = false;
  return values
    .map((value, index) => {
      const command = isDrawing ? 'L' : 'M';
      isDrawing = value !== null;
      if (value === null) return '';
      const y = height - (Math.min(value, end) / end) * height;
      return `${command}${(start + index * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** @param {number | null} bps */
export function formatBitrate(bps) {
  if (bps === null) return '–';
  if (bps >= 999_500) return `${(bps / 1e6).toFixed(bps >= 9.95e6 ? 0 : 1)} Mbit/s`;
  return `${Math.round(bps / 1000)} kbit/s`;
}

/** @param {number | null} percent */
export function formatPercent(percent) {
  if (percent === null) return '–';
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** @param {number | null} ms */
export function formatMs(ms) {
  if (ms === null) return '–';
  if (ms > 0 && ms < 0.95) return '< 1 ms';
  return `${ms > 0 && ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
