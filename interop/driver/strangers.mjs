// UDP sockets of people who belong to no call.

import dgram from 'node:dgram';

/** Datagrams between two pauses for the event loop, in which the relay and the tests go on. */
const BURST = 32;

export class Strangers {
  /** `count` sockets that send to `target`. */
  static async open(count, target) {
    const sockets = await Promise.all(
      Array.from({ length: count }, () => {
        const socket = dgram.createSocket('udp4');
        return new Promise((resolve, reject) => socket.once('error', reject).bind(0, target.host, () => resolve(socket)));
      }),
    );
    return new Strangers(sockets, target);
  }

  constructor(sockets, target) {
    this.sockets = sockets;
    this.target = target;
    this.sent = { packets: 0, bytes: 0 };
    this.answered = { packets: 0, bytes: 0 };
    this.answers = [];
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.on('message', (data) => {
        this.answered.packets += 1;
        this.answered.bytes += data.length;
        if (this.answers.length < 1000) this.answers.push(data);
      });
    }
  }

  /** Sends each datagram from the next socket, as fast as the system takes them. */
  send(datagrams) {
    return this.#send(datagrams, () => this.sockets[this.sent.packets % this.sockets.length]);
  }

  /** Sends all datagrams from one socket. */
  sendFrom(index, datagrams) {
    return this.#send(datagrams, () => this.sockets[index]);
  }

  async #send(datagrams, next) {
    let burst = [];
    for (const data of datagrams) {
      const socket = next();
      this.sent.packets += 1;
      this.sent.bytes += data.length;
      burst.push(new Promise((resolve) => socket.send(data, this.target.port, this.target.host, () => resolve())));
      if (burst.length === BURST) {
        await Promise.all(burst);
        await new Promise((resolve) => setImmediate(resolve));
        burst = [];
      }
    }
    await Promise.all(burst);
  }

  close() {
    for (const socket of this.sockets) socket.close();
  }
}

/** Endless garbage, each first byte in turn, from nothing to a full datagram; the same for the same seed. */
export function* garbage(count, seed = 1) {
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  for (let number = 0; number < count; number += 1) {
    const data = Buffer.alloc(1 + (next() >>> 8) % 1400);
    for (let at = 1; at + 4 <= data.length; at += 4) data.writeUInt32LE(next(), at);
    data[0] = number % 256;
    yield data;
  }
}
