// One of three in a mix loses 7 % of what it sends and is 100 ms away: it stays to be understood, and nobody else suffers.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { longestGap } from '../driver/hearing.mjs';
import { temporaryFolder, writeWav, writeY4m } from '../driver/media_files.mjs';
import { startRelay } from '../driver/relay.mjs';
import { Server, until } from '../driver/server.mjs';

/** A little more than the 5 % at which Opus gives up bandwidth for FEC, so that reports say so at all times. */
const LOSS = 0.07;
/** A steady tone is music to Opus, which it sends by CELT and without FEC, unless there are too few bits for that. */
const VOICE_BPS = 20_000;
const ONE_WAY_MS = 50;
/** Where the relay stands; the page behind it is told this address for the server's. */
const RELAY_HOST = '127.0.0.2';
const SMALL = { width: 500, height: 400 };
const WATCH_MS = 10_000;
const PEOPLE = [
  { name: 'poor', colour: [200, 30, 30], tone: 600 },
  { name: 'blue', colour: [30, 40, 200], tone: 1500 },
  { name: 'green', colour: [20, 150, 40], tone: 2600 },
];
const TONES = PEOPLE.map(({ tone }) => tone);

let server;
let relay;
let files;
const browsers = [];
before(async () => {
  server = await Server.start({ rtcIps: ['127.0.0.1'] });
  const port = server.rtcPort;
  const target = { host: '127.0.0.1', port };
  relay = await startRelay({ listen: { host: RELAY_HOST, port }, target, loss: LOSS, delayMs: ONE_WAY_MS, seed: 20261122 });
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
  relay?.close();
  await server?.stop();
  await files?.remove();
});

/** Runs before the page's scripts: the server is found at `host` alone, by UDP, and asks for so many bits of sound. */
function findServerAt(host, voiceBps) {
  const { prototype } = window.RTCPeerConnection;
  const native = prototype.setRemoteDescription;
  prototype.setRemoteDescription = function (description) {
    const isOther = (line) => line.startsWith('a=candidate:') && !/ udp .* 127\.0\.0\.1 /i.test(line);
    const lines = description.sdp.split('\r\n').filter((line) => !isOther(line));
    let sdp = lines.map((line) => (line.startsWith('a=candidate:') ? line.replace(' 127.0.0.1 ', ` ${host} `) : line)).join('\r\n');
    sdp = sdp.replaceAll('useinbandfec=1', `useinbandfec=1;maxaveragebitrate=${voiceBps}`);
    return native.call(this, { type: description.type, sdp });
  };
}

test('a poor link is mended in the mix, and heard by nobody else', { timeout: 150_000 }, async (t) => {
  const people = [];
  for (const [index, { name }] of PEOPLE.entries()) {
    const person = await browsers[index].open('about:blank', { viewport: SMALL, isPlain: true });
    if (index === 0) await person.page.evaluateOnNewDocument(findServerAt, RELAY_HOST, VOICE_BPS);
    await person.page.goto(server.callUrl('loss', name, { topology: 'mcu', codec: 'vp8' }));
    people.push(person);
  }
  await Promise.all(people.map((person) => person.settles('mcu', 'mix')));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1, ms: 60_000 })));
  await until('the relay loses something', () => relay.counts.dropped > 20);
  const mended = async (what) => {
    const metrics = await server.metrics();
    return [...metrics].filter(([name]) => what.test(name)).reduce((total, [, value]) => total + value, 0);
  };
  // A browser begins with FEC when reports have told it of losses for some seconds.
  await until('what is lost comes by FEC', async () => (await mended(/^motet_mixer_.*fec/)) > 0, { ms: 60_000 });

  const listeners = people.slice(1);
  await Promise.all(listeners.map((person) => person.startHearing(TONES)));
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const heard = await Promise.all(listeners.map((person) => person.stopHearing()));
  heard.forEach((all, index) => {
    const poor = longestGap(all, 0);
    const good = longestGap(all, 2 - index);
    t.diagnostic(`${PEOPLE[index + 1].name}: longest gap ${poor.gapMs} ms of the poor one, ${good.gapMs} ms of the other`);
    assert.ok(poor.level > 0.01, `the poor one is heard: ${poor.level}`);
    assert.ok(poor.gapMs <= 200, `a gap of ${poor.gapMs} ms in the poor one`);
    assert.ok(good.gapMs <= 120, `a gap of ${good.gapMs} ms in who has a good link`);
  });
  const [concealed, recovered] = [await mended(/^motet_mixer_.*concealed/), await mended(/^motet_mixer_.*fec/)];
  t.diagnostic(`the mixer concealed ${concealed} and recovered ${recovered} by FEC`);
  assert.ok(concealed > 0, 'the mixer conceals');
  assert.ok(recovered > 0, 'the mixer recovers by FEC');
  await Promise.all(people.map((person) => person.page.close()));
});
