/**
 * Camera and microphone before the call: opened, chosen, and handed over on joining.
 * @module
 */
import { openBoth } from '../sdk/index.js';
import { Emitter } from '../sdk/emitter.js';
import { savePreferences } from './preferences.js';

/** @typedef {'camera' | 'microphone'} Device */

/**
 * @typedef {object} PreviewEvents
 * @property {{}} change What is open, on or refused changed.
 */

/** @extends {Emitter<PreviewEvents>} */
export class Preview extends Emitter {
  /** @type {Record<Device, MediaStreamTrack | null>} */
  tracks = { camera: null, microphone: null };
  /** Why a device did not open. @type {Record<Device, import('../sdk/errors.js').MotetError | null>} */
  faults = { camera: null, microphone: null };
  #isStopped = false;
  #isTaken = false;
  /** @type {Promise<void>} */
  #opening = Promise.resolve();

  /** @param {import('./preferences.js').Preferences} preferences */
  constructor(preferences) {
    super();
    /** @type {Record<Device, boolean>} */
    this.isOn = { camera: preferences.isCameraOn, microphone: preferences.isMicrophoneOn };
    /** @type {Record<Device, string>} */
    this.deviceIds = { camera: preferences.cameraId, microphone: preferences.microphoneId };
  }

  /** Opens what is on. */
  start() {
    return this.#open({ camera: this.isOn.camera, microphone: this.isOn.microphone });
  }

  /**
   * @param {Device} device
   * @param {boolean} isOn
   */
  async toggle(device, isOn) {
    this.isOn[device] = isOn;
    savePreferences(device === 'camera' ? { isCameraOn: isOn } : { isMicrophoneOn: isOn });
    if (isOn && !this.tracks[device]) return this.#open({ [device]: true });
    // A camera that is off is let go, so that its light goes out.
    if (!isOn && device === 'camera') this.#close('camera');
    this.emit('change', {});
  }

  /**
   * @param {Device} device
   * @param {string} deviceId
   */
  async choose(device, deviceId) {
    this.deviceIds[device] = deviceId;
    savePreferences(device === 'camera' ? { cameraId: deviceId } : { microphoneId: deviceId });
    if (!this.tracks[device]) return;
    this.#close(device);
    await this.#open({ [device]: true });
  }

  /**
   * Hands over what is open, or will be once the person answered the browser's question. Who takes the tracks ends them.
   * @returns {Promise<{tracks: Record<Device, MediaStreamTrack | null>, isOn: Record<Device, boolean>}>}
   */
  async take() {
    this.#isTaken = true;
    await this.#opening;
    const { tracks, isOn } = this;
    this.tracks = { camera: null, microphone: null };
    this.#isStopped = true;
    return { tracks, isOn };
  }

  /** Lets the devices go, unless they were handed over. */
  stop() {
    if (this.#isTaken) return;
    this.#isStopped = true;
    this.#close('camera');
    this.#close('microphone');
  }

  /** @param {Partial<Record<Device, boolean>>} wanted */
  #open(wanted) {
    const opening = this.#openNow(wanted);
    this.#opening = Promise.all([this.#opening, opening]).then(() => undefined);
    return opening;
  }

  /** @param {Partial<Record<Device, boolean>>} wanted */
  async #openNow(wanted) {
    const { camera, microphone, faults } = await openBoth({
      camera: wanted.camera ? { deviceId: this.deviceIds.camera } : null,
      microphone: wanted.microphone ? { deviceId: this.deviceIds.microphone } : null,
    });
    this.#place('camera', camera);
    this.#place('microphone', microphone);
    for (const device of /** @type {Device[]} */ (['camera', 'microphone'])) {
      if (!wanted[device]) continue;
      this.faults[device] = faults.find((fault) => isAbout(fault, device)) ?? null;
      if (this.faults[device]) this.isOn[device] = false;
    }
    this.emit('change', {});
  }

  /**
   * @param {Device} device
   * @param {MediaStreamTrack | null} track
   */
  #place(device, track) {
    if (!track) return;
    if (this.#isStopped || !this.isOn[device]) return track.stop();
    this.#close(device);
    this.tracks[device] = track;
    track.addEventListener('ended', () => {
      if (this.tracks[device] !== track) return;
      this.tracks[device] = null;
      this.isOn[device] = false;
      this.emit('change', {});
    });
  }

  /** @param {Device} device */
  #close(device) {
    this.tracks[device]?.stop();
    this.tracks[device] = null;
  }
}

/**
 * @param {import('../sdk/errors.js').MotetError} fault
 * @param {Device} device
 */
function isAbout(fault, device) {
  return fault.reason.startsWith(device) || fault.reason === 'insecureContext';
}
