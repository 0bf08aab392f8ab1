// What pages heard, judged: gaps in tones, colours in cells.

/**
 * The longest time in ms for which a tone was not heard between its first and its last tick. A tick hears a window of the past,
 * which hides as much of a gap as it is long: that is added.
 */
export function longestGap({ ticks, windowMs }, index) {
  const levels = ticks.map(({ levels: all }) => all[index]);
  const usual = median(levels);
  const isHeard = (level) => level > usual / 4;
  let [last, longest] = [null, 0];
  for (const { at, levels: all } of ticks) {
    if (!isHeard(all[index])) continue;
    const silent = last === null ? 0 : ticks.some((tick) => tick.at > last && tick.at < at);
    if (silent) longest = Math.max(longest, at - last);
    last = at;
  }
  return { gapMs: Math.round(longest === 0 ? 0 : longest + windowMs), level: usual };
}

/** Of the samples that are due, so many real ones are a stream that comes. */
const REAL_SHARE = 0.2;
const SAMPLES_PER_MS = 48;

/**
 * By the receivers' own counters: the longest time in ms in which of the samples of each track that sounded less than a fifth were
 * real ones, neither concealed nor absent.
 */
export function longestStarvation({ ticks, readings }) {
  const fed = fedTimes(readings);
  const isFed = ({ at, sounding }) => sounding.some((id) => fed.get(id)?.some(([from, to]) => from <= at && at <= to));
  // What came after the last reading of all is not known.
  const end = Math.max(0, ...readings.map(({ at }) => at));
  let [last, starved, longest] = [ticks[0]?.at ?? 0, false, 0];
  for (const tick of ticks.filter(({ at }) => at <= end)) {
    if (!isFed(tick)) {
      starved = true;
      longest = Math.max(longest, tick.at - last);
      continue;
    }
    if (starved) longest = Math.max(longest, tick.at - last);
    [last, starved] = [tick.at, false];
  }
  return Math.round(longest);
}

/** Of each track, between which moments it got real samples. */
function fedTimes(readings) {
  const fed = new Map();
  for (const id of new Set(readings.map((reading) => reading.id))) {
    const own = readings.filter((reading) => reading.id === id);
    const times = own.map((now, index) => {
      const before = own[index - 1];
      // All that the first reading tells is that so much came by then.
      if (!before) return now.real > 0 ? [now.asked - now.real / SAMPLES_PER_MS, now.at] : null;
      // So long at least lies between the two.
      const ms = now.asked - before.at;
      const gained = now.real - before.real;
      return gained > 0 && gained >= REAL_SHARE * SAMPLES_PER_MS * ms ? [before.asked, now.at] : null;
    });
    fed.set(id, times.filter(Boolean));
  }
  return fed;
}

/** The name of the nearest of `colours` for each point, or null for what is none of them. */
export function named(raster, colours, tolerance = 60) {
  return raster.map((seen) => {
    const [best] = Object.entries(colours)
      .map(([name, colour]) => ({ name, far: Math.max(...[0, 1, 2].map((c) => Math.abs(seen[c] - colour[c]))) }))
      .sort((a, b) => a.far - b.far);
    return best.far <= tolerance ? best.name : null;
  });
}

/** Of each colour: which part of the picture it fills, and the box around it in fractions. */
export function regions(names, columns, rows) {
  const found = {};
  names.forEach((name, index) => {
    if (!name) return;
    const [x, y] = [index % columns, Math.floor(index / columns)];
    const region = (found[name] ??= { count: 0, left: 1, top: 1, right: 0, bottom: 0 });
    region.count += 1;
    region.left = Math.min(region.left, x / columns);
    region.right = Math.max(region.right, (x + 1) / columns);
    region.top = Math.min(region.top, y / rows);
    region.bottom = Math.max(region.bottom, (y + 1) / rows);
  });
  for (const region of Object.values(found)) region.share = region.count / names.length;
  return found;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
