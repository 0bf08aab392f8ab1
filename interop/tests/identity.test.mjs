// The picture and the tone that come out are those that went in.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { temporaryFolder, writeWav, writeY4m } from '../driver/media_files.mjs';
import { Server } from '../driver/server.mjs';

const PEOPLE = [
  { name: 'red', colour: [200, 30, 30], tone: 600 },
  { name: 'blue', colour: [30, 40, 200], tone: 1500 },
];

let server;
let files;
const browsers = [];
before(async () => {
  server = await Server.start();
  files = await temporaryFolder();
});
after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server?.stop();
  await files?.remove();
});

test('each sees the other\'s colour and hears the other\'s tone', async () => {
  const people = [];
  for (const { name, colour, tone } of PEOPLE) {
    const video = path.join(files.folder, `${name}.y4m`);
    const audio = path.join(files.folder, `${name}.wav`);
    await writeY4m(video, colour);
    await writeWav(audio, tone);
    const browser = await startChromium({ video, audio });
    browsers.push(browser);
    people.push(await browser.open(server.callUrl('identity', name)));
  }
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
  for (const [index, person] of people.entries()) {
    const sent = PEOPLE[1 - index];
    const [picture] = (await person.pictures()).filter((seen) => seen.width > 0);
    for (const c of [0, 1, 2]) {
      assert.ok(Math.abs(picture.colour[c] - sent.colour[c]) < 30, `colour ${picture.colour} of ${sent.colour}`);
    }
    const sound = (await person.sounds()).find((heard) => heard.level > 0.005);
    assert.ok(sound, 'no sound is loud enough to be told');
    assert.ok(Math.abs(sound.frequency - sent.tone) < 40, `tone ${sound.frequency} of ${sent.tone}`);
  }
});
