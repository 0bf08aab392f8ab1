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

/**
 * By the receivers' own counters: the longest time in ms in which less than a fifth of the samples of the tracks that sound were
 * real ones, neither concealed nor absent.
 */
export function longestStarvation({ readings }) {
  let [longest, current] = [0, 0];
  for (let index = 1; index < readings.length; index += 1) {
    const [before, now] = [readings[index - 1], readings[index]];
    const ms = now.at - before.at;
    const gained = Object.entries(now.real).map(([id, real]) => real - (before.real[id] ?? 0));
    const isStarved = Math.max(0, ...gained) < 0.2 * 48 * ms;
    current = isStarved ? current + ms : 0;
    longest = Math.max(longest, current);
  }
  return Math.round(longest);
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
