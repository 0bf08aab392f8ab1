// Peers that are programs: they tell what they do as lines of JSON, and are stopped by their process id.

import { spawn } from 'node:child_process';

import { until } from './server.mjs';

const PYTHON = process.env.INTEROP_PYTHON ?? new URL('../../target/interop-python/bin/python', import.meta.url).pathname;

const LOADGEN = process.env.INTEROP_LOADGEN ?? new URL('../../target/debug/motet-loadgen', import.meta.url).pathname;

const peer = (script) => new URL(`../peers/${script}`, import.meta.url).pathname;

/** `trust`: a file with the certificate that the server shows. The libraries read it as they are loaded. */
export const startAiortc = ({ trust, ...options }) =>
  Program.start('aiortc', [PYTHON, '-u', peer('aiortc_peer.py')], options, trust ? { SSL_CERT_FILE: trust } : {});
export const startGStreamer = (options) => Program.start('GStreamer', [PYTHON, '-u', peer('gst_peer.py')], options);
export const startStr0m = (options) => Program.start('str0m', [LOADGEN, 'echo'], options);
/** Many short stays in one room, a few at a time, each with media both ways. */
export const startChurn = (options) => Program.start('churn', [LOADGEN, 'churn'], options);

class Program {
  static async start(name, [binary, ...first], options, env = {}) {
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(binary, [...first, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    const program = new Program(name, child);
    try {
      await until(`${name} has published`, () => program.failed() ?? program.heard.get('published'), { ms: 40_000 });
      return program;
    } catch (error) {
      await program.stop();
      throw new Error(`${error.message}\n  said:\n${program.log.slice(-4000)}`);
    }
  }

  constructor(name, child) {
    this.name = name;
    this.child = child;
    this.heard = new Map();
    this.log = '';
    let rest = '';
    child.stdout.on('data', (data) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop();
      for (const line of lines) this.#line(line);
    });
    child.stderr.on('data', (data) => this.#say(String(data)));
    this.exited = new Promise((resolve) => child.once('exit', (code) => resolve((this.code = code ?? 'signal'))));
  }

  /** Waits until `videos` remote videos decode frames that change and `audios` remote audios carry energy. */
  async seesAndHears({ videos, audios, ms = 40_000 }) {
    const first = this.remote();
    await until(
      `${this.name} sees ${videos} and hears ${audios}`,
      () => {
        this.failed();
        const grew = (key) => (entry) => entry[key] - (first[entry.name]?.[key] ?? 0);
        const now = Object.entries(this.remote()).map(([name, entry]) => ({ name, ...entry }));
        const seen = now.filter((entry) => entry.kind === 'video' && grew('changes')(entry) >= 5);
        const heard = now.filter((entry) => entry.kind === 'audio' && grew('energy')(entry) > 1e-4);
        return seen.length >= videos && heard.length >= audios;
      },
      { ms },
    ).catch((error) => {
      throw new Error(`${error.message}\n  seen last: ${JSON.stringify(this.remote())}\n  said:\n${this.log.slice(-4000)}`);
    });
  }

  /** Waits until it has ended well; what it told last of all. */
  async done({ ms }) {
    const timer = setTimeout(() => this.child.kill('SIGKILL'), ms);
    await this.exited;
    clearTimeout(timer);
    const done = this.heard.get('done');
    if (this.code !== 0 || !done) this.failed();
    return done;
  }

  /** What it decoded of each remote track. */
  remote() {
    return this.heard.get('stats')?.remote ?? {};
  }

  /** Throws if the program ended or told an error. */
  failed() {
    const error = this.heard.get('error');
    if (this.code !== undefined || error) throw new Error(`${this.name}: ${error?.what ?? `ended: ${this.code}`}\n${this.log.slice(-4000)}`);
  }

  async stop() {
    if (this.code === undefined) this.child.kill('SIGKILL');
    await this.exited;
  }

  #line(line) {
    try {
      const told = JSON.parse(line);
      this.heard.set(told.kind, told);
      if (told.kind !== 'stats') this.#say(`${line}\n`);
    } catch {
      this.#say(`${line}\n`);
    }
  }

  #say(text) {
    this.log = (this.log + text).slice(-20_000);
    if (process.env.INTEROP_SHOW) process.stderr.write(text);
  }
}
