/**
 * What `RTCPeerConnection.getStats` tells, condensed to what a person asks: how much, how well, how fast, how big.
 * @module
 */

/**
 * One media section at one moment. Counters count from its beginning.
 * @typedef {object} Sample
 * @property {'send' | 'receive'} direction
 * @property {import('./protocol.js').Kind} kind
 * @property {number} atMs
 * @property {number} bytes
 * @property {number} packets
 * @property {number} packetsLost
 * @property {number} frames Encoded or decoded.
 * @property {number} nackCount
 * @property {number} pliCount
 * @property {number} retransmittedPackets
 * @property {number | null} jitterMs
 * @property {number | null} roundTripMs
 * @property {number | null} framesPerSecond
 * @property {number | null} width
 * @property {number | null} height
 * @property {string | null} codec Such as `VP8`.
 * @property {number | null} audioLevel 0 to 1.
 * @property {number} totalAudioEnergy
 * @property {number} freezeCount
 * @property {string | null} limitation Why the picture is not better: `cpu`, `bandwidth`, `other`.
 */

/** @typedef {Sample & {bitrateBps: number, lossPercent: number}} Rates What one sample and the one before tell together. */

/**
 * @typedef {object} TransportSample
 * @property {number} atMs
 * @property {string | null} protocol `udp` or `tcp`.
 * @property {string | null} remote Address and port of the server.
 * @property {number | null} roundTripMs
 * @property {number | null} availableOutgoingBps
 * @property {number} bytesSent
 * @property {number} bytesReceived
 * @property {string | null} dtlsVersion
 * @property {string | null} srtpCipher
 */

/** @typedef {{samples: Map<string, Sample>, transport: TransportSample}} Reading Samples by media section. */

/**
 * @param {Iterable<[string, any]>} report An `RTCStatsReport`.
 * @returns {Reading}
 */
export function readReport(report) {
  /** @type {Map<string, any>} */
  const stats = new Map(report);
  const transport = readTransport(stats);
  /** @type {Map<string, Sample>} */
  const samples = new Map();
  for (const entry of stats.values()) {
    if (entry.type !== 'outbound-rtp' && entry.type !== 'inbound-rtp') continue;
    const mid = String(entry.mid ?? entry.trackIdentifier ?? entry.id);
    const sample = readStream(entry, stats, transport);
    const other = samples.get(mid);
    samples.set(mid, other ? together(other, sample) : sample);
  }
  return { samples, transport };
}

/**
 * @param {Sample} sample
 * @param {Sample | undefined} before
 * @returns {Rates}
 */
export function rate(sample, before) {
  const isNext = before && before.bytes <= sample.bytes && before.atMs < sample.atMs;
  if (!isNext) return { ...sample, bitrateBps: 0, lossPercent: 0 };
  const seconds = (sample.atMs - before.atMs) / 1000;
  const lost = Math.max(0, sample.packetsLost - before.packetsLost);
  // A sender knows of losses what reports tell it, a while after it sent: never more than it sent.
  const passed = sample.packets - before.packets;
  const expected = sample.direction === 'receive' ? passed + lost : Math.max(passed, lost);
  /** @param {number} count */
  const perSecond = (count) => Math.round(count / seconds);
  return {
    ...sample,
    bitrateBps: perSecond((sample.bytes - before.bytes) * 8),
    lossPercent: expected > 0 ? Math.min(100, (100 * lost) / expected) : 0,
    framesPerSecond:
      sample.kind === 'audio' ? null : (sample.framesPerSecond ?? perSecond(sample.frames - before.frames)),
  };
}

/**
 * @param {any} entry
 * @param {Map<string, any>} stats
 * @param {TransportSample} transport
 * @returns {Sample}
 */
