// A link in user space: UDP from one address to the server's, with loss and delay in both directions, and a bottleneck
// towards the peers. Who owns the link can listen on it and send over it as anybody.

import dgram from 'node:dgram';

/** What of a datagram on the wire is not its payload: IPv4 and UDP headers. */
const HEADER_BYTES = 28;
/** How long a datagram waits at most for its turn at the bottleneck: a home router's queue. */
const QUEUE_MS_MAX = 1000;

/**
 * Listens on `listen` and passes to `target`; each sender gets a socket of its own, so that the server tells them apart.
 * Loss is drawn from a seeded generator, so that a run can be repeated.
 * `tap` sees whatever comes from senders before any of it is lost, with the key of the sender.
 * @param {{
 *   listen: {host: string, port: number}, target: {host: string, port: number}, loss?: number, delayMs?: number, seed?: number,
 *   tap?: (data: Buffer, sender: string) => void,
 * }} options
 */
export async function startRelay({ listen, target, loss = 0, delayMs = 0, seed = 1, tap = () => {} }) {
  const random = mulberry32(seed);
  const counts = { passed: 0, dropped: 0, overflowed: 0 };
  const front = dgram.createSocket('udp4');
  const backs = new Map();
  const timers = new Set();
  const bottleneck = startBottleneck();
  let open = true;

  const pass = (socket, data, port, host) => {
    if (random() < loss) {
      counts.dropped += 1;
      return;
    }
    if (delayMs === 0) {
      counts.passed += 1;
      socket.send(data, port, host);
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!open) return;
      counts.passed += 1;
      socket.send(data, port, host);
    }, delayMs);
    timers.add(timer);
  };

  front.on('message', (data, from) => {
    const key = `${from.address}:${from.port}`;
    tap(data, key);
    let back = backs.get(key);
    if (!back) {
      back = dgram.createSocket('udp4');
      back.on('message', (answer) => {
        const isTaken = bottleneck.take(answer.length, () => open && pass(front, answer, from.port, from.address));
        if (!isTaken) counts.overflowed += 1;
      });
      back.on('error', () => {});
      backs.set(key, back);
    }
    pass(back, data, target.port, target.host);
  });
  await new Promise((resolve, reject) => front.once('error', reject).bind(listen.port, listen.host, resolve));
  front.on('error', () => {});
  return {
    counts,
    /** From now on so many bits a second pass towards the peers, headers included; `Infinity` lifts the limit. */
    limit: bottleneck.limit,
    /** Sends to the target from the very socket that a sender's datagrams go out of; resolves once the system has it. */
    sendAs: (sender, data) => new Promise((resolve) => backs.get(sender).send(data, target.port, target.host, () => resolve())),
    close: () => {
      open = false;
      for (const timer of timers) clearTimeout(timer);
      bottleneck.close();
      for (const socket of [front, ...backs.values()]) socket.close();
    },
  };
}

/** A queue, first in, first out, that drains at a rate. */
function startBottleneck() {
  const queue = [];
  let [rateBps, freeAt, timer] = [Infinity, 0, undefined];
  const drain = () => {
    timer = undefined;
    while (queue.length > 0 && queue[0].at <= performance.now()) queue.shift().send();
    if (queue.length > 0) timer = setTimeout(drain, Math.max(1, queue[0].at - performance.now()));
  };
  return {
    limit: (bps) => (rateBps = bps),
    take: (bytes, send) => {
      const now = performance.now();
      if (freeAt - now > QUEUE_MS_MAX) return false;
      freeAt = Math.max(freeAt, now) + ((bytes + HEADER_BYTES) * 8000) / rateBps;
      queue.push({ at: freeAt, send });
      if (timer === undefined) drain();
      return true;
    },
    close: () => clearTimeout(timer),
  };
}

/** A small seeded generator of numbers in [0, 1). */
function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
