/**
 * Single keys during a call, and the page that explains them.
 * @module
 */
import { el, iconButton } from './dom.js';
import { loadPreferences } from './preferences.js';

/** @typedef {{key: string, words: string, run: () => void}} Shortcut */

/**
 * Listens until the returned function is called.
 * @param {Shortcut[]} shortcuts
 * @param {() => void} onEscape
 * @returns {() => void}
 */
export function listenToKeys(shortcuts, onEscape) {
  const byKey = new Map(shortcuts.map((shortcut) => [shortcut.key, shortcut]));
  /** @param {KeyboardEvent} event */
  function handle(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') return onEscape();
    if (isTyping(event.target) || !loadPreferences().hasShortcuts) return;
    const shortcut = byKey.get(event.key.toLowerCase());
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  }
  document.addEventListener('keydown', handle);
  return () => document.removeEventListener('keydown', handle);
}

/** @param {Shortcut[]} shortcuts */
export function createHelp(shortcuts) {
  const rows = shortcuts.map(({ key, words }) =>
    el('div', {}, el('dt', {}, el('kbd', {}, key)), el('dd', {}, words)),
  );
  const escape = el('div', {}, el('dt', {}, el('kbd', {}, 'Esc')), el('dd', {}, 'Close what is open'));
  const close = iconButton('close', 'Close', { click: () => element.close() });
  const element = el(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'help-title', click: handleBackdrop },
    el('header', {}, el('h2', { id: 'help-title' }, 'Keyboard shortcuts'), close),
    el('dl', { class: 'shortcuts' }, ...rows, escape),
  );
  /** @param {Event} event */
  function handleBackdrop(event) {
    if (event.target === element) element.close();
  }
  return element;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]')
  );
}
