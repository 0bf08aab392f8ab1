// The TURN server alone: coturn's own tools against `motet turn`.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

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
    ['TLS over IPv6', ['-t', '-S', '-x'], { peerHost: '::1', host: '::1' }],
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
