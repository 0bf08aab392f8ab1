// Starting Chromium and Firefox, and one face for both: a page that joined a call, and what it sees and hears.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import puppeteer from 'puppeteer-core';

import * as inCall from './in_call.mjs';
import * as inPage from './in_page.mjs';
import { until } from './server.mjs';

const CHROMIUM = process.env.INTEROP_CHROMIUM ?? '/usr/bin/chromium';
const FIREFOX = process.env.INTEROP_FIREFOX ?? '/usr/bin/firefox-esr';

const CHROMIUM_ARGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Pages in the background would draw and decode less.
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
];

/**
 * One Chromium process; `video` and `audio` name files for its fake camera and microphone.
 * @param {{video?: string, audio?: string, args?: string[], viewport?: {width: number, height: number}}} [options]
 */
export async function startChromium({ video, audio, args = [], viewport, acceptInsecureCerts = false } = {}) {
  const fake = video || audio ? '--use-fake-device-for-media-stream' : '--use-fake-device-for-media-stream=fps=20';
  const files = [
    ...(video ? [`--use-file-for-fake-video-capture=${video}`] : []),
    ...(audio ? [`--use-file-for-fake-audio-capture=${audio}`] : []),
  ];
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM,
    headless: true,
    dumpio: Boolean(process.env.INTEROP_SHOW),
    args: ['--no-sandbox', ...CHROMIUM_ARGS, fake, ...files, ...args],
    acceptInsecureCerts,
    defaultViewport: viewport ?? { width: 1280, height: 800 },
  });
  return {
    name: 'chromium',
    // A context of its own, so that people of one browser share no storage.
    open: async (url, more = {}) => {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      if (more.viewport) await page.setViewport(more.viewport);
      return join(page, url, more);
    },
    close: () => browser.close(),
  };
}

/** One Firefox ESR process with a profile of its own; `prefs` add to its preferences. */
export async function startFirefox({ acceptInsecureCerts = false, prefs = {} } = {}) {
  const profile = await mkdtemp(path.join(tmpdir(), 'motet-firefox-'));
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    headless: true,
    dumpio: Boolean(process.env.INTEROP_SHOW),
    userDataDir: profile,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      ...prefs,
    },
    acceptInsecureCerts,
  });
  return {
    name: 'firefox',
    open: async (url, more) => join(await browser.newPage(), url, more),
    close: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * `isPlain`: the microphone's sound is sent as it is. `relay`: media goes through TURN alone, over `udp`, `tcp` or `tls`, by the
 * servers that are reached at `relayHost` if that is given.
 */
async function join(page, url, { isPlain = false, relay, relayHost = '' } = {}) {
  const person = new Person(page);
  if (relay) await page.evaluateOnNewDocument(relayOnly, relay, relayHost);
  await page.evaluateOnNewDocument(inPage.watchPeerConnections);
  if (isPlain) await page.evaluateOnNewDocument(inCall.plainMicrophones);
  await page.goto(url);
  return person;
}

/** Runs before the page's own scripts: each connection goes through TURN, and of its servers those over `kind` are left. */
function relayOnly(kind, host) {
  const Native = window.RTCPeerConnection;
  const isOfKind = (url) =>
    kind === 'tls' ? url.startsWith('turns:') : url.startsWith('turn:') && url.endsWith(`transport=${kind}`);
  const isWanted = (url) => isOfKind(url) && url.includes(`:${host}`);
  window.RTCPeerConnection = class extends Native {
    constructor(config = {}, ...rest) {
      const servers = (config.iceServers ?? []).map((server) => ({ ...server, urls: [server.urls].flat().filter(isWanted) }));
      const iceServers = servers.filter((server) => server.urls.length > 0);
      super({ ...config, iceServers, iceTransportPolicy: 'relay' }, ...rest);
    }
  };
}

/** A page in a call. */
export class Person {
  constructor(page) {
    this.page = page;
    this.console = [];
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`page error: ${error?.message ?? error}`));
  }

  stats() {
    return this.page.evaluate(inPage.mediaStats);
  }

  pictures() {
    return this.page.evaluate(inPage.lookAtPictures);
  }

  sounds() {
    return this.page.evaluate(inPage.listenToSound);
  }

  /** Hears all that the page plays until `stopHearing`, which tells it; see `hearing.mjs`. */
  startHearing(tones) {
    return this.page.evaluate(inCall.startHearing, tones);
  }

  stopHearing() {
    return this.page.evaluate(inCall.stopHearing);
  }

  tonesHeard(tones) {
    return this.page.evaluate(inCall.tonesHeard, tones);
  }

  rasters(columns, rows) {
    return this.page.evaluate(inCall.rasters, columns, rows);
  }

  room() {
    return this.page.evaluate(inCall.roomState);
  }

  /** Waits until the room has come to this and rests. */
  settles(topology, view = 'tracks') {
    return until(
      `the room is ${topology} and its view ${view}, settled`,
      async () => {
        this.lastRoom = await this.room();
        return this.lastRoom.topology === topology && this.lastRoom.view === view && this.lastRoom.state === 'settled';
      },
      { every: 50 },
    ).catch((error) => {
      const tail = this.console.slice(-8).join('\n  ');
      throw new Error(`${error.message}\n  seen last: ${JSON.stringify(this.lastRoom)}\n  console:\n  ${tail}`);
    });
  }

  /**
   * Waits until `videos` remote videos decode frames that change and `audios` remote audios carry energy.
   * With `codec`, the videos must be of it.
   */
  async seesAndHears({ videos, audios, codec, ms = 40_000 }) {
    const wants = (codec ?? '').toLowerCase();
    const before = await this.#inbound();
    await until(
      `${videos} videos${codec ? ` of ${codec}` : ''} decoding and ${audios} audios sounding`,
      async () => {
        const now = await this.#inbound();
        const moved = (stream, key) => {
          const old = before.find((other) => other.trackIdentifier === stream.trackIdentifier);
          return stream[key] - (old?.[key] ?? 0);
        };
        const seen = now.filter((s) => s.kind === 'video' && moved(s, 'framesDecoded') >= 10 && s.codec.toLowerCase().includes(wants));
        const heard = now.filter((s) => s.kind === 'audio' && moved(s, 'audioEnergy') > 1e-6);
        this.last = now;
        return seen.length >= videos && heard.length >= audios;
      },
      { ms },
    ).catch((error) => {
      const tail = this.console.slice(-8).join('\n  ');
      throw new Error(`${error.message}\n  seen last: ${JSON.stringify(this.last)}\n  console:\n  ${tail}`);
    });
    let pictures;
    const areChanging = async () => {
      pictures = await this.pictures();
      return pictures.filter((picture) => picture.changed).length >= videos;
    };
    // On a poor link a picture may stand still until the next keyframe.
    await until(`${videos} pictures change`, areChanging, { ms: 15_000 }).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(pictures)}`);
    });
  }

  async #inbound() {
    return (await this.stats()).inbound;
  }
}
