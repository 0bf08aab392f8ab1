// Rooms whose server mixes: each receives one picture and one sound. The picture has everybody's colour where the layout puts it,
// the sound has the others' tones and not one's own; for Chromium, Firefox, GStreamer and aiortc.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium, startFirefox } from '../driver/browsers.mjs';
import { named, regions } from '../driver/hearing.mjs';
import { temporaryFolder, writeWav, writeY4m } from '../driver/media_files.mjs';
import { startAiortc, startGStreamer } from '../driver/programs.mjs';
import { Server, ownAddress, until } from '../driver/server.mjs';

const SMALL = { width: 500, height: 400 };
const COLUMNS = 48;
const ROWS = 27;
const PEOPLE = [
  { name: 'red', colour: [200, 30, 30], tone: 600 },
  { name: 'blue', colour: [30, 40, 200], tone: 1500 },
  { name: 'green', colour: [20, 150, 40], tone: 2600 },
];
const COLOURS = Object.fromEntries(PEOPLE.map(({ name, colour }) => [name, colour]));
const TONES = PEOPLE.map(({ tone }) => tone);
/** How much louder a voice is than what leaks of one that should not be there, in dB. */
const APART_DB = 20;

let server;
let files;
const browsers = [];
const people = [];
before(async () => {
  // Firefox does not talk to loopback candidates.
  server = await Server.start({ rtcIps: [ownAddress()] });
  files = await temporaryFolder();
  for (const { name, colour, tone } of PEOPLE) {
    const video = path.join(files.folder, `${name}.y4m`);
    const audio = path.join(files.folder, `${name}.wav`);
    await writeY4m(video, colour, { fps: 10 });
    await writeWav(audio, tone);
    browsers.push(await startChromium({ video, audio }));
  }
});
after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server?.stop();
  await files?.remove();
});

/** The mixed picture as this page shows it: which colour fills which part. */
async function seen(person) {
  const raster = (await person.rasters(COLUMNS, ROWS)).find(({ isMix }) => isMix);
  return raster ? regions(named(raster.colours, COLOURS), COLUMNS, ROWS) : {};
}

/** Waits until `judge` likes what every page shows of the mix. */
async function everybodySees(what, judge) {
  for (const person of people) {
    let last;
    await until(what, async () => judge((last = await seen(person)))).catch((error) => {
      throw new Error(`${error.message}\n  seen last: ${JSON.stringify(last)}`);
    });
  }
}

const setLayout = (layout) => people[0].page.evaluate((wanted) => window.motet.room.setLayout(wanted), layout);
const near = (a, b, tolerance = 0.06) => Math.abs(a - b) <= tolerance;
const all = (found) => PEOPLE.every(({ name }) => found[name]);
const inside = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;

test('three Chromium receive one picture and one sound each', { timeout: 120_000 }, async () => {
  for (const [index, { name }] of PEOPLE.entries()) {
    const url = server.callUrl('mcu', name, { topology: 'mcu', codec: 'vp8' });
    people.push(await browsers[index].open(url, { viewport: SMALL, isPlain: true }));
  }
  await Promise.all(people.map((person) => person.settles('mcu', 'mix')));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
  for (const person of people) {
    const receiving = await person.page.evaluate(() =>
      window.interop.all
        .filter(({ connectionState }) => connectionState !== 'closed')
        .flatMap((connection) => connection.getTransceivers())
        .filter(({ currentDirection }) => currentDirection === 'recvonly' || currentDirection === 'sendrecv')
        .map(({ receiver }) => receiver.track.kind)
        .sort(),
    );
    assert.deepEqual(receiving, ['audio', 'video']);
  }
});

test('each hears the others\' tones and not its own', { timeout: 60_000 }, async () => {
  for (const [own, person] of people.entries()) {
    let last;
    await until(`${PEOPLE[own].name} hears the others alone`, async () => {
      last = await person.tonesHeard(TONES);
      const others = last.levels.filter((_, index) => index !== own);
      return Math.min(...others) > last.levels[own] + APART_DB;
    }).catch((error) => {
      throw new Error(`${error.message}\n  heard last: ${JSON.stringify(last)}`);
    });
  }
});

