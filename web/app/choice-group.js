/**
 * One of a few, shown all at once: radio buttons that look like cards.
 * @module
 */
import { el } from './dom.js';

/** @typedef {{value: string, label: string, term?: string, text?: string, glyph?: SVGElement}} Option */

/**
 * @param {object} options
 * @param {string} options.legend
 * @param {string} options.name
 * @param {Option[]} options.options
 * @param {(value: string) => void} options.onChoose
 */
export function createChoice({ legend, name, options, onChoose }) {
  const inputs = options.map(({ value }) =>
    el('input', { type: 'radio', name, value, class: 'visually-hidden', change: () => onChoose(value) }),
  );
  const cards = options.map(({ label, term, text, glyph }, index) =>
    el(
      'label',
      { class: `choice${text ? ' has-text' : ''}` },
      inputs[index],
      glyph,
      el(
        'span',
        { class: 'choice-words' },
        el('strong', {}, label, term && el('span', { class: 'choice-term' }, ` ${term}`)),
        text && el('span', { class: 'soft small' }, text),
      ),
    ),
  );
  const element = el('fieldset', { class: 'choices' }, el('legend', {}, legend), el('div', { class: 'choice-cards' }, ...cards));
  return {
    element,
    /** @param {{value: string, isDisabled: boolean}} state */
    update({ value, isDisabled }) {
      element.disabled = isDisabled;
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}
