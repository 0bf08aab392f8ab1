// A room in which people receive what they wish, and one in which everybody sends another codec.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { named, regions } from '../driver/hearing.mjs';
import { temporaryFolder, writeWav, writeY4m } from '../driver/media_files.mjs';
import { Server, until } from '../driver/server.mjs';

const SMALL = { width: 500, height: 400 };
const PEOPLE = [
  { name: 'red', colour: [200, 30, 30], tone: 600, codec: 'vp8' },
  { name: 'blue', colour: [30, 40, 200], tone: 1500, codec: 'h264' },
  { name: 'green', colour: [20, 150, 40], tone: 2600, codec: 'vp9' },
  { name: 'yellow', colour: [190, 180, 30], tone: 3700, codec: 'av1' },
];
const COLOURS = Object.fromEntries(PEOPLE.map(({ name, colour }) => [name, colour]));
const TONES = PEOPLE.map(({ tone }) => tone);
const APART_DB = 20;

let server;
let files;
const browsers = [];
before(async () => {
  server = await Server.start();
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

/** Waits until this one hears the tones of these others, and its own not. */
async function hears(person, own, others) {
  let last;
  await until(`${PEOPLE[own].name} hears the others alone`, async () => {
    last = await person.tonesHeard(TONES);
    const wanted = others.map((index) => last.levels[index]);
    return Math.min(...wanted) > last.levels[own] + APART_DB;
  }).catch((error) => {
    throw new Error(`${error.message}\n  heard last: ${JSON.stringify(last)}`);
  });
}

/** Waits until all these colours are in the mixed picture. */
async function seesMixed(person, names) {
  let last;
  await until(`${names} are in the mix`, async () => {
    const mix = (await person.rasters(48, 27)).find(({ isMix }) => isMix);
    last = mix && regions(named(mix.colours, COLOURS), 48, 27);
    return last && names.every((name) => last[name]?.share > 0.08);
  }).catch((error) => {
    throw new Error(`${error.message}\n  seen last: ${JSON.stringify(last)}`);
  });
}

test('two take tracks and one takes the mix, and all see and hear all', { timeout: 120_000 }, async () => {
  const people = [];
  for (const [index, { name }] of PEOPLE.slice(0, 3).entries()) {
    const view = index === 2 ? 'mix' : 'tracks';
    const url = server.callUrl('mixed', name, { topology: 'sfu', codec: 'vp8', view });
    people.push(await browsers[index].open(url, { viewport: SMALL, isPlain: true }));
  }
  await Promise.all(people.map((person, index) => person.settles('sfu', index === 2 ? 'mix' : 'tracks')));
  await Promise.all([
    people[0].seesAndHears({ videos: 2, audios: 2 }),
    people[1].seesAndHears({ videos: 2, audios: 2 }),
    people[2].seesAndHears({ videos: 1, audios: 1 }),
  ]);
  await seesMixed(people[2], ['red', 'blue']);
  await hears(people[0], 0, [1, 2]);
  await hears(people[1], 1, [0, 2]);
  await hears(people[2], 2, [0, 1]);
  const { inbound } = await people[2].stats();
  const live = inbound.filter(({ kind }) => kind === 'video');
  assert.ok(live.length >= 1);
  await Promise.all(people.map((person) => person.page.close()));
});

test('VP8, H264, VP9 and AV1 meet in one mix, and all see and hear all', { timeout: 150_000 }, async () => {
  const people = [];
  for (const [index, { name, codec }] of PEOPLE.entries()) {
    const url = server.callUrl('codecs', name, { topology: 'mcu', codec });
    people.push(await browsers[index].open(url, { viewport: SMALL, isPlain: true }));
  }
  await Promise.all(people.map((person) => person.settles('mcu', 'mix')));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1, ms: 60_000 })));
  for (const [index, person] of people.entries()) {
    await seesMixed(person, PEOPLE.map(({ name }) => name));
    await hears(person, index, [0, 1, 2, 3].filter((other) => other !== index));
    const { outbound } = await person.stats();
    const sent = outbound.find(({ kind, framesEncoded }) => kind === 'video' && framesEncoded > 0);
    assert.match(sent.codec.toLowerCase(), new RegExp(PEOPLE[index].codec), 'each sends its own codec');
  }
  await Promise.all(people.map((person) => person.page.close()));
});
