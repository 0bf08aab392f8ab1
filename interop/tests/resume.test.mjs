// A dropped signaling socket is resumed with the media unbroken; a page that goes away is told as left.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { Server, until } from '../driver/server.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start();
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Runs before the page's scripts: lets the test drop the signaling socket as a network would. */
function watchSockets() {
  const Native = window.WebSocket;
  window.sockets = [];
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      window.sockets.push(this);
    }
  };
}

for (const topology of ['sfu', 'mesh']) {
  test(`a dropped socket resumes, and no frame stops meanwhile: ${topology}`, { timeout: 100_000 }, () => dropAndResume(topology));
}

async function dropAndResume(topology) {
  const url = (name) => server.callUrl(`resume-${topology}`, name, { topology, codec: 'vp8' });
  const ann = await browser.open(url('ann'));
  const ben = await browser.open('about:blank');
  await ben.page.evaluateOnNewDocument(watchSockets);
  await ben.page.goto(url('ben'));
  await Promise.all([ann, ben].map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
  const connections = (await ben.stats()).states.length;
  await ben.page.evaluate(() => window.sockets.at(-1).close(4000));
  await until('a second socket is open', () => ben.page.evaluate(() => window.sockets.length > 1 && window.sockets.at(-1).readyState === 1));
  await Promise.all([ann, ben].map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
  assert.equal((await ben.stats()).states.length, connections, 'the same connections carry on');
  // Signaling works over the new socket: a third person is seen by all.
  const cem = await browser.open(url('cem'));
  await Promise.all([ann, ben, cem].map((person) => person.seesAndHears({ videos: 2, audios: 2 })));
  await cem.page.close();
  await until('the third is gone from the others', async () => {
    const live = await ann.page.evaluate(() => window.interop.all.flatMap((c) => c.getReceivers()).filter((r) => r.track.kind === 'video' && !r.track.muted && r.track.readyState === 'live').length);
    return live === 1;
  });
  await Promise.all([ann, ben].map((person) => person.page.close()));
}
