// The TURN server: coturn's own tools against `motet turn`, and browsers whose media goes through a room's TURN alone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startChromium, startFirefox } from '../driver/browsers.mjs';
import { Server, freePort, ownAddress } from '../driver/server.mjs';
import { startPeers, startTurn, stunclient, uclient } from '../driver/turn.mjs';

describe("coturn's tools", () => {
  let turn;
  let peer;
  before(async () => {
    [turn, peer] = await Promise.all([startTurn(), startPeers()]);
  });
  after(() => Promise.all([turn?.stop(), peer?.stop()]));

  test('a STUN client learns its address', async () => {
    assert.match(await stunclient('127.0.0.1', turn.port), /UDP reflexive addr: 127\.0\.0\.1:\d+/);
    assert.match(await stunclient('::1', turn.port), /UDP reflexive addr: ::1/);
  });

  const ways = [
    ['UDP, channels', []],
    ['UDP, Send indications', ['-s']],
    ['UDP, an IPv6 relay', ['-x'], { peerHost: '::1' }],
    ['UDP over IPv6', ['-x'], { peerHost: '::1', host: '::1' }],
    ['TCP, channels', ['-t']],
    ['TCP, Send indications', ['-t', '-s']],
    ['TLS, channels', ['-t', '-S']],
    ['TLS, Send indications', ['-t', '-S', '-s']],
    ['DTLS, channels', ['-S']],
    ['DTLS, Send indications', ['-S', '-s']],
    ['TCP to the peer', ['-t', '-T']],
    ['TCP to the peer, inside TLS', ['-t', '-T', '-S']],
  ];
  test('nothing is lost, whichever way', { concurrency: true }, async (context) => {
    await Promise.all(
      ways.map(([name, options, hosts]) =>
        context.test(name, async () => {
          const { sent, received, lost } = await uclient({ turn, peer, options, ...hosts });
          assert.deepEqual({ received, lost }, { received: sent, lost: 0 });
          assert.ok(sent >= 24, `only ${sent} messages were sent`);
        }),
      ),
    );
  });
});

describe('browsers whose media goes through TURN alone', () => {
  let server;
  let url;
  let chromium;
  let firefox;
  before(async () => {
    const ip = ownAddress();
    const turnPort = await freePort(ip);
    const args = ['--turn-port', String(turnPort), '--tls', 'self-signed'];
    server = await startSecure({ rtcIps: [ip], listen: ip, args });
    url = (name, room) => server.callUrl(room, name, { codec: 'vp8' });
    chromium = await startChromium({ acceptInsecureCerts: true, args: ['--ignore-certificate-errors'] });
  });
  after(async () => {
    await Promise.all([chromium?.close(), firefox?.close()]);
    await server?.stop();
  });

  for (const kind of ['udp', 'tcp', 'tls']) {
    test(`two Chromium pages see and hear each other over ${kind}`, async () => {
      const people = await Promise.all(
        ['one', 'two'].map((name) => chromium.open(url(name, `relayed-${kind}`), { relay: kind })),
      );
      await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1, codec: 'vp8' })));
      await Promise.all(people.map((person) => person.page.close()));
    });
  }
});

/** A server whose web port is secured; certificates are its own. */
async function startSecure(options) {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  try {
    return await Server.start({ ...options, isSecure: true });
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  }
}
