/**
 * After the call.
 * @module
 */
import { el, logo } from './dom.js';
import { wordsFor } from './words.js';

/**
 * @param {object} options
 * @param {string} options.reason
 * @param {string} options.room
 * @param {() => void} options.onRejoin
 * @param {() => void} options.onLobby
 */
export function createEnded({ reason, room, onRejoin, onLobby }) {
  const { title, text } = wordsFor(reason);
  const heading = el('h1', { tabindex: -1 }, title);
  const element = el(
    'main',
    { class: 'ended' },
    el(
      'div',
      { class: 'card' },
      logo(),
      heading,
      el('p', { class: 'soft' }, text),
      el(
        'div',
        { class: 'ended-actions' },
        el('button', { type: 'button', class: 'button is-primary', click: onRejoin }, `Join ${room} again`),
        el('button', { type: 'button', class: 'button', click: onLobby }, 'Back to the start'),
      ),
    ),
  );
  return { element, focus: () => heading.focus() };
}
