/**
 * Choosing camera, microphone and speaker.
 * @module
 */
import { listDevices } from '../sdk/index.js';
import { el } from './dom.js';

/** @typedef {'camera' | 'microphone' | 'speaker'} DeviceKind */

/** @type {Record<DeviceKind, string>} */
const LABELS = { camera: 'Camera', microphone: 'Microphone', speaker: 'Speaker' };

/** True where a page may choose the speaker. */
export function canChooseSpeaker() {
  return 'setSinkId' in HTMLMediaElement.prototype;
}

/**
 * @param {object} options
 * @param {() => Partial<Record<DeviceKind, string>>} options.current The chosen devices' ids.
 * @param {(kind: DeviceKind, deviceId: string) => void} options.onChoose
 * @returns {{element: HTMLElement, refresh: () => Promise<void>, destroy: () => void}}
 */
export function createDeviceSelects({ current, onChoose }) {
  const kinds = /** @type {DeviceKind[]} */ (
    canChooseSpeaker() ? ['camera', 'microphone', 'speaker'] : ['camera', 'microphone']
  );
  const fields = kinds.map((kind) => {
    const select = el('select', { change: () => onChoose(kind, select.value) });
    return { kind, select, label: el('label', { class: 'field' }, el('span', {}, LABELS[kind]), select) };
  });
  const element = el('div', { class: 'device-selects' }, ...fields.map(({ label }) => label));

  async function refresh() {
    // Without a secure page there is nothing to list, and the preview says so.
    const devices = await listDevices().catch(() => ({ cameras: [], microphones: [], speakers: [] }));
    const byKind = { camera: devices.cameras, microphone: devices.microphones, speaker: devices.speakers };
    for (const { kind, select } of fields) fill(select, kind, byKind[kind], current()[kind]);
  }
  const handleChange = () => void refresh();
  navigator.mediaDevices?.addEventListener('devicechange', handleChange);
  void refresh();
  return {
    element,
    refresh,
    destroy: () => navigator.mediaDevices?.removeEventListener('devicechange', handleChange),
  };
}

/**
 * @param {HTMLSelectElement} select
 * @param {DeviceKind} kind
 * @param {MediaDeviceInfo[]} devices
 * @param {string | undefined} chosen
 */
function fill(select, kind, devices, chosen) {
  const options = devices.map((device, index) =>
    el('option', { value: device.deviceId }, device.label || `${LABELS[kind]} ${index + 1}`),
  );
  const none = kind === 'speaker' ? 'Standard speaker' : 'None found';
  select.replaceChildren(...(options.length ? options : [el('option', { value: '' }, none)]));
  select.disabled = options.length === 0;
  if (devices.some((device) => device.deviceId === chosen)) select.value = chosen ?? '';
}
