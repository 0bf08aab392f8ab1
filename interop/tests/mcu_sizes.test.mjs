// Viewers of one mix behind links of their own: whose link carries less gets a smaller picture, without freezing, and larger
// ones again when it carries more; whoever has a good link keeps the largest. For Chromium and Firefox.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium, startFirefox } from '../driver/browsers.mjs';
import { temporaryFolder, writeBusyY4m } from '../driver/media_files.mjs';
import { startRelay } from '../driver/relay.mjs';
import { Server, freePort, ownAddress, until } from '../driver/server.mjs';

const VIEWPORT = { width: 500, height: 400 };
const THIN_BPS = 300_000;
const LARGEST = 1280;
const SMALLEST = 320;
const WATCH_MS = 15_000;
/** Of 25 a second, on a machine that composes, encodes and decodes all this on two cores. */
const FRAMES_PER_SECOND_MIN = 8;
/** Of the frames that come over the good link: where the machine is too busy to compose more, neither gets more. */
const SHARE_MIN = 0.8;
/** What was in the queue when the link grew thin has to drain before the small picture's keyframe comes. */
const DRAINED_MS_MAX = 5_000;
/** A browser calls a picture frozen that is a little late, as they are on a busy machine; so long more than over the good link. */
const FROZEN_SECONDS_MAX = 2;

let server;
let files;
let chromium;
const browsers = [];
before(async () => {
  // Firefox does not talk to loopback candidates.
  server = await Server.start({ rtcIps: [ownAddress()] });
  files = await temporaryFolder();
  const video = path.join(files.folder, 'busy.y4m');
  await writeBusyY4m(video);
  chromium = await startChromium({ video });
  browsers.push(chromium);
});
after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server?.stop();
  await files?.remove();
});

/** Runs before the page's scripts: the server is found at `port` alone, by UDP. */
function findServerAt(port) {
  const { prototype } = window.RTCPeerConnection;
  const native = prototype.setRemoteDescription;
  prototype.setRemoteDescription = function (description) {
    const isOther = (line) => line.startsWith('a=candidate:') && !/ udp /i.test(line);
    const moved = (line) => line.replace(/^(a=candidate:\S+ \d+ \S+ \d+ \S+) \d+ /, `$1 ${port} `);
    const lines = description.sdp.split('\r\n').filter((line) => !isOther(line));
    const sdp = lines.map((line) => (line.startsWith('a=candidate:') ? moved(line) : line)).join('\r\n');
    return native.call(this, { type: description.type, sdp });
  };
}

const picture = async (person) => (await person.stats()).inbound.find(({ kind }) => kind === 'video');

/** Waits until the page decodes the mix in this width; tells how long that took in ms. */
async function comesTo(person, width, what, ms) {
  const start = Date.now();
  let last;
  await until(what, async () => (last = await picture(person))?.width === width, { ms, every: 250 }).catch((error) => {
    throw new Error(`${error.message}\n  seen last: ${JSON.stringify(last)}`);
  });
  return Date.now() - start;
}

/** Waits until the page decodes as many pictures in a second as another one: the queue that the larger ones left has drained. */
async function flowsAgain(person, other) {
  const start = Date.now();
  const count = async () => (await Promise.all([person, other].map(picture))).map(({ framesDecoded }) => framesDecoded);
  let before = await count();
  await until('pictures flow again', async () => {
    const now = await count();
    const [own, others] = now.map((frames, index) => frames - before[index]);
    before = now;
    return own > 0 && own >= SHARE_MIN * others;
  }, { ms: DRAINED_MS_MAX, every: 1_000 });
  return Date.now() - start;
}

/** Watches what pages decode for a while: frames a second, seconds frozen, and the widths seen. */
async function watch(people) {
  const first = await Promise.all(people.map(picture));
  const widths = people.map(() => new Set());
  const start = Date.now();
  await until('the watch is over', async () => {
    const now = await Promise.all(people.map(picture));
    now.forEach(({ width }, index) => widths[index].add(width));
    return Date.now() - start > WATCH_MS;
  }, { ms: 2 * WATCH_MS, every: 500 });
  const seconds = (Date.now() - start) / 1000;
  const last = await Promise.all(people.map(picture));
  return last.map((stream, index) => ({
    rate: (stream.framesDecoded - first[index].framesDecoded) / seconds,
    frozen: stream.frozenSeconds - first[index].frozenSeconds,
    widths: [...widths[index]],
  }));
}

async function thinLink(t, room, browser) {
  const port = await freePort(ownAddress());
  const relay = await startRelay({ listen: { host: ownAddress(), port }, target: { host: ownAddress(), port: server.rtcPort } });
  const url = (name) => server.callUrl(room, name, { topology: 'mcu', codec: 'vp8' });
  const good = await chromium.open(url('good'), { viewport: VIEWPORT });
  const thin = await browser.open('about:blank', { viewport: VIEWPORT });
  try {
    await thin.page.evaluateOnNewDocument(findServerAt, port);
    await thin.page.goto(url('thin'));
    await Promise.all([good, thin].map((person) => person.settles('mcu', 'mix')));
    // What a busy machine delays looks like a link that carries less, and is tried again after a while.
    for (const person of [good, thin]) await comesTo(person, LARGEST, 'a good link has the largest picture', 100_000);

    relay.limit(THIN_BPS);
    t.diagnostic(`the smallest after ${await comesTo(thin, SMALLEST, 'a thin link has the smallest picture', 30_000)} ms`);
    t.diagnostic(`its pictures flow again ${await flowsAgain(thin, good)} ms later`);
    const [others, own] = await watch([good, thin]);
    t.diagnostic(`thin: ${own.rate.toFixed(1)} frames/s, frozen ${own.frozen.toFixed(1)} s; good: ${others.rate.toFixed(1)} frames/s`);
    assert.deepEqual(own.widths, [SMALLEST]);
    assert.ok(own.rate >= SHARE_MIN * others.rate, `${own.rate} of ${others.rate} frames a second over the thin link`);
    assert.ok(own.frozen < others.frozen + FROZEN_SECONDS_MAX, `frozen for ${own.frozen} s, of which ${others.frozen} s for others too`);
    assert.deepEqual(others.widths, [LARGEST], 'nobody else is given less');
    assert.ok(others.rate >= FRAMES_PER_SECOND_MIN, `${others.rate} frames a second over the good link`);

    relay.limit(Infinity);
    t.diagnostic(`the largest again after ${await comesTo(thin, LARGEST, 'it comes up again', 150_000)} ms`);
  } finally {
    await Promise.all([good, thin].map((person) => person.page.close()));
    relay.close();
  }
}

test('a Chromium on a thin link gets the small picture, and the large one when the link is good again', { timeout: 420_000 }, (t) =>
  thinLink(t, 'thin-chromium', chromium));

test('so does a Firefox', { timeout: 420_000 }, async (t) => {
  const firefox = await startFirefox();
  browsers.push(firefox);
  await thinLink(t, 'thin-firefox', firefox);
});
