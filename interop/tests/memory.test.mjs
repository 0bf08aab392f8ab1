// Two hundred joins with media both ways, and leaves, then a minute of real time: the server is left as it was.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startChurn } from '../driver/programs.mjs';
import { Server, pause, until } from '../driver/server.mjs';

/** They bring up whatever is made once: pools, the allocator's arenas, pages of code. */
const WARM_UP_JOINS = 20;
const JOINS = 200;
/** How much larger than after the warm-up the server may be: 40 KiB for each join, so that no entity can stay unnoticed. */
const GROWTH_BYTES_MAX = 8 * 1024 * 1024;
/** A server without people must not do more in a minute. */
const IDLE_BUSY_S_MAX = 1;
const IDLE_MS = 60_000;

const NOTHING_LEFT = [
  'motet_rooms',
  'motet_participants',
  'motet_participants_dropped',
  'motet_tracks',
  'motet_subscriptions',
  'motet_signal_sockets',
  'motet_worker_routers{worker="0"}',
  'motet_worker_transports{worker="0"}',
  'motet_worker_producers{worker="0"}',
  'motet_worker_consumers{worker="0"}',
  'motet_worker_tcp_connections{worker="0"}',
];

let server;
before(async () => {
  server = await Server.start({ rtcIps: ['127.0.0.1'], args: ['--resume-grace-s', '2', '--empty-grace-s', '1'] });
});
after(() => server?.stop());

async function churn(joins) {
  const program = await startChurn({ url: server.signalUrl, room: 'churn', joins });
  return program.done({ ms: 60_000 });
}

/** Waits until nothing is left, and gives the size in bytes. */
async function sizeWithNobody() {
  let metrics;
  await until(
    'nothing is left',
    async () => {
      metrics = await server.metrics();
      return left(metrics).length === 0;
    },
    { ms: 20_000 },
  ).catch((error) => {
    throw new Error(`${error.message}: ${left(metrics).join(', ')}`);
  });
  return server.memoryBytes();
}

const left = (metrics) => NOTHING_LEFT.filter((name) => metrics.get(name) !== 0).map((name) => `${name} ${metrics.get(name)}`);

const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

test('200 joins and leaves and a minute idle leave nothing behind', async (t) => {
  const atStart = await sizeWithNobody();
  await churn(WARM_UP_JOINS);
  const warm = await sizeWithNobody();
  t.diagnostic(`${mib(atStart)} at the start, ${mib(warm)} after ${WARM_UP_JOINS} joins and leaves`);

  const done = await churn(JOINS);
  const churned = await sizeWithNobody();
  const { seconds, videoFrames, audioFrames, residentVideoFrames, residentAudioFrames } = done;
  t.diagnostic(`${done.joins} joins with media both ways took ${seconds.toFixed(1)} s, the slowest ${done.slowestSeconds.toFixed(2)} s`);
  t.diagnostic(`the visitors got ${videoFrames} video and ${audioFrames} audio frames, the one who stayed ${residentVideoFrames} and ${residentAudioFrames}`);
  t.diagnostic(`${mib(churned)} after them, ${mib(churned - warm)} more`);
  assert.equal(done.joins, JOINS);
  assert.ok(videoFrames >= JOINS * 5 && audioFrames >= JOINS * 5, 'every visitor received both');
  assert.ok(residentVideoFrames > 0 && residentAudioFrames > 0, 'visitors were received');
  assert.ok(churned - warm < GROWTH_BYTES_MAX, `grew by ${mib(churned - warm)}`);

  const busy = (metrics) => metrics.get('motet_worker_busy_seconds_total{worker="0"}');
  const before = busy(await server.metrics());
  // The minute is the thing observed.
  await pause(IDLE_MS);
  const metrics = await server.metrics();
  const idle = await server.memoryBytes();
  const worked = busy(metrics) - before;
  t.diagnostic(`${mib(idle)} after a minute idle, in which the worker was busy for ${(worked * 1000).toFixed(1)} ms`);
  assert.deepEqual(left(metrics), []);
  assert.ok(idle - warm < GROWTH_BYTES_MAX, `grew by ${mib(idle - warm)}`);
  assert.ok(worked < IDLE_BUSY_S_MAX, `busy for ${worked} s while idle`);
});
