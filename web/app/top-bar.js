/**
 * The bar above a call: which room, how many people, and the link to it.
 * @module
 */
import { el, icon, iconButton, logo } from './dom.js';
import { topologyGlyph } from './glyphs.js';
import { inviteLink } from './params.js';
import { TOPOLOGIES } from './topology-words.js';

/**
 * @param {import('../sdk/index.js').Room} room
 * @param {import('./notices.js').Notices} notices
 * @param {() => void} onRoom
 */
export function createTopBar(room, notices, onRoom) {
  const count = el('span', { class: 'count' });
  const copy = iconButton('link', 'Copy link to this room', { click: copyLink, class: 'button is-quiet' });
  copy.append(el('span', {}, 'Copy link'));
  async function copyLink() {
    const link = inviteLink(location.href, room.name);
    try {
      await navigator.clipboard.writeText(link);
      notices.toast('The link is copied. Send it to whoever should come.');
    } catch {
      // Browsers give the clipboard to secure pages only.
      notices.toast(`The link to this room: ${link}`);
    }
  }
  const chip = el('button', {
    type: 'button',
    class: 'button is-quiet room-chip',
    'aria-expanded': 'false',
    'aria-controls': 'drawer',
    click: onRoom,
  });
  function renderChip() {
    const { topology, state } = room.move;
    const { name, term } = TOPOLOGIES[topology];
    chip.replaceChildren(topologyGlyph(topology), el('span', {}, name));
    chip.title = `How media travels: ${name.toLowerCase()} (${term}) (t)`;
    chip.setAttribute('aria-label', chip.title);
    chip.classList.toggle('is-moving', state === 'moving');
  }
  function render() {
    const people = room.participants.size + 1;
    count.replaceChildren(
      icon('people'),
      String(people),
      el('span', { class: 'visually-hidden' }, people === 1 ? 'person' : 'people'),
    );
    document.title = `${room.name} (${people}) – Motet`;
  }
  const offs = [
    room.on('participantJoined', render),
    room.on('participantLeft', render),
    room.on('resumed', render),
    room.on('topology', renderChip),
  ];
  render();
  renderChip();
  const element = el(
    'header',
    { class: 'top-bar' },
    el('span', { class: 'brand' }, logo(), el('span', { class: 'visually-hidden' }, 'Motet')),
    el('h1', {}, room.name),
    count,
    chip,
    copy,
  );
  return {
    element,
    /** @param {boolean} isOpen Whether the room's drawer is. */
    setRoomOpen(isOpen) {
      chip.setAttribute('aria-expanded', String(isOpen));
      chip.classList.toggle('is-active', isOpen);
    },
    focusRoom: () => chip.focus(),
    destroy() {
      for (const off of offs) off();
      document.title = 'Motet';
    },
  };
}
