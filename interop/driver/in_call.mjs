// What runs inside the pages of tests about moves and mixes: what is heard over time, which tones there are, and which colours
// stand where. As in_page.mjs it looks at what the browser plays and shows, not at what the page says of itself.

/** Runs before the page's own scripts: microphones without what would take a steady tone for noise. */
export function plainMicrophones() {
  const { mediaDevices } = navigator;
  if (!mediaDevices) return;
  const native = mediaDevices.getUserMedia.bind(mediaDevices);
  const off = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  mediaDevices.getUserMedia = (wish) => native(wish?.audio ? { ...wish, audio: { ...wish.audio, ...off } } : wish);
}

/**
 * Listens from here on to all that the page's own audio elements play, and reads what receivers count. Every tick notes how
 * strong each of `tones` is in the sum of what sounds.
 */
export async function startHearing(tones) {
  const WINDOW = 2048;
  const audio = new AudioContext();
  await audio.resume();
  const analysers = new Map();
  const heard = { ticks: [], readings: [], windowMs: (1000 * WINDOW) / audio.sampleRate };
  const wave = new Float32Array(WINDOW);
  const sounding = () =>
    [...document.querySelectorAll('audio')]
      .filter((element) => !element.paused && !element.muted && element.srcObject)
      .flatMap((element) => element.srcObject.getAudioTracks())
      .filter((track) => track.enabled && track.readyState === 'live');
  const analyserOf = (track) => {
    let analyser = analysers.get(track);
    if (!analyser) {
      analyser = new AnalyserNode(audio, { fftSize: WINDOW });
      audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      analysers.set(track, analyser);
    }
    return analyser;
  };
  // Tracks that a connection receives are listened to before the page plays them, so that the ear is no reason for a gap.
  const prepare = () => {
    for (const connection of window.interop.all) {
      if (connection.connectionState === 'closed') continue;
      for (const { track } of connection.getReceivers()) if (track?.kind === 'audio') analyserOf(track);
    }
  };
  /** Goertzel: how strong one frequency is, as the amplitude of a sine. */
  const strength = (samples, frequency) => {
    const turn = (2 * Math.PI * frequency) / audio.sampleRate;
    const twice = 2 * Math.cos(turn);
    let [before, last] = [0, 0];
    for (const sample of samples) [before, last] = [last, sample + twice * last - before];
    return (2 * Math.sqrt(before ** 2 + last ** 2 - twice * before * last)) / samples.length;
  };
  const listen = () => {
    prepare();
    const sum = new Float32Array(WINDOW);
    const tracks = new Set(sounding());
    for (const track of tracks) {
      analyserOf(track).getFloatTimeDomainData(wave);
      for (let index = 0; index < WINDOW; index += 1) sum[index] += wave[index];
    }
    const levels = tones.map((tone) => strength(sum, tone));
    heard.ticks.push({ at: performance.now(), levels, sounding: [...tracks].map(({ id }) => id) });
  };
  /** What was received and not made up, of all tracks. A busy browser answers late: a reading is of some moment between `asked` and `at`. */
  const readOne = async (connection) => {
    const asked = performance.now();
    const reports = await connection.getStats();
    const at = performance.now();
    for (const report of reports.values()) {
      if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
      const real = (report.totalSamplesReceived ?? 0) - (report.concealedSamples ?? 0);
      heard.readings.push({ id: report.trackIdentifier, asked, at, real });
    }
  };
  const read = () => Promise.all(window.interop.all.filter(({ connectionState }) => connectionState !== 'closed').map(readOne));
  const ticking = setInterval(listen, 20);
  let isOn = true;
  const reading = (async () => {
    while (isOn) {
      await read();
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  })();
  window.interop.stopHearing = async () => {
    clearInterval(ticking);
    isOn = false;
    await reading;
    await audio.close();
    return heard;
  };
}

export function stopHearing() {
  return window.interop.stopHearing();
}

/** How strong each of `tones` is in the sum of what the page plays, over half a second. */
export async function tonesHeard(tones) {
  const audio = new AudioContext();
  await audio.resume();
  const tracks = [...document.querySelectorAll('audio')]
    .filter((element) => !element.paused && !element.muted && element.srcObject)
    .flatMap((element) => element.srcObject.getAudioTracks());
  const analyser = new AnalyserNode(audio, { fftSize: 16384, smoothingTimeConstant: 0 });
  for (const track of tracks) audio.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, 900));
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  await audio.close();
  const bin = (tone) => Math.round((tone * analyser.fftSize) / audio.sampleRate);
  const peak = (tone) => Math.max(...spectrum.slice(bin(tone) - 3, bin(tone) + 4));
  return { tracks: tracks.length, levels: tones.map(peak) };
}

/** Which videos the page shows: their size, and a raster of their colours as [r, g, b], row by row. */
export async function rasters(columns, rows) {
  const videos = [...document.querySelectorAll('.stage-tiles video')].filter((video) => video.srcObject && video.videoWidth > 0);
  const canvas = new OffscreenCanvas(columns * 8, rows * 8);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return videos.map((video) => {
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const colours = [];
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const at = 4 * ((row * 8 + 4) * canvas.width + column * 8 + 4);
        colours.push([data[at], data[at + 1], data[at + 2]]);
      }
    }
    const tile = video.closest('.tile');
    return { isMix: tile.classList.contains('is-mix'), isLocal: tile.classList.contains('is-local'), width: video.videoWidth, colours };
  });
}

/** What the room of the page says of itself: for tests that follow a move. */
export function roomState() {
  const { room, error } = window.motet;
  if (!room) return { error: error?.reason };
  const tracks = [...room.participants.values()].flatMap((person) => [...person.tracks.values()]);
  const { topology, intent, view, epoch, state, reason } = room.move;
  return { topology, intent, view, epoch, state, reason, tracks: tracks.map(({ id }) => id), selfId: room.local.id };
}
