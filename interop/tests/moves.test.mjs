// Two people talk while their room goes from mesh to SFU to MCU and back, and while one of them takes the mix: neither misses
// more than 300 ms of the other. Measured by what the page plays, and by what the receivers count.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { longestGap, longestStarvation } from '../driver/hearing.mjs';
import { temporaryFolder, writeWav, writeY4m } from '../driver/media_files.mjs';
import { Server } from '../driver/server.mjs';

const GAP_MS_MAX = 300;
const SMALL = { width: 500, height: 400 };
const PEOPLE = [
  { name: 'red', colour: [200, 30, 30], tone: 600 },
  { name: 'blue', colour: [30, 40, 200], tone: 1500 },
];

let server;
let files;
const browsers = [];
const people = [];
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

async function meet(room, topology) {
  people.length = 0;
  for (const [index, { name }] of PEOPLE.entries()) {
    const url = server.callUrl(room, name, { topology, codec: 'vp8' });
    people.push(await browsers[index].open(url, { viewport: SMALL, isPlain: true }));
  }
  await Promise.all(people.map((person) => person.settles(topology)));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
}

/** Both hear each other while `move` goes on; says what they missed of it. */
async function listenDuring(t, what, move) {
  const tones = PEOPLE.map(({ tone }) => tone);
  await Promise.all(people.map((person) => person.startHearing(tones)));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(1_000);
  const start = Date.now();
  await move();
  const tookMs = Date.now() - start;
  await pause(1_000);
  const heard = await Promise.all(people.map((person) => person.stopHearing()));
  heard.forEach((all, index) => {
    const { gapMs, level } = longestGap(all, 1 - index);
    const starvedMs = longestStarvation(all);
    t.diagnostic(`${what}: ${PEOPLE[index].name} missed ${gapMs} ms as played, ${starvedMs} ms as counted; it took ${tookMs} ms`);
    assert.ok(level > 0.01, `the other's tone is heard at all: ${level}`);
    assert.ok(gapMs <= GAP_MS_MAX, `${what}: a gap of ${gapMs} ms as played`);
    assert.ok(starvedMs <= GAP_MS_MAX, `${what}: a gap of ${starvedMs} ms as counted`);
  });
}

test('the ear of these tests hears a gap where there is one', { timeout: 100_000 }, async () => {
  await meet('ear', 'mesh');
  await people[0].startHearing([PEOPLE[1].tone]);
  const silence = () => {
    const elements = [...document.querySelectorAll('audio')];
    const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const mute = (muted) => elements.forEach((element) => (element.muted = muted));
    return pause(1_000)
      .then(() => mute(true))
      .then(() => pause(500))
      .then(() => mute(false))
      .then(() => pause(1_000));
  };
  await people[0].page.evaluate(silence);
  const heard = await people[0].stopHearing();
  const { gapMs } = longestGap(heard, 0);
  assert.ok(gapMs >= 450 && gapMs < 1_500, `500 ms of silence are heard as ${gapMs}`);
  assert.ok(longestStarvation(heard) >= 300, 'and counted');
  await Promise.all(people.map((person) => person.page.close()));
});

const go = (topology) => people[0].page.evaluate((to) => window.motet.room.setTopology(to), topology);

test('from mesh to SFU to MCU to SFU to mesh nobody misses a word', { timeout: 150_000 }, async (t) => {
  await meet('moves', 'mesh');
  for (const [topology, view] of [
    ['sfu', 'tracks'],
    ['mcu', 'mix'],
    ['sfu', 'tracks'],
    ['mesh', 'tracks'],
  ]) {
    await listenDuring(t, `to ${topology}`, async () => {
      await go(topology);
      await Promise.all(people.map((person) => person.settles(topology, view)));
    });
  }
  for (const person of people) assert.deepEqual(person.console.filter((line) => /error/i.test(line)), []);
  await Promise.all(people.map((person) => person.page.close()));
});

test('from tracks to the mix and back one misses nothing, and the other notices nothing', { timeout: 100_000 }, async (t) => {
  await meet('views', 'sfu');
  for (const view of ['mix', 'tracks']) {
    await listenDuring(t, `to ${view}`, async () => {
      await people[0].page.evaluate((to) => window.motet.room.setView(to), view);
      await people[0].settles('sfu', view);
    });
  }
  await Promise.all(people.map((person) => person.page.close()));
});
