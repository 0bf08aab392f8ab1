/**
 * What is said in passing (toasts) and what holds until it changes (banners).
 * @module
 */
import { el, icon, iconButton } from './dom.js';
import { wordsForError } from './words.js';

const TOAST_MS = 5_000;
const TOASTS_MAX = 4;

/**
 * @typedef {object} Banner
 * @property {string} title
 * @property {string} [text]
 * @property {'calm' | 'warning'} [tone]
 * @property {boolean} [isBusy] Whether something is being tried.
 * @property {{label: string, run: () => void}} [action]
 */

export function createNotices() {
  const toasts = el('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
  const banners = el('div', { class: 'banners', role: 'alert', 'aria-live': 'assertive' });
  const element = el('div', { class: 'notices' }, banners, toasts);
  /** @type {Map<string, HTMLElement>} */
  const shown = new Map();

  /**
   * @param {string} text
   * @param {{tone?: 'calm' | 'warning'}} [options]
   * @returns {(text: string) => boolean} Says something else in its place, if it still stands there.
   */
  function toast(text, { tone = 'calm' } = {}) {
    const words = el('span', {}, text);
    const item = el('div', { class: `toast is-${tone}` }, tone === 'warning' && icon('warning'), words);
    const dismiss = iconButton('close', 'Dismiss', { click: () => item.remove() });
    item.append(dismiss);
    toasts.append(item);
    while (toasts.children.length > TOASTS_MAX) toasts.firstElementChild?.remove();
    setTimeout(() => item.remove(), tone === 'warning' ? 2 * TOAST_MS : TOAST_MS);
    return (other) => {
      if (item.isConnected) words.textContent = other;
      return item.isConnected;
    };
  }

  /**
   * @param {string} key
   * @param {Banner | null} banner `null` takes it away.
   */
  function setBanner(key, banner) {
    shown.get(key)?.remove();
    shown.delete(key);
    if (!banner) return;
    const item = renderBanner(banner);
    shown.set(key, item);
    banners.append(item);
  }

  /** @param {unknown} error */
  function fault(error) {
    const { title, text } = wordsForError(error);
    toast(`${title}. ${text}`, { tone: 'warning' });
  }

  return { element, toast, setBanner, fault };
}

/** @typedef {ReturnType<typeof createNotices>} Notices */

/** @param {Banner} banner */
function renderBanner({ title, text, tone = 'warning', isBusy, action }) {
  return el(
    'div',
    { class: `banner is-${tone}` },
    isBusy
      ? el('span', { class: 'spinner', 'aria-hidden': 'true' })
      : icon(tone === 'warning' ? 'warning' : 'speaker'),
    el('p', {}, el('strong', {}, title), text && ` ${text}`),
    action && el('button', { type: 'button', class: 'button', click: action.run }, action.label),
  );
}
