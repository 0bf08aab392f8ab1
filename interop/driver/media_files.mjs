// Pictures and sounds that can be told apart: a y4m of one colour with a moving bar, a wav of one tone.

import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of the test's own that is taken away in the end. */
export async function temporaryFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), 'motet-interop-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** BT.601 studio range, which is what y4m carries. */
function toYuv([r, g, b]) {
  return [
    Math.round(16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255),
    Math.round(128 + (-37.797 * r - 74.203 * g + 112 * b) / 255),
    Math.round(128 + (112 * r - 93.786 * g - 18.214 * b) / 255),
  ];
}

/** Writes `frames` frames of one colour over which a thin grey bar walks, so that pictures change. */
export async function writeY4m(file, colour, { width = 320, height = 240, fps = 20, frames = 40 } = {}) {
  const [y, u, v] = toYuv(colour);
  const out = createWriteStream(file);
  out.write(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`);
  for (let frame = 0; frame < frames; frame += 1) {
    const luma = Buffer.alloc(width * height, y);
    const bar = Math.floor((frame * width) / frames);
    for (let row = 0; row < height; row += 1) luma.fill(128, row * width + bar, row * width + Math.min(bar + 8, width));
    out.write('FRAME\n');
    out.write(luma);
    out.write(Buffer.alloc((width * height) / 4, u));
    out.write(Buffer.alloc((width * height) / 4, v));
  }
  await new Promise((resolve, reject) => out.end(resolve).once('error', reject));
}

/** Writes `frames` frames of coarse, faint noise that changes with each: more than an encoder can leave out. */
export async function writeBusyY4m(file, { width = 320, height = 240, fps = 15, frames = 30, grain = 40 } = {}) {
  const out = createWriteStream(file);
  out.write(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`);
  let state = 1;
  const luma = Buffer.alloc(width * height);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let block = 0; block < (width / grain) * (height / grain); block += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      const [left, top] = [(block % (width / grain)) * grain, Math.floor(block / (width / grain)) * grain];
      const grey = 100 + ((state >>> 16) % 50);
      for (let row = top; row < top + grain; row += 1) luma.fill(grey, row * width + left, row * width + left + grain);
    }
    out.write('FRAME\n');
    out.write(Buffer.from(luma));
    out.write(Buffer.alloc((width * height) / 2, 128));
  }
  await new Promise((resolve, reject) => out.end(resolve).once('error', reject));
}

/** Writes a sine of `frequency` Hz: 48 kHz, mono, 16 bits, a whole number of seconds so that it repeats without a click. */
export async function writeWav(file, frequency, { seconds = 4, rate = 48_000 } = {}) {
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let n = 0; n < seconds * rate; n += 1) {
    samples.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * frequency * n) / rate)), n * 2);
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  await writeFile(file, Buffer.concat([header, samples]));
}
