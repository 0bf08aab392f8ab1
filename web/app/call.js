/**
 * A call on the page: its tiles, buttons, drawers and notices.
 * @module
 */
import { createChat } from './chat.js';
import { createControls } from './controls.js';
import { createDrawer } from './drawer.js';
import { el } from './dom.js';
import { createHelp, listenToKeys } from './keyboard.js';
import { createNotices } from './notices.js';
import { createRoomPanel } from './room-panel.js';
import { Speakers } from './speakers.js';
import { createSettingsPanel } from './settings-panel.js';
import { createStage } from './stage.js';
import { createStatsPanel } from './stats-panel.js';
import { tellEvents } from './tell.js';
import { createTopBar } from './top-bar.js';

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
  const chat = createChat({
    send: (text) => room.chat(text),
    ownId: () => room.local.id,
    onFault: notices.fault,
  });
  const bar = createTopBar(room, notices, () => drawer.toggle('room'));
  const panel = createRoomPanel(room, notices.fault);
  const drawer = createDrawer(
    {
      chat: { title: 'Chat', element: chat.element, onOpen: () => chat.focus() },
      stats: { title: 'Statistics', element: stats.element, onOpen: stats.start, onClose: stats.stop },
      settings: { title: 'Settings', element: settings.element, onOpen: () => void settings.refresh() },
      room: { title: 'How this room works', element: panel.element, onOpen: panel.open, onClose: panel.close },
    },
    handleDrawer,
  );
  const shortcuts = listShortcuts(own, drawer, () => help.showModal());
  const help = createHelp(shortcuts);
  const controls = createControls({ own, onLeave, onDrawer: drawer.toggle, onHelp: () => help.showModal() });

  /** @type {import('./drawer.js').HandleDrawer} */
  function handleDrawer(open, before) {
    controls.setDrawer(open);
    bar.setRoomOpen(open === 'room');
    if (open === 'chat') controls.setUnread(0);
    if (open || !before) return;
    if (before === 'room') bar.focusRoom();
    else controls.focusDrawer(before);
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
      if (drawer.open !== 'chat' && message.from !== room.local.id) controls.setUnread(controls.unread + 1);
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
      panel.destroy();
      bar.destroy();
      settings.destroy();
      speakers.destroy();
      stage.destroy();
    },
  };
}

/**
 * @param {import('./own-media.js').OwnMedia} own
 * @param {ReturnType<typeof createDrawer>} drawer
 * @param {() => void} showHelp
 * @returns {import('./keyboard.js').Shortcut[]}
 */
function listShortcuts(own, drawer, showHelp) {
  return [
    { key: 'm', words: 'Microphone on or off', run: () => void own.toggle('microphone') },
    { key: 'v', words: 'Camera on or off', run: () => void own.toggle('camera') },
    { key: 's', words: 'Share a screen, or stop', run: () => void own.toggleScreen() },
    { key: 'c', words: 'Open or close the chat', run: () => drawer.toggle('chat') },
    { key: 'i', words: 'Open or close the statistics', run: () => drawer.toggle('stats') },
    { key: 't', words: 'How media travels in this room', run: () => drawer.toggle('room') },
    { key: '?', words: 'These shortcuts', run: showHelp },
  ];
}
