// A Chromium pair behind a link of 5 % loss and 100 ms round trip keeps decoding; NACK and RTX are seen at work.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { startRelay } from '../driver/relay.mjs';
import { Server, until } from '../driver/server.mjs';

const LOSS = 0.05;
const ONE_WAY_MS = 50;
/** The server is told to announce this one, behind which the relay stands. */
const RELAY_HOST = '127.0.0.2';
const WATCH_MS = 12_000;

let server;
let relay;
let browser;
before(async () => {
  server = await Server.start({ rtcIps: ['127.0.0.1'], args: ['--announce', RELAY_HOST] });
  const port = server.rtcPort;
  relay = await startRelay({
    listen: { host: RELAY_HOST, port },
    target: { host: '127.0.0.1', port },
    loss: LOSS,
    delayMs: ONE_WAY_MS,
    seed: 20261122,
  });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  relay?.close();
  await server?.stop();
});

test('a pair on a poor link keeps decoding, by NACK and RTX', async (t) => {
  const people = [];
  for (const name of ['ann', 'ben']) people.push(await browser.open(server.callUrl('poor', name, { codec: 'vp8' })));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1, ms: 60_000 })));
  const video = async (person) => (await person.stats()).inbound.find((stream) => stream.kind === 'video');
  const first = await Promise.all(people.map(video));
  const start = Date.now();
  const last = await until(
    'repairs on both sides, and frames at a steady rate',
    async () => {
      const now = await Promise.all(people.map(video));
      return Date.now() - start > WATCH_MS && now.every((stream) => stream.retransmitted > 0) && now;
    },
    { ms: WATCH_MS * 4, every: 500 },
  );
  const seconds = (Date.now() - start) / 1000;
  for (const [index, stream] of last.entries()) {
    const rate = (stream.framesDecoded - first[index].framesDecoded) / seconds;
    t.diagnostic(`decoded ${rate.toFixed(1)} frames/s, nacks ${stream.nackCount}, repaired ${stream.retransmitted}, plis ${stream.pliCount}`);
    assert.ok(rate > 8, `only ${rate} frames a second are decoded`);
    assert.ok(stream.nackCount > 0 && stream.retransmitted > 0);
  }
  // The other direction: what the server asked of the senders, and what they sent again.
  for (const person of people) {
    const sent = (await person.stats()).outbound.find((stream) => stream.kind === 'video');
    t.diagnostic(`sent again ${sent.retransmitted} for ${sent.nackCount} nacks, plis ${sent.pliCount}`);
    assert.ok(sent.nackCount > 0 && sent.retransmitted > 0, 'the server asked for nothing again');
  }
  assert.ok(relay.counts.dropped > 0, 'the relay dropped nothing');
});
