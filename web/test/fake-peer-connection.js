/**
 * A PeerConnection without media, for tests: it negotiates by the rules that browsers follow, with its sections as JSON where
 * they have SDP. A first offer that is taken back spoils it, as it does Chromium's.
 */

let lastTrack = 0;

/** @param {string} kind @returns {any} */
export function fakeMedium(kind) {
  const medium = new EventTarget();
  return Object.assign(medium, { id: `medium ${++lastTrack}`, kind, enabled: true, readyState: 'live', stop() {} });
}

/** @typedef {{mid: string, kind: string, direction: string}} Section */

export class FakePeerConnection extends EventTarget {
  /** All that were made, in order. @type {FakePeerConnection[]} */
  static all = [];

  signalingState = 'stable';
  connectionState = 'new';
  iceConnectionState = 'new';
  /** @type {any} */ localDescription = null;
  /** @type {any} */ remoteDescription = null;
  /** @type {(() => void) | null} */ onnegotiationneeded = null;
  /** @type {(() => void) | null} */ onconnectionstatechange = null;
  onicecandidate = null;
  restarts = 0;
  /** @type {any[]} */ #transceivers = [];
  /** Sections that the open offer brought, for a rollback. @type {any[]} */
  #fresh = [];
  #lastMid = 0;
  #isRestarting = false;
  #isScheduled = false;
  /** Descriptions that are being set: until then nothing is said of a need to negotiate. */
  #operations = 0;
  #isSpoilt = false;

  constructor() {
    super();
    FakePeerConnection.all.push(this);
  }

  getTransceivers() {
    return this.#transceivers;
  }

  getReceivers() {
    return this.#transceivers.map(({ receiver }) => receiver);
  }

  getSenders() {
    return this.#transceivers.map(({ sender }) => sender);
  }

  async getStats() {
    return new Map();
  }

  /** @param {any} trackOrKind @param {any} [init] */
  addTransceiver(trackOrKind, init = {}) {
    const kind = trackOrKind.kind ?? trackOrKind;
    const transceiver = this.#create(kind, init.direction ?? 'sendrecv', null);
    transceiver.sender.track = trackOrKind.kind ? trackOrKind : null;
    transceiver.sender.parameters = { encodings: init.sendEncodings ?? [{}] };
    this.#schedule();
    return transceiver;
  }

  restartIce() {
    this.restarts += 1;
    this.#isRestarting = true;
    this.#schedule();
  }

  async setLocalDescription() {
    return this.#operate(() => this.#setLocal());
  }

  /** @param {{type: string, sdp: string}} description */
  async setRemoteDescription(description) {
    return this.#operate(() => this.#setRemote(description));
  }

