/**
 * How long to wait before the next attempt.
 * @module
 */

const FIRST_MS = 250;
const MOST_MS = 4000;

/**
 * The first attempt is made at once, since most drops are short; each later one waits twice as long as the one before,
 * up to four seconds. A quarter of it either way is random, so that the clients of a server that came back do not all
 * knock in the same moment.
 * @param {number} attempt 0 for the first.
 * @param {() => number} [random] In [0, 1).
 * @returns {number} Milliseconds.
 */
export function backoffMs(attempt, random = Math.random) {
  if (attempt <= 0) return 0;
  const base = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(base * (0.75 + random() / 2));
}

/**
 * What to do after a socket dropped: `resume` while the server still keeps the place, `join` anew afterwards, `stop`
 * when it has gone on too long.
 * @param {number} elapsedMs Since the drop.
 * @param {boolean} isResumable False once the server said that the session is gone.
 * @param {{resumeMs: number, giveUpMs: number}} limits
 * @returns {'resume' | 'join' | 'stop'}
 */
export function nextAttempt(elapsedMs, isResumable, limits) {
  if (elapsedMs >= limits.giveUpMs) return 'stop';
  return isResumable && elapsedMs < limits.resumeMs ? 'resume' : 'join';
}
