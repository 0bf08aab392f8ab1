/**
 * What is heard: one hidden audio element for each track that sounds.
 * @module
 */
import { Emitter } from '../sdk/emitter.js';

/** @typedef {import('../sdk/index.js').Room} Room */
/** @typedef {import('../sdk/index.js').RemoteTrack} RemoteTrack */

/**
 * @typedef {object} SpeakersEvents
 * @property {{isBlocked: boolean}} blocked The browser wants the person to touch the page before it plays.
 */

/** What plays in place of another has begun by then, or will not. */
const BEGIN_MS = 1_000;

/** @extends {Emitter<SpeakersEvents>} */
export class Speakers extends Emitter {
  /** @type {Map<string, HTMLAudioElement>} */
  #elements = new Map();
  #offs;
  #sinkId;
  /** The element that was told to play last has begun. @type {Promise<void>} */
  #begun = Promise.resolve();
  isBlocked = false;

  /**
   * @param {Room} room
   * @param {string} sinkId Empty for the standard speaker.
   */
  constructor(room, sinkId) {
    super();
    this.#sinkId = sinkId;
    this.#offs = [
      room.on('trackSubscribed', ({ track }) => this.#add(track)),
      room.on('trackMoved', ({ track }) => this.#add(track)),
      room.on('trackUnsubscribed', ({ track }) => this.#remove(track)),
    ];
    for (const participant of [room.mix, ...room.participants.values()]) {
      for (const track of participant.tracks.values()) if (track.mediaStreamTrack) this.#add(track);
    }
  }

  /** Plays what was blocked; called while the person touches the page. */
  async unblock() {
    await Promise.all([...this.#elements.values()].map((element) => this.#play(element)));
  }

  /** @param {string} sinkId */
  async choose(sinkId) {
    this.#sinkId = sinkId;
    await Promise.all([...this.#elements.values()].map((element) => this.#route(element)));
  }

  destroy() {
    for (const off of this.#offs) off();
    for (const element of this.#elements.values()) discard(element);
    this.#elements.clear();
  }

  /** @param {RemoteTrack} track */
  #add(track) {
    if (track.kind !== 'audio' || !track.mediaStreamTrack) return;
    this.#remove(track);
    const element = document.createElement('audio');
    element.hidden = true;
    element.dataset.trackId = track.id;
    element.srcObject = new MediaStream([track.mediaStreamTrack]);
    this.#elements.set(track.id, element);
    document.body.append(element);
    void this.#route(element);
    this.#begun = Promise.race([this.#play(element), new Promise((resolve) => setTimeout(resolve, BEGIN_MS))]);
  }

  /** @param {RemoteTrack} track */
  #remove(track) {
    const element = this.#elements.get(track.id);
    if (!element) return;
    this.#elements.delete(track.id);
    // What comes in its place is heard first, so that no word is lost between the two.
    queueMicrotask(() => void this.#begun.then(() => discard(element)));
  }

  /** @param {HTMLAudioElement} element */
  async #play(element) {
    try {
      await element.play();
      this.#setBlocked(false);
    } catch (error) {
      // Anything else, such as an element that was taken away while it started, needs no touch.
      if (/** @type {DOMException} */ (error).name === 'NotAllowedError') this.#setBlocked(true);
    }
  }

  /** @param {HTMLAudioElement} element */
  async #route(element) {
    if (!this.#sinkId || !('setSinkId' in element)) return;
    // A speaker that is gone leaves the sound where it was.
    await element.setSinkId(this.#sinkId).catch(() => undefined);
  }

  /** @param {boolean} isBlocked */
  #setBlocked(isBlocked) {
    if (this.isBlocked === isBlocked) return;
    this.isBlocked = isBlocked;
    this.emit('blocked', { isBlocked });
  }
}

/** @param {HTMLAudioElement} element */
function discard(element) {
  element.srcObject = null;
  element.remove();
}
