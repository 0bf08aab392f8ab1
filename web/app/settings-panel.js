/**
 * The settings drawer: devices, and whether single keys do something.
 * @module
 */
import { createDeviceSelects } from './device-select.js';
import { el } from './dom.js';
import { loadPreferences, savePreferences } from './preferences.js';

/**
 * @param {import('./own-media.js').OwnMedia} own
 * @param {import('./speakers.js').Speakers} speakers
 */
export function createSettingsPanel(own, speakers) {
  const selects = createDeviceSelects({
    current: () => ({ ...own.deviceIds, speaker: loadPreferences().speakerId }),
    onChoose(kind, deviceId) {
      if (kind !== 'speaker') return void own.choose(kind, deviceId);
      savePreferences({ speakerId: deviceId });
      void speakers.choose(deviceId);
    },
  });
  const shortcuts = el('input', {
    type: 'checkbox',
    checked: loadPreferences().hasShortcuts,
    change: () => savePreferences({ hasShortcuts: shortcuts.checked }),
  });
  const element = el(
    'div',
    { class: 'settings' },
    selects.element,
    el(
      'label',
      { class: 'check' },
      shortcuts,
      el('span', {}, 'Keyboard shortcuts: single keys such as m for the microphone'),
    ),
  );
  return { element, refresh: selects.refresh, destroy: selects.destroy };
}
