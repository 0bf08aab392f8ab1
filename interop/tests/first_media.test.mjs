// How long it takes from the second person's click to both seeing and hearing: reported, not asserted.

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

test('two people join, and both see and hear (aim: 2 s after the second click)', async (t) => {
  const first = await browser.open(server.callUrl('quick', 'ann'));
  await until('the first publishes', async () => (await first.stats()).outbound.some((stream) => stream.packetsSent > 0));
  const start = Date.now();
  const second = await browser.open(server.callUrl('quick', 'ben'));
  const seesAndHears = async (person) => {
    const { inbound } = await person.stats();
    return inbound.some((s) => s.kind === 'video' && s.framesDecoded > 0) && inbound.some((s) => s.kind === 'audio' && s.audioEnergy > 0);
  };
  await until('both see and hear', async () => (await seesAndHears(first)) && (await seesAndHears(second)), { every: 25 });
  t.diagnostic(`seen and heard on both sides ${Date.now() - start} ms after the second person's page was opened`);
});
