/**
 * Elements, made briefly.
 * @module
 */
import { ICONS } from './icons.js';

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [props] Attributes; functions listen to the event of that name; `true` sets an empty
 *   attribute; `false`, `null` and `undefined` set none.
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.filter(isShown));
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * An icon is decoration: what it means stands in the label of its button.
 * @param {keyof typeof ICONS} name
 */
export function icon(name) {
  const strokes = ICONS[name].map((d) => svg('path', { d }));
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true', focusable: 'false' },
    ...strokes,
  );
}

/**
 * @param {keyof typeof ICONS} name
 * @param {string} label Read aloud, and shown on hovering.
 * @param {Record<string, any>} [props]
 */
export function iconButton(name, label, props = {}) {
  return el(
    'button',
    { type: 'button', class: 'icon-button', 'aria-label': label, title: label, ...props },
    icon(name),
  );
}

/**
 * Exchanges a button's icon and label.
 * @param {HTMLElement} button
 * @param {keyof typeof ICONS} name
 * @param {string} label
 */
export function relabel(button, name, label) {
  button.querySelector('svg')?.replaceWith(icon(name));
  button.setAttribute('aria-label', label);
  button.title = label;
}

/** The four voices, one entering after the other. */
export function logo() {
  const bars = [
    { x: 2, y: 3, width: 17 },
    { x: 9, y: 10, width: 21 },
    { x: 5, y: 17, width: 14 },
    { x: 13, y: 24, width: 17 },
  ];
  const rects = bars.map((bar, index) =>
    svg('rect', { ...bar, height: 5, rx: 2.5, class: `voice-${index + 1}` }),
  );
  return svg(
    'svg',
    { class: 'logo', viewBox: '0 0 32 32', 'aria-hidden': 'true', focusable: 'false' },
    ...rects,
  );
}

/** @param {Child} child */
function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}
