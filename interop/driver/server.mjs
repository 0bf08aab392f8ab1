// A Motet server of the test's own: on free loopback ports, stopped by its process id.

import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import os from 'node:os';

const BINARY = process.env.INTEROP_SERVER ?? new URL('../../target/debug/motet', import.meta.url).pathname;
const START_MS_MAX = 20_000;
const STOP_MS_MAX = 10_000;

/** The machine's first IPv4 address that is not loopback; Firefox does not talk to loopback candidates. */
export function ownAddress() {
  const all = Object.values(os.networkInterfaces()).flat();
  return all.find((address) => address?.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1';
}

/** A port on which both UDP and TCP are free on `host`, and the next `count - 1` too. */
export async function freePort(host = '127.0.0.1', count = 1) {
  for (;;) {
    const port = await new Promise((resolve, reject) => {
      const server = net.createServer().once('error', reject);
      server.listen(0, host, () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
    });
    const wanted = Array.from({ length: count }, (_, index) => port + index);
    const free = await Promise.all(wanted.flatMap((one) => [isFreeUdp(host, one), isFreeTcp(host, one)]));
    if (port + count < 65536 && free.every(Boolean)) return port;
  }
}

const isFreeUdp = (host, port) =>
  new Promise((resolve) => {
    const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4').once('error', () => resolve(false));
    socket.bind(port, host, () => socket.close(() => resolve(true)));
  });

const isFreeTcp = (host, port) =>
  new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });

export class Server {
  /**
   * @param {{args?: string[], rtcIps?: string[], workers?: number, dev?: boolean, env?: Record<string, string>}} [options]
   */
  static async start({ args = [], rtcIps, workers = 1, dev = true, env = {}, listen = '127.0.0.1', isSecure = false } = {}) {
    const httpPort = await freePort(listen);
    const ips = rtcIps ?? ['127.0.0.1', ownAddress()];
    const rtcPort = await freePort('0.0.0.0', workers);
    const words = [
      ...(dev ? ['--dev'] : []),
      ...['--listen', `${listen}:${httpPort}`, '--rtc-port', String(rtcPort), '--workers', String(workers)],
      ...ips.flatMap((ip) => ['--rtc-ip', ip]),
      // TURN has one port for all; tests of it say so in their arguments.
      ...(args.some((word) => word.startsWith('--turn')) ? [] : ['--turn=false']),
      ...args,
    ];
    const child = spawn(BINARY, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const server = new Server(child, httpPort, rtcPort, listen, isSecure ? 's' : '');
    await server.#ready();
    return server;
  }

  constructor(child, httpPort, rtcPort, host = '127.0.0.1', secure = '') {
    this.child = child;
    this.httpPort = httpPort;
    this.rtcPort = rtcPort;
    this.url = `http${secure}://${host}:${httpPort}`;
    this.signalUrl = `ws${secure}://${host}:${httpPort}/signal`;
    this.log = '';
    this.exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        this.log = (this.log + data).slice(-200_000);
        if (process.env.INTEROP_SHOW) process.stderr.write(data);
      });
    }
  }

  /** The page that joins at once, a room that the server passes media on in unless `more` says otherwise. */
  callUrl(room, name, more = {}) {
    return `${this.url}/?${new URLSearchParams({ room, name, join: '1', topology: 'sfu', ...more })}`;
  }

  /** A metric's samples as [labels text, value]. */
  async metrics() {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const samples = text.split('\n').filter((line) => line && !line.startsWith('#'));
    return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
  }

  /** What workers count of media, summed over them. */
  async mediaCounted() {
    const counted = [...(await this.metrics())].filter(([name]) =>
      /^motet_worker_(received|sent|producer|consumer)_(packets|bytes)/.test(name),
    );
    if (counted.length === 0) throw new Error('the server counts no media');
    return counted.reduce((all, [, value]) => all + value, 0);
  }

  /** Resident memory in bytes, as the kernel counts it. */
  async memoryBytes() {
    const { readFile } = await import('node:fs/promises');
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
  }

  /** Ends the server as its host would; resolves to how it ended. */
  async stop() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.exited;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS_MAX);
    const how = await this.exited;
    clearTimeout(timer);
    return how;
  }

  async #ready() {
    const end = Date.now() + START_MS_MAX;
    let gone = null;
    void this.exited.then((how) => (gone = how));
    for (;;) {
      if (gone) throw new Error(`the server ended at once: ${JSON.stringify(gone)}\n${this.log}`);
      if (Date.now() > end) throw new Error(`the server is not ready after ${START_MS_MAX} ms\n${this.log}`);
      try {
        if ((await fetch(`${this.url}/readyz`)).ok) return;
      } catch {
        // Not listening yet.
      }
      await pause(50);
    }
  }
}

/** A turn of a loop that polls for a condition; never a substitute for one. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Polls until `probe` gives something true; the error says what was awaited and what was seen last.
 * @template T
 * @param {string} what
 * @param {() => Promise<T> | T} probe
 */
export async function until(what, probe, { ms = 30_000, every = 150 } = {}) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const seen = await probe();
      if (seen) return seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}${last ? ` (${last.message ?? last})` : ''}`);
    await pause(every);
  }
}
