/**
 * One tile: a person, or a screen that a person shows.
 * @module
 */
import { el, icon } from './dom.js';
import { initials, voiceOf } from './names.js';

/** @typedef {'excellent' | 'good' | 'poor' | 'lost'} Quality */

/** @type {Record<Quality, {bars: number, words: string}>} */
const QUALITIES = {
  excellent: { bars: 3, words: 'good connection' },
  good: { bars: 2, words: 'fair connection' },
  poor: { bars: 1, words: 'poor connection' },
  lost: { bars: 0, words: 'connection lost' },
};

export class Tile {
  #video;
  /** The next picture of the same person, until its first frame. @type {HTMLVideoElement | null} */
  #next = null;
  #avatar = el('span', { class: 'avatar', 'aria-hidden': 'true' });
  #muted = el('span', { class: 'tile-muted' }, icon('microphoneOff'));
  #name = el('span', { class: 'tile-name' });
  #quality = el('span', { class: 'tile-quality', 'aria-hidden': 'true' }, ...[1, 2, 3].map(() => el('i')));
  #isMuted = false;
  #content = '';
  /** @type {Quality | null} */
  #level = null;

  /**
   * @param {{id: string, name: string, isLocal: boolean, isScreen?: boolean, isMix?: boolean}} person A mix is shown as a
   *   screen is: big, and whole.
   */
  constructor(person) {
    this.person = person;
    this.isScreen = person.isScreen ?? person.isMix ?? false;
    this.#video = this.#createVideo();
    this.#avatar.textContent = person.isMix ? '' : initials(person.name);
    const tag = el(
      'div',
      { class: 'tile-tag', 'aria-hidden': 'true' },
      this.#muted,
      this.#name,
      this.#quality,
    );
    this.element = el('li', { class: `tile voice-${voiceOf(person.name)}` }, this.#avatar, this.#video, tag);
    this.element.classList.toggle('is-screen', this.isScreen);
    this.element.classList.toggle('is-local', person.isLocal);
    this.element.classList.toggle('is-mix', person.isMix ?? false);
    this.#name.textContent = this.#title();
    this.#render();
  }

  /**
   * The picture is shown from its first frame on; until then there are the initials, or the picture before it.
   * @param {MediaStreamTrack | null} track
   */
  setVideo(track) {
    if (shownBy(this.#next ?? this.#video) === track) return;
    this.#next?.remove();
    this.#next = null;
    if (shownBy(this.#video) === track) return;
    if (track && this.element.classList.contains('has-video')) {
      this.#next = this.#createVideo();
      this.#next.srcObject = new MediaStream([track]);
      this.#video.after(this.#next);
    } else {
      this.element.classList.remove('has-video');
      this.#video.srcObject = track && new MediaStream([track]);
    }
  }

  /** @param {boolean} isMuted Whether nothing can be heard of the person. */
  setMuted(isMuted) {
    this.#isMuted = isMuted && !this.isScreen;
    this.#render();
  }

  /** @param {boolean} isSpeaking */
  setSpeaking(isSpeaking) {
    this.element.classList.toggle('is-speaking', isSpeaking && !this.isScreen);
  }

  /** @param {Quality | null} quality */
  setQuality(quality) {
    this.#level = quality;
    this.#render();
  }

  /** @param {string} content What a mix shows, in words. */
  setContent(content) {
    if (this.#content === content) return;
    this.#content = content;
    this.#render();
  }

  /** @param {import('./layout.js').Rect} rect */
  place({ x, y, width, height }) {
    const { style, classList } = this.element;
    style.transform = `translate(${x}px, ${y}px)`;
    style.width = `${width}px`;
    style.height = `${height}px`;
    style.setProperty('--tile-height', `${height}px`);
    classList.toggle('is-small', width < 180);
    classList.toggle('is-tiny', width < 130 || height < 72);
  }

  /** Plays what a strict browser held back; called while the person touches the page. */
  play() {
    const video = this.#next ?? this.#video;
    if (video.srcObject) void video.play().catch(() => undefined);
  }

  /** Lets the medium go. */
  destroy() {
    this.#video.srcObject = null;
    if (this.#next) this.#next.srcObject = null;
    this.element.remove();
  }

  #createVideo() {
    const video = el('video', { autoplay: true, playsinline: true, muted: true, tabindex: -1 });
    // The attribute alone does not silence an element that script made.
    video.muted = true;
    video.classList.toggle('is-mirrored', this.person.isLocal && !this.isScreen);
    video.addEventListener('loadeddata', () => this.#handleFrame(video));
    return video;
  }

  /** @param {HTMLVideoElement} video It has its first frame. */
  #handleFrame(video) {
    if (video === this.#next) {
      this.#video.srcObject = null;
      this.#video.remove();
      this.#video = video;
      this.#next = null;
    }
    this.element.classList.toggle('has-video', this.#video.srcObject !== null);
  }

  #title() {
    const { name, isLocal, isMix } = this.person;
    if (isMix) return `Everyone, mixed into one picture${this.#content && `: ${this.#content}`}`;
    if (this.isScreen) return isLocal ? 'Your screen' : `${name}’s screen`;
    return isLocal ? `${name} (you)` : name;
  }

  #render() {
    const quality = this.#level ? QUALITIES[this.#level] : null;
    this.#muted.hidden = !this.#isMuted;
    this.#quality.hidden = !quality || quality.bars === 3;
    this.#quality.dataset.bars = String(quality?.bars ?? 3);
    const parts = [this.#title(), this.#isMuted && 'muted', quality && quality.bars < 3 && quality.words];
    this.element.setAttribute('aria-label', parts.filter(Boolean).join(', '));
  }
}

/**
 * @param {HTMLVideoElement} video
 * @returns {MediaStreamTrack | null}
 */
function shownBy({ srcObject }) {
  return /** @type {MediaStream | null} */ (srcObject)?.getTracks()[0] ?? null;
}
