/**
 * The bar of buttons under a call.
 * @module
 */
import { canShareScreen } from '../sdk/index.js';
import { el, iconButton, relabel } from './dom.js';

/** @typedef {'chat' | 'stats' | 'settings' | 'room'} DrawerName `room` opens from the bar above. */

/**
 * @typedef {object} ControlsOptions
 * @property {import('./own-media.js').OwnMedia} own
 * @property {(name: DrawerName) => void} onDrawer
 * @property {() => void} onHelp
 * @property {() => void} onLeave
 */

/** @param {ControlsOptions} options */
export function createControls({ own, onDrawer, onHelp, onLeave }) {
  const microphone = iconButton('microphone', '', { click: () => void own.toggle('microphone') });
  const camera = iconButton('camera', '', { click: () => void own.toggle('camera') });
  const screen = iconButton('screen', '', { click: () => void own.toggleScreen() });
  let unreadCount = 0;
  const unread = el('span', { class: 'badge', hidden: true });
  /** @param {'chat' | 'stats' | 'settings'} name @param {string} label */
  const drawerButton = (name, label) =>
    iconButton(name, label, {
      click: () => onDrawer(name),
      'aria-expanded': 'false',
      'aria-controls': 'drawer',
    });
  const drawers = {
    chat: drawerButton('chat', 'Chat (c)'),
    stats: drawerButton('stats', 'Statistics (i)'),
    settings: drawerButton('settings', 'Settings'),
  };
  drawers.chat.append(unread);
  const help = iconButton('help', 'Keyboard shortcuts (?)', {
    click: onHelp,
    class: 'icon-button help-button',
  });
  const leave = iconButton('leave', 'Leave the call', { click: onLeave, class: 'icon-button is-danger' });
  const element = el(
    'nav',
    { class: 'controls', 'aria-label': 'Call controls' },
    el('div', { class: 'controls-group' }, microphone, camera, canShareScreen() && screen),
    el('div', { class: 'controls-group' }, drawers.chat, drawers.stats, drawers.settings, help),
    leave,
  );

  function render() {
    paintDevice(microphone, 'microphone', 'm', own.isOn('microphone'));
    paintDevice(camera, 'camera', 'v', own.isOn('camera'));
    const isShown = own.isOn('screen');
    relabel(screen, 'screen', isShown ? 'Stop sharing (s)' : 'Share a screen (s)');
    screen.setAttribute('aria-pressed', String(isShown));
    screen.classList.toggle('is-active', isShown);
  }
  own.on('change', render);
  render();
  return {
    element,
    /** @param {DrawerName | null} open */
    setDrawer(open) {
      for (const [name, button] of Object.entries(drawers)) {
        button.setAttribute('aria-expanded', String(name === open));
        button.classList.toggle('is-active', name === open);
      }
    },
    get unread() {
      return unreadCount;
    },
    /** @param {number} count */
    setUnread(count) {
      unreadCount = count;
      unread.hidden = count === 0;
      unread.textContent = count > 99 ? '99+' : String(count);
      const label = count ? `Chat (c), ${count} unread` : 'Chat (c)';
      drawers.chat.setAttribute('aria-label', label);
      drawers.chat.title = label;
    },
    /** @param {DrawerName} name */
    focusDrawer: (name) => name !== 'room' && drawers[name].focus(),
  };
}

/**
 * @param {HTMLElement} button
 * @param {'microphone' | 'camera'} device
 * @param {string} key
 * @param {boolean} isOn
 */
function paintDevice(button, device, key, isOn) {
  // The label stays and `aria-pressed` says the state; a label that changed as well would say it twice, and wrongly.
  relabel(
    button,
    isOn ? device : `${device}Off`,
    `${device === 'camera' ? 'Camera' : 'Microphone'} (${key})`,
  );
  button.title = `Turn the ${device} ${isOn ? 'off' : 'on'} (${key})`;
  button.setAttribute('aria-pressed', String(isOn));
  button.classList.toggle('is-off', !isOn);
}
