// aiortc publishes to and subscribes from a room with Chromium: VP8 and H264, and Opus; and by relay alone.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { startAiortc } from '../driver/programs.mjs';
import { Server, freePort, ownAddress, until } from '../driver/server.mjs';
import { CHROMIUM_TRUSTS, certificateOf, startSecureWithTurn } from '../driver/turn.mjs';

let server;
let browser;
before(async () => {
  const ip = ownAddress();
  server = await Server.start({ rtcIps: [ip], args: ['--turn-port', String(await freePort(ip))] });
  browser = await startChromium(CHROMIUM_TRUSTS);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function meet(server, room, codec, options = {}, look = () => {}) {
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
  test(`aiortc and Chromium see and hear each other in ${codec} and Opus`, () =>
    meet(server, `aiortc-${codec}`, codec));
}

/** In a room with Chromium, which is not relayed: far more goes through TURN than what establishing two connections takes. */
async function meetRelayed(server, relay, options = {}) {
  const counts = async () => {
    const metrics = await server.metrics();
    return ['peers', 'clients'].map((way) => metrics.get(`motet_turn_packets_to_${way}_total`));
  };
  const before = await counts();
  await meet(server, `aiortc-relay-${relay}`, 'VP8', { relay, ...options }, () =>
    until('media is relayed both ways', async () => (await counts()).every((count, index) => count - before[index] > 200)),
  );
}

for (const relay of ['udp', 'tcp']) {
  test(`aiortc sends and receives through TURN alone, over ${relay}`, () => meetRelayed(server, relay));
}

test('aiortc sends and receives through TURN alone, over tls, and looks at the certificate', async () => {
  const secure = await startSecureWithTurn();
  const folder = await mkdtemp(join(tmpdir(), 'motet-aiortc-'));
  try {
    const trust = join(folder, 'certificate.pem');
    await writeFile(trust, await certificateOf(secure.url));
    await meetRelayed(secure, 'tls', { trust });
  } finally {
    await secure.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