  /** @param {() => void} operation */
  async #operate(operation) {
    this.#operations += 1;
    await null;
    this.#operations -= 1;
    this.#assertOpen();
    try {
      operation();
    } finally {
      this.#schedule();
    }
  }

  #setLocal() {
    if (this.signalingState === 'have-remote-offer') return this.#answer();
    if (this.#isSpoilt) throw new Error('an offer after the first one was taken back');
    for (const transceiver of this.#transceivers) {
      if (transceiver.mid !== null) continue;
      transceiver.mid = `${++this.#lastMid}`;
      this.#fresh.push(transceiver);
    }
    this.#isRestarting = false;
    this.signalingState = 'have-local-offer';
    this.localDescription = { type: 'offer', sdp: JSON.stringify(this.#sections()) };
  }

  /** @param {{type: string, sdp: string}} description */
  #setRemote(description) {
    const isOffer = description.type === 'offer';
    if (isOffer && this.signalingState === 'have-local-offer') this.#rollBack();
    if (!isOffer && this.signalingState !== 'have-local-offer') throw new Error(`an answer while ${this.signalingState}`);
    const sections = JSON.parse(description.sdp);
    for (const section of sections) this.#applySection(section, isOffer);
    this.remoteDescription = description;
    if (isOffer) this.signalingState = 'have-remote-offer';
    else this.#settle(sections);
  }

  /** @param {any} candidate */
  async addIceCandidate(candidate) {
    await null;
    if (!this.remoteDescription) throw new Error(`a candidate before its description: ${candidate}`);
  }

  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.iceConnectionState = state;
    this.onconnectionstatechange?.();
    this.dispatchEvent(new Event('iceconnectionstatechange'));
  }

  close() {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
  }

  #answer() {
    const remote = /** @type {Section[]} */ (JSON.parse(this.remoteDescription.sdp));
    const sections = this.#sections();
    this.localDescription = { type: 'answer', sdp: JSON.stringify(sections) };
    this.#settle(remote);
  }

  /** @param {Section[]} remote */
  #settle(remote) {
    for (const { mid, direction } of remote) {
      const transceiver = this.#transceivers.find((other) => other.mid === mid);
      const sends = transceiver.direction.includes('send') && direction.includes('recv');
      const receives = transceiver.direction.includes('recv') && direction.includes('send');
      transceiver.currentDirection = named(sends, receives);
      transceiver.negotiated = transceiver.direction;
    }
    this.#fresh = [];
    this.signalingState = 'stable';
    this.#schedule();
  }

  #rollBack() {
    this.#isSpoilt = this.remoteDescription === null;
    for (const transceiver of this.#fresh) transceiver.mid = null;
    this.#fresh = [];
    this.signalingState = 'stable';
  }

  /** @param {Section} section @param {boolean} isOffer */
  #applySection({ mid, kind, direction }, isOffer) {
    const known = this.#transceivers.find((other) => other.mid === mid);
    if (!known && isOffer) this.#create(kind, direction.includes('send') ? 'recvonly' : 'inactive', mid);
    this.#lastMid = Math.max(this.#lastMid, Number(mid));
  }

  /** @returns {Section[]} */
  #sections() {
    return this.#transceivers
      .filter(({ mid }) => mid !== null)
      .map(({ mid, direction, receiver }) => ({ mid, kind: receiver.track.kind, direction }));
  }

  /** @param {string} kind @param {string} direction @param {string | null} mid */
  #create(kind, direction, mid) {
    const medium = fakeMedium(kind);
    const counts = { type: 'inbound-rtp', packetsReceived: 0, framesDecoded: 0 };
    const sender = {
      /** @type {any} */ track: null,
      parameters: { encodings: [{}] },
      async replaceTrack(/** @type {any} */ track) {
        sender.track = track;
      },
      getParameters: () => structuredClone(sender.parameters),
      async setParameters(/** @type {any} */ parameters) {
        sender.parameters = parameters;
      },
    };
    const receiver = { track: medium, counts, getStats: async () => new Map([['in', { ...counts }]]) };
    const owner = this;
    const transceiver = {
      mid,
      currentDirection: null,
      negotiated: mid === null ? null : direction,
      sender,
      receiver,
      wished: direction,
      get direction() {
        return transceiver.wished;
      },
      set direction(wished) {
        transceiver.wished = wished;
        owner.#schedule();
      },
    };
    this.#transceivers.push(transceiver);
    return transceiver;
  }

  #schedule() {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // A task of its own, so that whoever awaited a description goes on before.
    setImmediate(() => {
      this.#isScheduled = false;
      const isChanged = this.#transceivers.some(({ negotiated, direction }) => negotiated !== direction);
      const isFree = this.signalingState === 'stable' && this.#operations === 0;
      if (isFree && (isChanged || this.#isRestarting)) this.onnegotiationneeded?.();
    });
  }

  #assertOpen() {
    if (this.signalingState === 'closed') throw new Error('the connection is closed');
  }
}

/** @param {boolean} sends @param {boolean} receives */
function named(sends, receives) {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}

/** Lets everything that waits for nothing but a turn have it. */
export async function turns(count = 60) {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What pages have and programs have not. */
export function installBrowser() {
  FakePeerConnection.all = [];
  class FakeStream {}
  Object.assign(globalThis, { RTCPeerConnection: FakePeerConnection, MediaStream: FakeStream });
}
