// Three Chromium people in one room, for each codec, over UDP and, with UDP blocked, over TCP.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { Server } from '../driver/server.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start({ workers: 2 });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function threeMeet(browser, room, more, codec) {
  const people = [];
  for (const name of ['ann', 'ben', 'cem']) people.push(await browser.open(server.callUrl(room, name, more)));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 2, audios: 2, codec })));
  const stats = await Promise.all(people.map((person) => person.stats()));
  await Promise.all(people.map((person) => person.page.close()));
  return stats;
}

for (const codec of ['vp8', 'vp9', 'h264', 'av1']) {
  test(`three people see and hear each other in ${codec} and Opus over UDP`, async () => {
    const stats = await threeMeet(browser, `udp-${codec}`, { codec }, codec);
    for (const { paths, inbound } of stats) {
      assert.ok(paths.length > 0 && paths.every((path) => path.protocol === 'udp'), JSON.stringify(paths));
      assert.ok(inbound.filter((stream) => stream.kind === 'audio').every((stream) => /opus/i.test(stream.codec)));
    }
  });
}

test('with UDP blocked, three people meet over TCP', async () => {
  // The policy lets no UDP out that a proxy does not carry, and there is no proxy.
  const blocked = await startChromium({ args: ['--webrtc-ip-handling-policy=disable_non_proxied_udp'] });
  try {
    const stats = await threeMeet(blocked, 'tcp', { codec: 'vp8' }, 'vp8');
    for (const { paths } of stats) {
      assert.ok(paths.length > 0 && paths.every((path) => path.protocol === 'tcp'), JSON.stringify(paths));
    }
  } finally {
    await blocked.close();
  }
});
