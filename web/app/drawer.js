/**
 * The one drawer beside the tiles, which shows chat, statistics or settings.
 * @module
 */
import { el, iconButton } from './dom.js';

/** @typedef {import('./controls.js').DrawerName} DrawerName */

/**
 * @typedef {object} Page
 * @property {string} title
 * @property {HTMLElement} element
 * @property {() => void} [onOpen]
 * @property {() => void} [onClose]
 */

/** @typedef {(open: DrawerName | null, before: DrawerName | null) => void} HandleDrawer */

/**
 * @param {Record<DrawerName, Page>} pages
 * @param {HandleDrawer} onChange
 */
export function createDrawer(pages, onChange) {
  const title = el('h2', { id: 'drawer-title', tabindex: -1 });
  const body = el('div', { class: 'drawer-body' });
  const close = iconButton('close', 'Close (Esc)', { click: () => show(null) });
  const element = el(
    'aside',
    { class: 'drawer', id: 'drawer', 'aria-labelledby': 'drawer-title', hidden: true },
    el('header', { class: 'drawer-header' }, title, close),
    body,
  );
  /** @type {DrawerName | null} */
  let open = null;

  /** @param {DrawerName | null} name */
  function show(name) {
    if (open === name) return;
    const before = open;
    if (before) pages[before].onClose?.();
    open = name;
    element.hidden = name === null;
    element.dataset.page = name ?? '';
    if (name) {
      title.textContent = pages[name].title;
      body.replaceChildren(pages[name].element);
      title.focus();
      pages[name].onOpen?.();
    }
    onChange(name, before);
  }

  return {
    element,
    show,
    /** @param {DrawerName} name */
    toggle: (name) => show(open === name ? null : name),
    get open() {
      return open;
    },
  };
}
