// Firefox ESR, alone with another Firefox page and in a room with Chromium: VP8 and Opus.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startChromium, startFirefox } from '../driver/browsers.mjs';
import { Server, ownAddress } from '../driver/server.mjs';

let server;
const browsers = [];
before(async () => {
  // Firefox does not talk to loopback candidates.
  server = await Server.start({ rtcIps: [ownAddress()] });
});
after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server?.stop();
});

test('Firefox and Chromium see and hear each other', async () => {
  const [firefox, chromium] = await Promise.all([startFirefox(), startChromium()]);
  browsers.push(firefox, chromium);
  const fox = await firefox.open(server.callUrl('mixed', 'fox', { codec: 'vp8' }));
  const chrome = await chromium.open(server.callUrl('mixed', 'chrome', { codec: 'vp8' }));
  await Promise.all([fox, chrome].map((person) => person.seesAndHears({ videos: 1, audios: 1, codec: 'vp8' })));
  const second = await chromium.open(server.callUrl('mixed', 'third', { codec: 'vp8' }));
  await Promise.all([fox, chrome, second].map((person) => person.seesAndHears({ videos: 2, audios: 2, codec: 'vp8' })));
  await Promise.all([fox, chrome, second].map((person) => person.page.close()));
});

test('Firefox and Chromium meet in a mesh', { timeout: 120_000 }, async () => {
  const [firefox, chromium] = browsers;
  const url = (name) => server.callUrl('fox-mesh', name, { codec: 'vp8', topology: 'mesh' });
  const people = [await firefox.open(url('fox')), await chromium.open(url('chrome'))];
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1, codec: 'vp8' })));
  for (const person of people) assert.equal((await person.room()).topology, 'mesh');
});
