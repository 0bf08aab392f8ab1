// A link in user space: UDP from one address to the server's, with loss and delay in both directions. Who owns the link
// can listen on it and send over it as anybody.

import dgram from 'node:dgram';

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
  const counts = { passed: 0, dropped: 0 };
  const front = dgram.createSocket('udp4');
  const backs = new Map();
  const timers = new Set();
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
      back.on('message', (answer) => pass(front, answer, from.port, from.address));
      back.on('error', () => {});
      backs.set(key, back);
    }
    pass(back, data, target.port, target.host);
  });
  await new Promise((resolve, reject) => front.once('error', reject).bind(listen.port, listen.host, resolve));
  front.on('error', () => {});
  return {
    counts,
    /** Sends to the target from the very socket that a sender's datagrams go out of; resolves once the system has it. */
    sendAs: (sender, data) => new Promise((resolve) => backs.get(sender).send(data, target.port, target.host, () => resolve())),
    close: () => {
      open = false;
      for (const timer of timers) clearTimeout(timer);
      for (const socket of [front, ...backs.values()]) socket.close();
    },
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
