/**
 * The bar above a call: which room, how many people, and the link to it.
 * @module
 */
import { el, icon, iconButton, logo } from './dom.js';
import { inviteLink } from './params.js';

/**
 * @param {import('../sdk/index.js').Room} room
 * @param {import('./notices.js').Notices} notices
 */
export function createTopBar(room, notices) {
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
  ];
  render();
  const element = el(
    'header',
    { class: 'top-bar' },
    el('span', { class: 'brand' }, logo(), el('span', { class: 'visually-hidden' }, 'Motet')),
    el('h1', {}, room.name),
    count,
    copy,
  );
  return {
    element,
    destroy() {
      for (const off of offs) off();
      document.title = 'Motet';
    },
  };
}
