/**
 * Before the call: who one is, where to, and how one looks and sounds.
 * @module
 */
import { createDeviceSelects } from './device-select.js';
import { el, icon, iconButton, logo, relabel } from './dom.js';
import { watchLevel } from './level.js';
import { initials, inventRoomName, voiceOf } from './names.js';
import { savePreferences } from './preferences.js';
import { wordsForDevices } from './words.js';

/** @typedef {import('./preview.js').Preview} Preview */
/** @typedef {import('./words.js').Words} Words */

/**
 * @typedef {object} LobbyOptions
 * @property {Preview} preview
 * @property {{name: string, room: string, speakerId: string}} initial
 * @property {(wish: {name: string, room: string}) => void} onJoin
 */

/** @param {LobbyOptions} options */
export function createLobby({ preview, initial, onJoin }) {
  const picture = createPicture(preview);
  const selects = createDeviceSelects({
    current: () => ({ ...preview.deviceIds, speaker: initial.speakerId }),
    onChoose: (kind, deviceId) => {
      if (kind === 'speaker') savePreferences({ speakerId: deviceId });
      else void preview.choose(kind, deviceId);
    },
  });
  const form = createForm(initial, onJoin, (name) => picture.setName(name));
  picture.setName(initial.name);
  const off = preview.on('change', () => void selects.refresh());
  const element = el(
    'div',
    { class: 'lobby' },
    el('header', { class: 'lobby-header' }, logo(), el('span', { class: 'wordmark' }, 'Motet')),
    el(
      'main',
      { class: 'lobby-main' },
      el('section', { class: 'lobby-preview', 'aria-label': 'Preview' }, picture.element, selects.element),
      form.element,
    ),
    el(
      'footer',
      { class: 'lobby-footer soft small' },
      el('a', { href: '/network.html' }, 'Test this network'),
      ': can calls connect from here?',
    ),
  );
  return {
    element,
    /** @param {Words} words */
    showError: (words) => form.showError(words),
    /** @param {boolean} isBusy */
    setBusy: (isBusy) => form.setBusy(isBusy),
    focus: () => form.focus(),
    destroy() {
      off();
      picture.destroy();
      selects.destroy();
    },
  };
}

/** @param {Preview} preview */
function createPicture(preview) {
  const video = el('video', {
    autoplay: true,
    muted: true,
    playsinline: true,
    class: 'is-mirrored',
    'aria-label': 'Your camera',
  });
  video.muted = true;
  const avatar = el('span', { class: 'avatar' });
  const notice = el('div', { class: 'preview-notice', role: 'status' });
  const level = el('span', { class: 'level-fill' });
  const microphone = iconButton('microphone', 'Turn the microphone off', {
    click: () => void preview.toggle('microphone', !preview.isOn.microphone),
  });
  const camera = iconButton('camera', 'Turn the camera off', {
    click: () => void preview.toggle('camera', !preview.isOn.camera),
  });
  const controls = el('div', { class: 'preview-controls' }, microphone, camera);
  const meter = el('span', { class: 'level', 'aria-hidden': 'true' }, level);
  const element = el('div', { class: 'tile preview-tile voice-1' }, avatar, video, notice, meter, controls);
  /** @type {(() => void) | null} */
  let stopLevel = null;
  /** @type {MediaStreamTrack | null} */
  let measured = null;

  function render() {
    show(video, preview.tracks.camera);
    element.classList.toggle('has-video', preview.tracks.camera !== null);
    paint(microphone, preview.isOn.microphone, 'microphone');
    paint(camera, preview.isOn.camera, 'camera');
    meter.hidden = !preview.isOn.microphone;
    notice.replaceChildren(...faultNotices(preview));
    const audible = preview.isOn.microphone ? preview.tracks.microphone : null;
    if (audible === measured) return;
    stopLevel?.();
    measured = audible;
    stopLevel =
      audible && watchLevel(audible, (value) => level.style.setProperty('--level', value.toFixed(3)));
    level.style.setProperty('--level', '0');
  }
  const off = preview.on('change', render);
  render();
  return {
    element,
    /** @param {string} name */
    setName(name) {
      avatar.textContent = name.trim() ? initials(name) : '';
      element.className = element.className.replace(/voice-\d/, `voice-${voiceOf(name)}`);
    },
    destroy() {
      off();
      stopLevel?.();
    },
  };
}

/**
 * @param {HTMLVideoElement} video
 * @param {MediaStreamTrack | null} track
 */
function show(video, track) {
  const shown = /** @type {MediaStream | null} */ (video.srcObject)?.getTracks()[0] ?? null;
  if (shown !== track) video.srcObject = track && new MediaStream([track]);
}

/**
 * @param {HTMLElement} button
 * @param {boolean} isOn
 * @param {'microphone' | 'camera'} device
 */
function paint(button, isOn, device) {
  relabel(button, isOn ? device : `${device}Off`, `Turn the ${device} ${isOn ? 'off' : 'on'}`);
  button.classList.toggle('is-off', !isOn);
}

/** @param {Preview} preview */
function faultNotices({ faults }) {
  return wordsForDevices(faults.camera?.reason, faults.microphone?.reason).map(({ title, text }) =>
    el('p', {}, icon('warning'), el('span', {}, el('strong', {}, `${title}.`), ' ', text)),
  );
}

/**
 * @param {LobbyOptions['initial']} initial
 * @param {LobbyOptions['onJoin']} onJoin
 * @param {(name: string) => void} onName
 */
function createForm(initial, onJoin, onName) {
  const error = el('div', { class: 'form-error', role: 'alert', hidden: true });
  const name = textField('name', initial.name, 'How others see you', 'name');
  const room = textField('room', initial.room || inventRoomName(), 'The same word for everyone', 'off');
  name.addEventListener('input', () => onName(name.value));
  const label = el('span', {}, 'Join');
  const submit = el('button', { type: 'submit', class: 'button is-primary is-wide' }, label);
  /** @param {Event} event */
  function handleSubmit(event) {
    event.preventDefault();
    error.hidden = true;
    onJoin({ name: name.value.trim(), room: room.value.trim() });
  }
  const element = el(
    'form',
    { class: 'card lobby-form', 'aria-labelledby': 'lobby-title', submit: handleSubmit },
    el('h1', { id: 'lobby-title' }, initial.room ? 'Ready to join?' : 'Start or join a call'),
    el('p', { class: 'soft' }, 'Everyone who enters the same room name meets there.'),
    error,
    el('label', { class: 'field' }, el('span', {}, 'Your name'), name),
    el('label', { class: 'field' }, el('span', {}, 'Room'), room),
    submit,
    el(
      'p',
      { class: 'soft small' },
      'You can join without a camera or a microphone, and turn them on later.',
    ),
  );
  return {
    element,
    focus: () => (name.value ? submit : name).focus(),
    /** @param {Words} words */
    showError({ title, text }) {
      error.hidden = false;
      error.replaceChildren(icon('warning'), el('span', {}, el('strong', {}, `${title}.`), ' ', text));
    },
    /** @param {boolean} isBusy */
    setBusy(isBusy) {
      submit.disabled = isBusy;
      submit.classList.toggle('is-busy', isBusy);
      label.textContent = isBusy ? 'Joining' : 'Join';
    },
  };
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string} placeholder
 * @param {string} autocomplete
 */
function textField(name, value, placeholder, autocomplete) {
  return el('input', {
    name,
    value,
    placeholder,
    autocomplete,
    required: true,
    maxlength: 64,
    spellcheck: 'false',
    pattern: '.*\\S.*',
  });
}
