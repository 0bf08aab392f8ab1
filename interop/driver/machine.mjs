// Whether the machine was there while a test ran. A virtual one is taken away now and then, for milliseconds or most of a minute, and
// what is measured of media meanwhile is measured of the other machines beside it.

import { readFileSync } from 'node:fs';

const SAMPLE_MS = 1_000;
/** So many samples make a span: what is shorter all tests stand. */
const SPAN = 3;
/** So much of the cores taken away in a span, and what was measured in it says nothing. */
export const TAKEN_SHARE_MAX = 0.2;

/**
 * Watches until `stop`, which tells the greatest share of all cores' time that others took in any three seconds, 0 to 1.
 * @param {() => string} [read] what /proc/stat says
 */
export function watchTheft(read = () => readFileSync('/proc/stat', 'utf8')) {
  const samples = [];
  let worst = 0;
  const sample = () => {
    samples.push(cpuTimes(read()));
    if (samples.length > SPAN + 1) samples.shift();
    if (samples.length <= SPAN) return;
    const [first, last] = [samples[0], samples[SPAN]];
    worst = Math.max(worst, (last.stolen - first.stolen) / Math.max(1, last.all - first.all));
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    sample,
    stop: () => {
      clearInterval(timer);
      return worst;
    },
  };
}

/** All cores together, in the kernel's ticks (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal. */
function cpuTimes(stat) {
  const times = stat.split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: times.reduce((sum, ticks) => sum + ticks, 0), stolen: times[7] };
}
