/**
 * Keeps a PeerConnection's way through the network open.
 * @module
 */
import { backoffMs } from './backoff.js';

/** Browsers call a path disconnected after a few silent seconds and often find it again by themselves. */
const PATIENCE_MS = 3_000;

/**
 * Watches a PeerConnection and asks for an ICE restart when its path is lost.
 */
export class PathGuard {
  #pc;
  #restart;
  #onPath;
  #isLost = false;
  #attempt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #onChange = () => this.#consider();

  /**
   * @param {RTCPeerConnection} pc
   * @param {{restart: () => void, onChange: (isLost: boolean) => void}} handlers
   */
  constructor(pc, { restart, onChange }) {
    this.#pc = pc;
    this.#restart = restart;
    this.#onPath = onChange;
    pc.addEventListener('iceconnectionstatechange', this.#onChange);
  }

  /** The network changed or the socket came back: what is lost is restarted at once. */
  check() {
    if (!isLost(this.#pc)) return;
    this.#attempt = 1;
    this.#clear();
    this.#restart();
    this.#schedule();
  }

  /** Whoever was told that the path is lost need not look out for it any longer. */
  close() {
    this.#clear();
    this.#tell(false);
    this.#pc.removeEventListener('iceconnectionstatechange', this.#onChange);
  }

  #consider() {
    if (isLost(this.#pc)) {
      this.#tell(true);
      this.#schedule();
    } else if (isThere(this.#pc)) {
      this.#tell(false);
      this.#attempt = 0;
      this.#clear();
    }
  }

  /** @param {boolean} isLost */
  #tell(isLost) {
    if (this.#isLost === isLost) return;
    this.#isLost = isLost;
    this.#onPath(isLost);
  }

  #schedule() {
    if (this.#timer !== undefined) return;
    const isFailed = this.#pc.iceConnectionState === 'failed';
    const waitMs = isFailed && this.#attempt === 0 ? 0 : Math.max(PATIENCE_MS, backoffMs(this.#attempt));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!isLost(this.#pc)) return;
      this.#attempt += 1;
      this.#restart();
      this.#schedule();
    }, waitMs);
  }

  #clear() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** @param {RTCPeerConnection} pc */
function isLost(pc) {
  return pc.iceConnectionState === 'failed' || pc.iceConnectionState === 'disconnected';
}

/** @param {RTCPeerConnection} pc */
function isThere(pc) {
  return pc.iceConnectionState === 'connected' || pc.iceConnectionState === 'completed';
}