function readStream(entry, stats, transport) {
  const isSent = entry.type === 'outbound-rtp';
  const remote = isSent ? remoteReport(entry, stats) : undefined;
  const codec = stats.get(entry.codecId)?.mimeType?.split('/')[1];
  const source = stats.get(entry.mediaSourceId);
  const isVideo = entry.kind === 'video';
  return {
    direction: isSent ? 'send' : 'receive',
    kind: isVideo ? 'video' : 'audio',
    atMs: entry.timestamp,
    bytes: (isSent ? entry.bytesSent : entry.bytesReceived) ?? 0,
    packets: (isSent ? entry.packetsSent : entry.packetsReceived) ?? 0,
    packetsLost: (isSent ? remote?.packetsLost : entry.packetsLost) ?? 0,
    frames: (isSent ? entry.framesEncoded : entry.framesDecoded) ?? 0,
    nackCount: entry.nackCount ?? 0,
    pliCount: entry.pliCount ?? 0,
    retransmittedPackets: (isSent ? entry.retransmittedPacketsSent : entry.retransmittedPacketsReceived) ?? 0,
    jitterMs: milliseconds(isSent ? remote?.jitter : entry.jitter),
    roundTripMs: milliseconds(remote?.roundTripTime) ?? transport.roundTripMs,
    framesPerSecond: isVideo ? (entry.framesPerSecond ?? null) : null,
    width: entry.frameWidth ?? null,
    height: entry.frameHeight ?? null,
    codec: codec ?? null,
    audioLevel: (isSent ? source?.audioLevel : entry.audioLevel) ?? null,
    totalAudioEnergy: (isSent ? source?.totalAudioEnergy : entry.totalAudioEnergy) ?? 0,
    freezeCount: entry.freezeCount ?? 0,
    limitation: limitation(entry.qualityLimitationReason),
  };
}

/**
 * @param {any} entry
 * @param {Map<string, any>} stats
 */
function remoteReport(entry, stats) {
  const linked = stats.get(entry.remoteId);
  if (linked) return linked;
  for (const other of stats.values()) {
    if (other.type === 'remote-inbound-rtp' && other.ssrc === entry.ssrc) return other;
  }
  return undefined;
}

/**
 * Two encodings of one track: what both use, and the picture of the larger.
 * @param {Sample} a
 * @param {Sample} b
 * @returns {Sample}
 */
function together(a, b) {
  const larger = (b.width ?? 0) > (a.width ?? 0) ? b : a;
  return {
    ...larger,
    bytes: a.bytes + b.bytes,
    packets: a.packets + b.packets,
    packetsLost: a.packetsLost + b.packetsLost,
    nackCount: a.nackCount + b.nackCount,
    pliCount: a.pliCount + b.pliCount,
    retransmittedPackets: a.retransmittedPackets + b.retransmittedPackets,
  };
}

/**
 * @param {Map<string, any>} stats
 * @returns {TransportSample}
 */
function readTransport(stats) {
  const all = [...stats.values()];
  const transport = all.find((entry) => entry.type === 'transport');
  const pairs = all.filter((entry) => entry.type === 'candidate-pair');
  const pair =
    stats.get(transport?.selectedCandidatePairId) ??
    pairs.find((entry) => entry.selected) ??
    pairs.find((entry) => entry.nominated && entry.state === 'succeeded');
  const local = stats.get(pair?.localCandidateId);
  const remote = stats.get(pair?.remoteCandidateId);
  return {
    atMs: transport?.timestamp ?? pair?.timestamp ?? 0,
    protocol: local?.protocol ?? remote?.protocol ?? null,
    remote: remote ? `${remote.address ?? remote.ip}:${remote.port}` : null,
    roundTripMs: milliseconds(pair?.currentRoundTripTime),
    availableOutgoingBps: pair?.availableOutgoingBitrate ?? null,
    bytesSent: pair?.bytesSent ?? 0,
    bytesReceived: pair?.bytesReceived ?? 0,
    dtlsVersion: dtlsVersion(transport?.tlsVersion),
    srtpCipher: transport?.srtpCipher ?? null,
  };
}

/** @param {number | undefined} seconds */
function milliseconds(seconds) {
  return typeof seconds === 'number' ? seconds * 1000 : null;
}

/** @param {string | undefined} reason */
function limitation(reason) {
  return reason && reason !== 'none' ? reason : null;
}

/** @param {string | undefined} hex The version on the wire: DTLS counts down from `FEFF`. */
function dtlsVersion(hex) {
  const versions = new Map([
    ['FEFF', '1.0'],
    ['FEFD', '1.2'],
    ['FEFC', '1.3'],
  ]);
  return hex ? (versions.get(hex.toUpperCase()) ?? hex) : null;
}
