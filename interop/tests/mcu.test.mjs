// Rooms whose server mixes: each receives one picture and one sound. The picture has everybody's colour where the layout puts it,
// the sound has the others' tones and not one's own; for Chromium, Firefox, GStreamer and aiortc.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium, startFirefox } from '../driver/browsers.mjs';
import { COLUMNS as CELL_COLUMNS, ROWS as CELL_ROWS, haveShape, wrongIn } from '../driver/cells.mjs';
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

const setLayout = (layout) => people[0].page.evaluate((wanted) => window.motet.room.setLayout(wanted), layout);

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

/** Names by participant, as the pages know each other. */
let nameOf = {};

/** What is wrong with the mixed picture of a page, by the cells that the server told it of. */
async function wrongOn(person, { shape, fit, dark = [], who = () => true }) {
  const cells = await person.page.evaluate(() => window.motet.room.mixCells);
  const told = `the server tells of ${JSON.stringify(cells)}`;
  if (!haveShape(cells, shape)) return [`other cells: ${told}`];
  if (!who(cells.map(({ participantId }) => nameOf[participantId]))) return [`others in the cells: ${told}`];
  const raster = (await person.rasters(CELL_COLUMNS, CELL_ROWS)).find(({ isMix }) => isMix);
  if (!raster) return ['no picture of the mix'];
  const whose = (id) => (dark.includes(nameOf[id]) ? null : nameOf[id]);
  return wrongIn(raster.colours, cells, { whose, colours: COLOURS, fit });
}

async function everybodySeesCells(what, wanted) {
  for (const person of people) {
    let wrong;
    await until(what, async () => (wrong = await wrongOn(person, wanted)).length === 0).catch((error) => {
      throw new Error(`${error.message}\n  ${wrong.join('\n  ')}`);
    });
  }
}

const isEverybody = (names) => new Set(names).size === PEOPLE.length;
/** Each layout's cells with three people: where they are and, where the layout says so, who is in them. */
const LAYOUTS = {
  grid: { shape: [[0, 0, 0.5, 0.5], [0.5, 0, 0.5, 0.5], [0.25, 0.5, 0.5, 0.5]], who: isEverybody },
  speakerStrip: { shape: [[0, 0, 1, 0.8], [0.3, 0.8, 0.2, 0.2], [0.5, 0.8, 0.2, 0.2]], who: isEverybody },
  sideBySide: { shape: [[0, 0, 0.5, 1], [0.5, 0, 0.5, 1]], who: (names) => new Set(names).size === 2 },
  pictureInPicture: { shape: [[0, 0, 1, 1], [0.725, 0.725, 0.25, 0.25]], who: (names) => new Set(names).size === 2 },
  single: { shape: [[0, 0, 1, 1]] },
};

test('in every layout each cell has the colours of whom the server tells, cropped and whole', { timeout: 200_000 }, async () => {
  const ids = await Promise.all(people.map(async (person) => (await person.room()).selfId));
  nameOf = Object.fromEntries(ids.map((id, index) => [id, PEOPLE[index].name]));
  // Each is a change while the picture before it runs.
  for (const [arrangement, wanted] of Object.entries(LAYOUTS)) {
    for (const fit of ['crop', 'letterbox']) {
      await setLayout({ arrangement, fit });
      await everybodySeesCells(`${arrangement}, ${fit}`, { ...wanted, fit });
    }
  }
  const cells = [
    { x: 0, y: 0, w: 0.5, h: 1, who: ids[2] },
    { x: 0.5, y: 0, w: 0.5, h: 0.5, who: ids[0] },
    { x: 0.6, y: 0.3, w: 0.3, h: 0.6, z: 1, who: ids[1] },
  ];
  const shape = cells.map(({ x, y, w, h }) => [x, y, w, h]);
  const who = (names) => names.join() === 'green,red,blue';
  for (const fit of ['crop', 'letterbox']) {
    await setLayout({ arrangement: 'custom', fit, cells });
    await everybodySeesCells(`custom, ${fit}`, { shape, fit, who });
  }
});

test('one whose camera is off is a placeholder with its reason, for everybody and for hosts', { timeout: 90_000 }, async () => {
  await setLayout({ arrangement: 'grid', fit: 'crop' });
  await everybodySeesCells('all in the grid', LAYOUTS.grid);
  const [, blue] = people;
  const camera = (how) => blue.page.evaluate((wanted) => window.motet.room[wanted](window.motet.room.local.track('camera')), how);
  await camera('mute');
  await everybodySeesCells('blue is a placeholder', { ...LAYOUTS.grid, dark: ['blue'] });
  const reasons = () =>
    people[0].page.evaluate(() =>
      [...window.motet.room.participants.values()].map((person) => [person.name, person.track('camera')?.placeholder?.reason ?? null]),
    );
  await until('the reason is told', async () => Object.fromEntries(await reasons()).blue === 'cameraOff');
  assert.equal(Object.fromEntries(await reasons()).green, null);
  const room = await (await fetch(`${server.url}/api/v1/rooms/mcu`)).json();
  const tracks = room.participants.find(({ name }) => name === 'blue').tracks;
  assert.deepEqual(tracks.find(({ source }) => source === 'camera').placeholder, { reason: 'cameraOff', explanation: 'camera off' });
  assert.equal(room.cells.length, 3);
  await camera('unmute');
  await everybodySeesCells('all in the grid again', LAYOUTS.grid);
  await until('the reason is gone', async () => Object.fromEntries(await reasons()).blue === null);
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
