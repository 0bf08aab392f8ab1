// What runs inside the pages of a test: watches every RTCPeerConnection and looks at pictures and sound.
// It knows browsers only, nothing of Motet's own page, so that the page cannot be wrong together with its test.

/** Runs before the page's own scripts. */
export function watchPeerConnections() {
  const Native = window.RTCPeerConnection;
  const all = [];
  const playing = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...args) {
      super(...args);
      all.push(this);
      // Chromium counts the energy of a remote track only while an element plays it.
      this.addEventListener('track', ({ track }) => {
        if (track.kind !== 'audio') return;
        const element = new Audio();
        element.srcObject = new MediaStream([track]);
        element.play().catch(() => {});
        track.addEventListener('ended', () => (element.srcObject = null));
        playing.push(element);
      });
    }
  };
  window.interop = { all };
}

/** Condensed statistics of all live connections: one entry per stream, and the paths in use. */
export async function mediaStats() {
  const seen = { inbound: [], outbound: [], paths: [], states: [] };
  // Firefox never answers for a connection that is closed meanwhile.
  const statsOf = async (connection) => {
    let timer;
    const closed = new Promise((resolve) => {
      timer = setInterval(() => connection.connectionState === 'closed' && resolve(null), 50);
    });
    return Promise.race([connection.getStats(), closed]).finally(() => clearInterval(timer));
  };
  for (const connection of window.interop.all) {
    if (connection.connectionState === 'closed') continue;
    const reports = await statsOf(connection);
    if (!reports) continue;
    seen.states.push(connection.connectionState);
    const codec = (report) => reports.get(report.codecId)?.mimeType ?? '';
    for (const report of reports.values()) {
      if (report.type === 'inbound-rtp') {
        seen.inbound.push({
          kind: report.kind,
          codec: codec(report),
          trackIdentifier: report.trackIdentifier,
          framesDecoded: report.framesDecoded ?? 0,
          keyFramesDecoded: report.keyFramesDecoded ?? 0,
          frozenSeconds: report.totalFreezesDuration ?? 0,
          width: report.frameWidth ?? 0,
          packetsReceived: report.packetsReceived,
          bytesReceived: report.bytesReceived,
          packetsLost: report.packetsLost,
          nackCount: report.nackCount ?? 0,
          pliCount: report.pliCount ?? 0,
          retransmitted: report.retransmittedPacketsReceived ?? 0,
          audioEnergy: report.totalAudioEnergy ?? 0,
          concealed: report.concealedSamples ?? 0,
          samples: report.totalSamplesReceived ?? 0,
        });
      }
      if (report.type === 'outbound-rtp') {
        seen.outbound.push({
          kind: report.kind,
          codec: codec(report),
          framesEncoded: report.framesEncoded ?? 0,
          packetsSent: report.packetsSent,
          nackCount: report.nackCount ?? 0,
          pliCount: report.pliCount ?? 0,
          retransmitted: report.retransmittedPacketsSent ?? 0,
          bitrateTarget: report.targetBitrate ?? 0,
        });
      }
      if (report.type === 'candidate-pair' && report.nominated && report.state === 'succeeded') {
        const local = reports.get(report.localCandidateId);
        const remote = reports.get(report.remoteCandidateId);
        seen.paths.push({
          protocol: remote?.protocol,
          type: local?.candidateType,
          relayProtocol: local?.relayProtocol,
          local: local?.address,
          remote: remote?.address,
          roundTrip: report.currentRoundTripTime,
        });
      }
    }
  }
  return seen;
}

/**
 * Looks at each remote video twice: mean colour as [r, g, b], and whether the picture changed in between.
 * Every track gets an element of the test's own, so it is seen that it decodes, not that the page shows it.
 */
export async function lookAtPictures() {
  const tracksOf = () =>
    window.interop.all
      .filter((connection) => connection.connectionState !== 'closed')
      .flatMap((connection) => connection.getReceivers())
      .map((receiver) => receiver.track)
      .filter((track) => track?.kind === 'video' && track.readyState === 'live' && !track.muted);
  const canvas = new OffscreenCanvas(64, 36);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const grab = (video) => {
    context.drawImage(video, 0, 0, 64, 36);
    return context.getImageData(0, 0, 64, 36).data;
  };
  const mean = (data) => {
    const sums = [0, 0, 0];
    for (let index = 0; index < data.length; index += 4) for (const c of [0, 1, 2]) sums[c] += data[index + c];
    return sums.map((sum) => Math.round(sum / (data.length / 4)));
  };
  const nextFrame = (video) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), 3000);
      video.requestVideoFrameCallback(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  const look = async (track) => {
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = new MediaStream([track]);
    await video.play().catch(() => {});
    if (!(await nextFrame(video))) return { id: track.id, width: 0, changed: false, colour: [0, 0, 0] };
    const first = grab(video);
    let changed = false;
    let last = first;
    for (let turn = 0; turn < 40 && !changed; turn += 1) {
      if (!(await nextFrame(video))) break;
      last = grab(video);
      changed = last.some((value, index) => value !== first[index]);
    }
    const seen = { id: track.id, width: video.videoWidth, height: video.videoHeight, changed, colour: mean(last) };
    video.srcObject = null;
    return seen;
  };
  return Promise.all(tracksOf().map(look));
}

/** Listens to each remote audio track: the loudest frequency in Hz and the root mean square, over about half a second. */
export async function listenToSound() {
  const tracks = window.interop.all
    .filter((connection) => connection.connectionState !== 'closed')
    .flatMap((connection) => connection.getReceivers())
    .map((receiver) => receiver.track)
    .filter((track) => track?.kind === 'audio' && track.readyState === 'live');
  const audio = new AudioContext();
  await audio.resume();
  const listen = async (track) => {
    const stream = new MediaStream([track]);
    // Chromium delivers a remote track to Web Audio only while a media element plays it too.
    const element = new Audio();
    element.srcObject = stream;
    await element.play().catch(() => {});
    const analyser = new AnalyserNode(audio, { fftSize: 8192, smoothingTimeConstant: 0 });
    const source = audio.createMediaStreamSource(stream);
    source.connect(analyser);
    const spectrum = new Float32Array(analyser.frequencyBinCount);
    const wave = new Float32Array(analyser.fftSize);
    let best = { id: track.id, frequency: 0, level: 0 };
    const end = performance.now() + 4000;
    while (performance.now() < end && best.level < 0.01) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      analyser.getFloatFrequencyData(spectrum);
      analyser.getFloatTimeDomainData(wave);
      const level = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
      const peak = spectrum.reduce((at, value, index) => (value > spectrum[at] ? index : at), 0);
      if (level > best.level) best = { id: track.id, frequency: (peak * audio.sampleRate) / analyser.fftSize, level };
    }
    source.disconnect();
    element.srcObject = null;
    return best;
  };
  const heard = await Promise.all(tracks.map(listen));
  await audio.close();
  return heard;
}
