// Bare TCP connections that mean no good.

import net from 'node:net';

/** How often a slow one writes a byte more: seldom, and often enough that it never seems idle. */
const DRIP_MS = 500;

/**
 * Connects `count` times, writes `begin` and then, a byte every now and then, `drip` again and again. Each has `ended`, which
 * resolves when the server has closed it, to what it said before.
 */
export async function connections(count, { host, port }, { begin, drip } = {}) {
  const connect = () =>
    new Promise((resolve) => {
      const socket = net.connect({ host, port });
      const connection = { socket, said: '' };
      socket.on('error', () => {});
      socket.on('data', (data) => (connection.said = (connection.said + data.toString('latin1')).slice(0, 10_000)));
      const timer = drip && setInterval(() => socket.writable && socket.write(drip), DRIP_MS);
      connection.ended = new Promise((resolveEnded) =>
        socket.once('close', () => {
          clearInterval(timer);
          resolve(connection);
          resolveEnded(connection.said);
        }),
      );
      socket.once('connect', () => {
        if (begin) socket.write(begin);
        resolve(connection);
      });
    });
  return Promise.all(Array.from({ length: count }, connect));
}

/** A frame of RFC 4571. */
export function framed(data) {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(data.length);
  return Buffer.concat([head, data]);
}