test('in every layout the right colours are in the right cells', { timeout: 150_000 }, async () => {
  await setLayout({ arrangement: 'grid', fit: 'crop' });
  await everybodySees('three equal cells that do not cover each other', (found) => {
    if (!all(found)) return false;
    const shares = PEOPLE.map(({ name }) => found[name].share);
    return Math.max(...shares) < 1.3 * Math.min(...shares) && shares.every((share) => share > 0.17);
  });
  await setLayout({ arrangement: 'speakerStrip', fit: 'crop' });
  await everybodySees('one large, the others in a strip', (found) => {
    const shares = Object.values(found).map(({ share }) => share).sort((a, b) => b - a);
    return all(found) && shares[0] > 3 * shares[1] && near(shares[1], shares[2], 0.04);
  });
  await setLayout({ arrangement: 'sideBySide', fit: 'crop' });
  await everybodySees('two beside each other', (found) => {
    const both = Object.values(found).filter(({ share }) => share > 0.05).sort((a, b) => a.left - b.left);
    return both.length === 2 && near(both[0].share, both[1].share) && both[0].right <= both[1].left + 0.03;
  });
  await setLayout({ arrangement: 'pictureInPicture', fit: 'crop' });
  await everybodySees('a small one within a large one', (found) => {
    const both = Object.values(found).filter(({ share }) => share > 0.02).sort((a, b) => b.share - a.share);
    return both.length === 2 && both[0].share > 0.6 && inside(both[1], both[0]);
  });
  await setLayout({ arrangement: 'single', fit: 'crop' });
  await everybodySees('one alone', (found) => {
    const shares = Object.values(found).map(({ share }) => share);
    return Math.max(...shares) > 0.85 && shares.filter((share) => share > 0.02).length === 1;
  });
  // A grid of whole pictures leaves bars where 4:3 does not fill the cell.
  await setLayout({ arrangement: 'single', fit: 'letterbox' });
  await everybodySees('one whole, with bars at its sides', (found) => {
    const [shown] = Object.values(found).filter(({ share }) => share > 0.3);
    return shown && shown.right - shown.left < 0.85 && shown.bottom - shown.top > 0.9;
  });
});

test('cells of a custom layout show whom they name', { timeout: 60_000 }, async () => {
  const ids = await Promise.all(people.map(async (person) => (await person.room()).selfId));
  const cells = [
    { x: 0, y: 0, w: 0.5, h: 1, who: ids[2] },
    { x: 0.5, y: 0, w: 0.5, h: 0.5, who: ids[0] },
    { x: 0.5, y: 0.5, w: 0.5, h: 0.5, who: ids[1] },
  ];
  await setLayout({ arrangement: 'custom', fit: 'crop', cells });
  await everybodySees('green at the left, red above blue at the right', ({ red, green, blue }) => {
    if (!red || !green || !blue) return false;
    const isLeft = near(green.left, 0) && near(green.right, 0.5) && green.bottom - green.top > 0.9;
    const isRight = red.left > 0.44 && blue.left > 0.44 && red.bottom < 0.56 && blue.top > 0.44;
    return isLeft && isRight;
  });
  await setLayout({ arrangement: 'grid', fit: 'crop' });
});

test('Firefox, GStreamer and aiortc join the mix, and all see and hear it', { timeout: 180_000 }, async () => {
  // One Chromium stays, for what it sees of the others.
  await Promise.all(people.slice(1).map((person) => person.page.close()));
  const [red] = people;
  const firefox = await startFirefox();
  browsers.push(firefox);
  const fox = await firefox.open(server.callUrl('mcu', 'fox', { codec: 'vp8' }), { viewport: SMALL });
  await fox.settles('mcu', 'mix');
  const programs = [];
  try {
    programs.push(await startGStreamer({ url: server.signalUrl, room: 'mcu', codec: 'H264', tone: 1100, topologies: 'sfu,mcu' }));
    programs.push(await startAiortc({ url: server.signalUrl, room: 'mcu', colour: '30,40,200', tone: 1500, topologies: 'sfu,mcu' }));
    await Promise.all([
      red.seesAndHears({ videos: 1, audios: 1 }),
      fox.seesAndHears({ videos: 1, audios: 1 }),
      ...programs.map((program) => program.seesAndHears({ videos: 1, audios: 1 })),
    ]);
    await until('the one of aiortc and oneself are in the picture', async () => {
      const found = await seen(red);
      return found.red?.share > 0.1 && found.blue?.share > 0.1;
    });
    await until('the tones of both programs are in the sound, and not one\'s own', async () => {
      const { levels } = await red.tonesHeard([600, 1100, 1500]);
      return Math.min(levels[1], levels[2]) > levels[0] + APART_DB;
    });
    for (const program of programs) {
      const kinds = Object.values(program.remote()).map(({ kind }) => kind).sort();
      assert.deepEqual(kinds, ['audio', 'video'], `${program.name} receives one of each`);
    }
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
  }
});
