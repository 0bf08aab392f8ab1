// aiortc publishes to and subscribes from a room with Chromium: VP8 and H264, and Opus; and by relay alone.

import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { startAiortc } from '../driver/programs.mjs';
import { Server, freePort, ownAddress, until } from '../driver/server.mjs';

let server;
let browser;
before(async () => {
  const ip = ownAddress();
  server = await Server.start({ rtcIps: [ip], args: ['--turn-port', String(await freePort(ip))] });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function meet(room, codec, options = {}, look = () => {}) {
  const person = await browser.open(server.callUrl(room, 'chrome', { codec: codec.toLowerCase() }));
  const program = await startAiortc({ url: server.signalUrl, room, codec, ...options });
  try {
    await Promise.all([
      person.seesAndHears({ videos: 1, audios: 1, codec }),
      program.seesAndHears({ videos: 1, audios: 1 }),
    ]);
    await look();
  } finally {
    await program.stop();
    await person.page.close();
  }
}

for (const codec of ['VP8', 'H264']) {
  test(`aiortc and Chromium see and hear each other in ${codec} and Opus`, () => meet(`aiortc-${codec}`, codec));
}

for (const relay of ['udp', 'tcp']) {
  test(`aiortc sends and receives through TURN alone, over ${relay}`, async () => {
    const counts = async () => {
      const metrics = await server.metrics();
      return ['peers', 'clients'].map((way) => metrics.get(`motet_turn_packets_to_${way}_total`));
    };
    const before = await counts();
    await meet(`aiortc-relay-${relay}`, 'VP8', { relay }, () =>
      // Far more than what establishing two connections takes; Chromium is not relayed.
      until('media is relayed both ways', async () => (await counts()).every((count, index) => count - before[index] > 200)),
    );
  });
}
