// A signaling client that may break every rule: a WebSocket (RFC 6455) made by hand, frame by frame.

import { randomBytes } from 'node:crypto';
import net from 'node:net';

export const TEXT = 1;
export const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

export class RawSignaling {
  #upgraded;

  /** Opens a socket and upgrades it; `headers` replace or add to the usual ones. The status is there if it is refused. */
  static async open(server, headers = {}) {
    const socket = net.connect(server.httpPort, '127.0.0.1');
    const client = new RawSignaling(socket);
    const usual = {
      Host: `127.0.0.1:${server.httpPort}`,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Protocol': 'motet.v1',
    };
    const lines = Object.entries({ ...usual, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /signal HTTP/1.1\r\n${lines.join('')}\r\n`);
    client.status = await client.#upgraded;
    return client;
  }

  /** Opens a socket and joins. */
  static async join(server, room, params = {}) {
    const client = await RawSignaling.open(server);
    client.joined = await client.result('join', { room, name: 'stranger', ...params });
    return client;
  }

  constructor(socket) {
    this.socket = socket;
    /** What came and was not awaited. */
    this.messages = [];
    this.lastId = 0;
    this.rest = Buffer.alloc(0);
    this.waiting = [];
    this.#upgraded = new Promise((resolve) => (this.resolveUpgrade = resolve));
    /** How it ended: code and reason of the server's close frame, if there was one. */
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    this.isOpen = false;
    socket.on('data', (data) => this.#take(data));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isOpen = false;
      this.resolveUpgrade(null);
      this.resolveClosed(this.farewell ?? { code: null, reason: '' });
      for (const { resolve } of this.waiting.splice(0)) resolve(null);
    });
  }

  /** Sends a message as it is. */
  text(text) {
    this.frame(TEXT, Buffer.from(text));
  }

  /** Sends one frame; masked and final, as a client's must be, unless told otherwise. */
  frame(opcode, payload, { masked = true, final = true } = {}) {
    const long = payload.length > 65_535 ? 8 : payload.length > 125 ? 2 : 0;
    const head = Buffer.alloc(2 + long);
    head[0] = (final ? 0x80 : 0) | opcode;
    head[1] = (masked ? 0x80 : 0) | (long === 8 ? 127 : long === 2 ? 126 : payload.length);
    if (long === 2) head.writeUInt16BE(payload.length, 2);
    if (long === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
    // A mask of zeros leaves the payload as it is.
    this.socket.write(Buffer.concat([head, ...(masked ? [Buffer.alloc(4)] : []), payload]));
  }

  /** The next message that `wanted` takes; `null` if the socket closes before. */
  next(wanted) {
    const at = this.messages.findIndex(wanted);
    if (at >= 0) return Promise.resolve(this.messages.splice(at, 1)[0]);
    if (this.socket.destroyed) return Promise.resolve(null);
    return new Promise((resolve) => this.waiting.push({ wanted, resolve }));
  }

  /** Asks, and gives the whole answer. */
  ask(method, params) {
    const id = (this.lastId += 1);
    this.text(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return this.next((message) => message.id === id);
  }

  /** Asks for what has to succeed. */
  async result(method, params) {
    const answer = await this.ask(method, params);
    if (!answer?.result) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer.result;
  }

  /** Asks for what has to fail, and gives the error. */
  async error(method, params) {
    const answer = await this.ask(method, params);
    if (!answer?.error) throw new Error(`${method}: ${JSON.stringify(answer)}`);
    return answer.error;
  }

  /** Ends without a word. */
  destroy() {
    this.socket.destroy();
  }

  #take(data) {
    this.rest = Buffer.concat([this.rest, data]);
    if (!this.isOpen) {
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const status = Number(this.rest.subarray(9, 12).toString());
      this.rest = this.rest.subarray(end + 4);
      this.isOpen = status === 101;
      this.resolveUpgrade(status);
    }
    while (this.isOpen && this.#takeFrame());
  }

  #takeFrame() {
    if (this.rest.length < 2) return false;
    const short = this.rest[1] & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (this.rest.length < head) return false;
    const length = head === 10 ? Number(this.rest.readBigUInt64BE(2)) : head === 4 ? this.rest.readUInt16BE(2) : short;
    if (this.rest.length < head + length) return false;
    const payload = this.rest.subarray(head, head + length);
    const opcode = this.rest[0] & 0x0f;
    this.rest = this.rest.subarray(head + length);
    if (opcode === TEXT) this.#hear(JSON.parse(payload.toString()));
    if (opcode === PING) this.frame(PONG, payload);
    if (opcode === CLOSE) {
      this.farewell ??= { code: payload.length >= 2 ? payload.readUInt16BE(0) : null, reason: payload.subarray(2).toString() };
      this.socket.end();
    }
    return true;
  }

  #hear(message) {
    const at = this.waiting.findIndex(({ wanted }) => wanted(message));
    if (at >= 0) this.waiting.splice(at, 1)[0].resolve(message);
    else this.messages.push(message);
  }
}
