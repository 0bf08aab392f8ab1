// The page of the network test: what it says where all works, where UDP is blocked, and where there is no TURN.

import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { after, before, test } from 'node:test';

import { startChromium, startFirefox } from '../driver/browsers.mjs';
import { Server, ownAddress, until } from '../driver/server.mjs';
import { CHROMIUM_TRUSTS, firefoxTrusts, startSecureWithTurn } from '../driver/turn.mjs';

const PHONE = { width: 390, height: 844 };

let server;
let withoutTurn;
let silent;
const browsers = {};
before(async () => {
  silent = dgram.createSocket('udp4');
  await new Promise((resolve) => silent.bind(0, ownAddress(), resolve));
  // Chromium lets no UDP out that a proxy does not carry, and there is no proxy.
  const args = [...CHROMIUM_TRUSTS.args, '--webrtc-ip-handling-policy=disable_non_proxied_udp'];
  [server, withoutTurn, browsers.chromium, browsers.firefox, browsers.blocked] = await Promise.all([
    startSecureWithTurn(),
    Server.start(),
    startChromium(CHROMIUM_TRUSTS),
    startFirefox(firefoxTrusts()),
    startChromium({ ...CHROMIUM_TRUSTS, args }),
  ]);
});
after(async () => {
  await Promise.all(Object.values(browsers).map((browser) => browser.close()));
  await Promise.all([server?.stop(), withoutTurn?.stop()]);
  silent?.close();
});

/** What the page says once it is done, on a phone's screen. */
async function said(browser, url, prepare) {
  const { page } = await browser.open('about:blank');
  await page.setViewport(PHONE);
  if (prepare) await page.evaluateOnNewDocument(...prepare);
  await page.goto(url);
  await until('the test is done', () => page.evaluate(() => document.body.dataset.done === 'true'));
  const found = await page.evaluate(() => ({
    verdict: document.querySelector('[role=status]').textContent,
    ways: Object.fromEntries([...document.querySelectorAll('[data-way]')].map(({ dataset }) => [dataset.way, dataset.state])),
    width: document.documentElement.scrollWidth,
  }));
  if (process.env.INTEROP_PICTURES) await page.screenshot({ path: `${process.env.INTEROP_PICTURES}-${browser.name}-${found.ways.udp}.png`, fullPage: true });
  await page.close();
  assert.ok(found.width <= PHONE.width, `no sideways scrolling: ${found.width}`);
  return found;
}

const all = (state) => ({ signaling: 'works', udp: state, tcp: state, tls: state, relay: state });

for (const name of ['chromium', 'firefox']) {
  test(`${name}: all ways work`, { timeout: 60_000 }, async () => {
    const { verdict, ways } = await said(browsers[name], `${server.url}/network.html`);
    assert.deepEqual(ways, all('works'));
    assert.match(verdict, /work well from here: media can go over UDP/);
  });

  test(`${name}: a server without TURN`, { timeout: 60_000 }, async () => {
    const { verdict, ways } = await said(browsers[name], `${withoutTurn.url}/network.html`);
    assert.deepEqual(ways, all('absent'));
    assert.match(verdict, /offers no relay/);
  });
}

const withoutUdp = ({ verdict, ways }) => {
  assert.deepEqual(ways, { ...all('works'), udp: 'fails' });
  assert.match(verdict, /lets no UDP through. Media goes over TCP/);
};

test('chromium: UDP is blocked', { timeout: 60_000 }, async () => {
  withoutUdp(await said(browsers.blocked, `${server.url}/network.html`));
});

test('firefox: UDP is swallowed', { timeout: 60_000 }, async () => {
  // What it would send to the server by UDP goes to a port that never answers.
  const swallowed = (port) => {
    const Native = window.RTCPeerConnection;
    const divert = (url) => (url.endsWith('transport=udp') ? url.replace(/:\d+\?/, `:${port}?`) : url);
    window.RTCPeerConnection = class extends Native {
      constructor({ iceServers = [], ...config } = {}) {
        super({ ...config, iceServers: iceServers.map((server) => ({ ...server, urls: [server.urls].flat().map(divert) })) });
      }
    };
  };
  withoutUdp(await said(browsers.firefox, `${server.url}/network.html`, [swallowed, silent.address().port]));
});
