/**
 * How a person without a picture is shown: initials and a colour.
 * @module
 */

const VOICES = 4;

/**
 * The first letters of the first and the last word.
 * @param {string} name
 * @returns {string} One or two characters, `?` for a nameless one.
 */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  const letters = ends.map((word) => [...word].find((char) => /[\p{L}\p{N}]/u.test(char)) ?? '');
  return letters.join('').toLocaleUpperCase() || '?';
}

/**
 * Which of the four voices' colours is a person's: the same for everyone who sees that person.
 * @param {string} id
 * @returns {number} 1 to 4.
 */
export function voiceOf(id) {
  // FNV-1a, whose low bits are folded over by the high ones.
  let hash = 0x811c9dc5;
  for (const char of id) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return 1 + (((hash ^ (hash >>> 15)) >>> 0) % VOICES);
}

/**
 * A room name that is easily said on the telephone.
 * @param {() => number} [random] In [0, 1).
 */
export function inventRoomName(random = Math.random) {
  const first = [
    'amber',
    'brass',
    'calm',
    'clear',
    'early',
    'gentle',
    'golden',
    'linden',
    'quiet',
    'silver',
    'sunny',
    'velvet',
  ];
  const second = [
    'alto',
    'cadence',
    'canon',
    'chorale',
    'fugue',
    'lute',
    'madrigal',
    'psalter',
    'tenor',
    'treble',
    'verse',
    'viol',
  ];
  /** @param {string[]} words */
  const pick = (words) => words[Math.floor(random() * words.length)];
  return `${pick(first)}-${pick(second)}-${10 + Math.floor(random() * 90)}`;
}
