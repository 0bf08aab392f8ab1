/**
 * One's own camera, microphone and screen during a call: each on or off with one touch.
 * @module
 */
import { openCamera, openMicrophone } from '../sdk/index.js';
import { Emitter } from '../sdk/emitter.js';
import { savePreferences } from './preferences.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('./preview.js').Device} Device */

/**
 * @typedef {object} OwnMediaEvents
 * @property {{}} change What is on changed.
 * @property {{error: unknown}} fault
 */

/** @extends {Emitter<OwnMediaEvents>} */
export class OwnMedia extends Emitter {
  #room;
  /**
   * What is being turned on or off: a second touch waits for the first, and a third is one too many.
   * @type {Map<string, Promise<void>[]>}
   */
  #busy = new Map();

  /**
   * @param {Room} room
   * @param {{cameraId: string, microphoneId: string}} chosen
   */
  constructor(room, chosen) {
    super();
    this.#room = room;
    /** @type {Record<Device, string>} */
    this.deviceIds = { camera: chosen.cameraId, microphone: chosen.microphoneId };
    const names = /** @type {const} */ ([
      'localTrackPublished',
      'localTrackUnpublished',
      'localTrackMuted',
      'resumed',
    ]);
    for (const name of names) room.on(name, () => this.emit('change', {}));
  }

  /** @param {Device | 'screen'} source */
  isOn(source) {
    const track = this.#room.local.track(source);
    return track !== undefined && !track.muted;
  }

  /**
   * Publishes what the lobby opened.
   * @param {Device} device
   * @param {MediaStreamTrack} media
   * @param {boolean} isOn
   */
  async publish(device, media, isOn) {
    await this.#try(device, async () => {
      try {
        await this.#room.publish(media, {
          source: device,
          muted: !isOn,
          reopen: (id) => this.#reopen(device, id),
        });
      } catch (error) {
        media.stop();
        throw error;
      }
    });
  }

  /** @param {Device} device */
  toggle(device) {
    return this.#try(device, async () => {
      const track = this.#room.local.track(device);
      if (!track) {
        await this.#room.publish(await this.#reopen(device), {
          source: device,
          reopen: (id) => this.#reopen(device, id),
        });
      } else {
        await this.#room.mute(track, !track.muted);
      }
      const isOn = this.isOn(device);
      savePreferences(device === 'camera' ? { isCameraOn: isOn } : { isMicrophoneOn: isOn });
    });
  }

  toggleScreen() {
    return this.#try('screen', async () => {
      const shown = [...this.#room.local.tracks.values()].filter(
        ({ source }) => source === 'screen' || source === 'screenAudio',
      );
      if (shown.length) for (const track of shown) this.#room.unpublish(track);
      else await this.#room.publishScreen();
    });
  }

  /**
   * @param {Device} device
   * @param {string} deviceId
   */
  choose(device, deviceId) {
    this.deviceIds[device] = deviceId;
    savePreferences(device === 'camera' ? { cameraId: deviceId } : { microphoneId: deviceId });
    const track = this.#room.local.track(device);
    return track ? this.#try(device, () => this.#room.switchDevice(track, deviceId)) : Promise.resolve();
  }

  /**
   * @param {Device} device
   * @param {string} [deviceId]
   */
  #reopen(device, deviceId = this.deviceIds[device]) {
    return device === 'camera' ? openCamera({ deviceId }) : openMicrophone({ deviceId });
  }

  /**
   * @param {string} what
   * @param {() => Promise<unknown>} job
   */
  async #try(what, job) {
    const jobs = this.#busy.get(what) ?? [];
    if (jobs.length > 1) return;
    const run = jobs.length ? jobs[0].then(() => this.#run(job)) : this.#run(job);
    this.#busy.set(what, [...jobs, run]);
    await run;
    this.#busy.set(
      what,
      (this.#busy.get(what) ?? []).filter((other) => other !== run),
    );
  }

  /** @param {() => Promise<unknown>} job */
  async #run(job) {
    try {
      await job();
    } catch (error) {
      this.emit('fault', { error });
    }
    this.emit('change', {});
  }
}
