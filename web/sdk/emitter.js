/**
 * An EventTarget whose events are typed.
 * @module
 */

/**
 * An event with its detail typed.
 * @template Detail
 */
export class DetailEvent extends Event {
  /**
   * @param {string} type
   * @param {Detail} detail
   */
  constructor(type, detail) {
    super(type);
    /** What happened. */
    this.detail = detail;
  }
}

/**
 * `Events` maps each event's name to the type of its `detail`.
 * @template {Record<string, any>} Events
 */
export class Emitter extends EventTarget {
  /**
   * Listens. `addEventListener` works as well; this one knows the types and returns what ends the listening.
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {(detail: Events[Name]) => void} listener
   * @param {AddEventListenerOptions} [options]
   * @returns {() => void}
   */
  on(name, listener, options) {
    /** @param {Event} event */
    const handle = (event) => listener(/** @type {DetailEvent<Events[Name]>} */ (event).detail);
    this.addEventListener(name, handle, options);
    return () => this.removeEventListener(name, handle, options);
  }

  /**
   * Tells the listeners.
   * @template {keyof Events & string} Name
   * @param {Name} name
   * @param {Events[Name]} detail
   */
  emit(name, detail) {
    this.dispatchEvent(new DetailEvent(name, detail));
  }
}
