// A call that goes on while strangers attack the server: what they sent has to be counted, nothing of it may stay, and the
// people in the call must not notice.

import assert from 'node:assert/strict';

import { until } from './server.mjs';

/** The camera gives 20 frames a second; a machine that is busy with an attack besides decodes fewer. */
const RATE_MIN = 8;
/** A rate is told from so many frames. */
const FRAMES_MIN = 30;
/** What one attack may add to the server's memory for good: caches and buffers that are kept. */
const GROWTH_BYTES_MAX = 16 * 1024 * 1024;

const ENTITIES = [
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

export class Besieged {
  /** Two people meet in `room`. */
  static async meet(server, browser, room) {
    const people = [];
    for (const name of ['ann', 'ben']) people.push(await browser.open(server.callUrl(room, name, { codec: 'vp8' })));
    await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
    return new Besieged(server, people);
  }

  constructor(server, people) {
    this.server = server;
    this.people = people;
  }

  /**
   * Lets `attack` happen and judges what follows. It gives how many packets of each of several kinds the server must have
   * refused, as entries of reasons and a number: `[['srtp_replay', 'srtcp'], 100]`. What does not even fit the socket's
   * buffer counts as refused too.
   * @param {import('node:test').TestContext} t
   * @param {() => Promise<[string[], number][] | void>} attack
   * @param {{settleMs?: number}} [options] how long the server may take to be rid of it
   */
  async endure(t, attack, { settleMs = 10_000 } = {}) {
    const before = await this.#look();
    const refused = (await attack()) ?? [];
    const seconds = (Date.now() - before.at) / 1000;
    for (const [reasons, count] of refused) await this.#counted(t, before.metrics, reasons, count);
    await this.#backTo(before.metrics, settleMs);
    const after = await this.#decoding(t, before);
    const grown = after.bytes - before.bytes;
    const longest = after.metrics.get('motet_worker_longest_turn_seconds{worker="0"}');
    t.diagnostic(`the attack took ${seconds.toFixed(1)} s; memory ${(after.bytes / 2 ** 20).toFixed(1)} MiB, ${(grown / 2 ** 20).toFixed(1)} more; the last turns of the loop took ${(longest * 1000).toFixed(1)} ms at most`);
    assert.ok(grown < GROWTH_BYTES_MAX, `memory grew by ${grown} bytes`);
    assert.equal(this.server.child.exitCode, null, 'the server is alive');
  }

  /** How often the server has refused a packet for one of `reasons`. */
  static dropped(metrics, reasons) {
    return reasons.reduce((sum, reason) => sum + (metrics.get(`motet_worker_drops_total{worker="0",reason="${reason}"}`) ?? 0), 0);
  }

  async #look() {
    const metrics = await this.server.metrics();
    const bytes = await this.server.memoryBytes();
    return { at: Date.now(), metrics, bytes, videos: await Promise.all(this.people.map(video)) };
  }

  async #counted(t, before, reasons, count) {
    const all = [...reasons, 'udp_receive_full'];
    const since = (metrics, reason) => Besieged.dropped(metrics, [reason]) - Besieged.dropped(before, [reason]);
    let figures = '';
    await until(
      `${count} packets refused as ${reasons.join(', ')}`,
      async () => {
        const metrics = await this.server.metrics();
        const counts = all.map((reason) => [reason, since(metrics, reason)]).filter(([, number]) => number > 0);
        figures = counts.map(([reason, number]) => `${reason} ${number}`).join(', ');
        return counts.reduce((sum, [, number]) => sum + number, 0) >= count;
      },
      { ms: 10_000 },
    ).catch((error) => {
      throw new Error(`${error.message}, only ${figures}`);
    });
    t.diagnostic(`of ${count} packets sent were refused: ${figures}`);
  }

  async #backTo(before, ms) {
    let strange = '';
    const told = (metrics, name) => `${name} ${metrics.get(name)} instead of ${before.get(name)}`;
    await until(
      'as many of everything as before',
      async () => {
        const metrics = await this.server.metrics();
        strange = ENTITIES.filter((name) => metrics.get(name) !== before.get(name)).map((name) => told(metrics, name)).join(', ');
        return strange === '';
      },
      { ms },
    ).catch((error) => {
      throw new Error(`${error.message}: ${strange}`);
    });
  }

  async #decoding(t, before) {
    const frames = (now) => now.videos.map((stream, index) => stream.framesDecoded - before.videos[index].framesDecoded);
    const after = await until(
      'both go on decoding',
      async () => {
        const now = await this.#look();
        return frames(now).every((count) => count >= FRAMES_MIN) && now;
      },
      { ms: 15_000 },
    );
    const seconds = (after.at - before.at) / 1000;
    const rates = frames(after).map((count) => count / seconds);
    const frozen = after.videos.map((stream, index) => stream.frozenSeconds - before.videos[index].frozenSeconds);
    const told = (numbers) => numbers.map((number) => number.toFixed(1)).join(' and ');
    t.diagnostic(`the neighbours decoded ${told(rates)} frames a second over ${seconds.toFixed(1)} s, frozen for ${told(frozen)} s`);
    assert.ok(rates.every((rate) => rate > RATE_MIN), `only ${told(rates)} frames a second are decoded`);
    return after;
  }
}

const video = async (person) => {
  const stream = (await person.stats()).inbound.find((inbound) => inbound.kind === 'video');
  if (!stream) throw new Error('there is no video any more');
  return stream;
};
