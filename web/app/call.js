/**
 * A call on the page: its tiles, buttons, drawers and notices.
 * @module
 */
import { createChat } from './chat.js';
import { createControls } from './controls.js';
import { createDrawer } from './drawer.js';
import { el, icon, iconButton, logo } from './dom.js';
import { createHelp, listenToKeys } from './keyboard.js';
import { createNotices } from './notices.js';
import { inviteLink } from './params.js';
import { Speakers } from './speakers.js';
import { createSettingsPanel } from './settings-panel.js';
import { createStage } from './stage.js';
import { createStatsPanel } from './stats-panel.js';
import { tellEvents } from './tell.js';

/** @typedef {import('../sdk/index.js').Room} Room */

/**
 * @param {object} options
 * @param {Room} options.room Connected.
 * @param {import('./own-media.js').OwnMedia} options.own
 * @param {string} options.speakerId
 * @param {() => void} options.onLeave
 */
export function createCall({ room, own, speakerId, onLeave }) {
  const notices = createNotices();
  const speakers = new Speakers(room, speakerId);
  const stage = createStage(room);
  const stats = createStatsPanel(room);
  const settings = createSettingsPanel(own, speakers);
  const chat = createChat({ send, ownId: () => room.local.id });
  let unread = 0;

  /** @param {string} text */
  async function send(text) {
    try {
      await room.chat(text);
    } catch (error) {
      notices.fault(error);
      throw error;
    }
  }

  const drawer = createDrawer(
    {
      chat: { title: 'Chat', element: chat.element, onOpen: () => chat.focus() },
      stats: { title: 'Statistics', element: stats.element, onOpen: stats.start, onClose: stats.stop },
      settings: { title: 'Settings', element: settings.element, onOpen: () => void settings.refresh() },
    },
    handleDrawer,
  );
  const shortcuts = [
    { key: 'm', words: 'Microphone on or off', run: () => void own.toggle('microphone') },
    { key: 'v', words: 'Camera on or off', run: () => void own.toggle('camera') },
    { key: 's', words: 'Share a screen, or stop', run: () => void own.toggleScreen() },
    { key: 'c', words: 'Open or close the chat', run: () => drawer.toggle('chat') },
    { key: 'i', words: 'Open or close the statistics', run: () => drawer.toggle('stats') },
    { key: '?', words: 'These shortcuts', run: () => help.showModal() },
  ];
  const help = createHelp(shortcuts);
  const controls = createControls({ own, onLeave, onDrawer: drawer.toggle, onHelp: () => help.showModal() });
  const bar = createTopBar(room, notices);

  /** @type {(open: import('./controls.js').DrawerName | null, before: import('./controls.js').DrawerName | null) => void} */
  function handleDrawer(open, before) {
    controls.setDrawer(open);
    element.classList.toggle('has-drawer', open !== null);
    if (open === 'chat') controls.setUnread((unread = 0));
    if (!open && before) controls.focusDrawer(before);
  }

  const element = el(
    'div',
    { class: 'call' },
    bar.element,
    notices.element,
    el('main', { class: 'call-main' }, stage.element, drawer.element),
    controls.element,
    help,
  );
  const offs = [
    listenToKeys(shortcuts, () => drawer.show(null)),
    room.on('chat', (message) => {
      chat.add(message);
      if (drawer.open !== 'chat' && message.from !== room.local.id) controls.setUnread(++unread);
    }),
    own.on('fault', ({ error }) => notices.fault(error)),
    own.on('change', stage.update),
    speakers.on('blocked', ({ isBlocked }) => {
      if (!isBlocked) stage.play();
    }),
    ...tellEvents(room, speakers, notices),
  ];
  return {
    element,
    notices,
    destroy() {
      for (const off of offs) off();
      stats.stop();
      bar.destroy();
      settings.destroy();
      speakers.destroy();
      stage.destroy();
    },
  };
}

/**
 * @param {Room} room
 * @param {import('./notices.js').Notices} notices
 */
function createTopBar(room, notices) {
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
    count.replaceChildren(icon('people'), String(people), el('span', { class: 'visually-hidden' }, people === 1 ? 'person' : 'people'));
    document.title = `${room.name} (${people}) – Motet`;
  }
  const offs = [room.on('participantJoined', render), room.on('participantLeft', render), room.on('resumed', render)];
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
