/**
 * How loud a microphone is.
 * @module
 */

const QUIETEST_DB = -60;

/**
 * Measures until stopped.
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} onLevel 0 to 1, once a frame.
 * @returns {() => void} Stops it.
 */
export function watchLevel(track, onLevel) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = requestAnimationFrame(measure);
  function measure() {
    analyser.getFloatTimeDomainData(samples);
    onLevel(loudness(samples));
    frame = requestAnimationFrame(measure);
  }
  return () => {
    cancelAnimationFrame(frame);
    void context.close();
  };
}

/**
 * @param {Float32Array} samples -1 to 1.
 * @returns {number} 0 to 1, even steps in decibels.
 */
export function loudness(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
}
