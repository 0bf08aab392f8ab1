/**
 * What the browser remembers of a person.
 * @module
 */

const KEY = 'motet.preferences';

/**
 * @typedef {object} Preferences
 * @property {string} name
 * @property {string} room
 * @property {string} cameraId
 * @property {string} microphoneId
 * @property {string} speakerId
 * @property {boolean} isCameraOn
 * @property {boolean} isMicrophoneOn
 * @property {boolean} hasShortcuts
 */

/** @type {Preferences} */
const DEFAULTS = {
  name: '',
  room: '',
  cameraId: '',
  microphoneId: '',
  speakerId: '',
  isCameraOn: true,
  isMicrophoneOn: true,
  hasShortcuts: true,
};

/** @returns {Preferences} */
export function loadPreferences() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? '{}') };
  } catch {
    return { ...DEFAULTS };
  }
}

/** @param {Partial<Preferences>} changes */
export function savePreferences(changes) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...loadPreferences(), ...changes }));
  } catch {
    // Private windows may refuse to remember; the call works all the same.
  }
}
