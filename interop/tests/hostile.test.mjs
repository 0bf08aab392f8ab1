// Attacks of every kind on a server that carries a call: each is counted or answered by a clear error, nothing of it stays,
// and the people in the call go on seeing each other.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { Besieged } from '../driver/besieged.mjs';
import { startChromium } from '../driver/browsers.mjs';
import { startRelay } from '../driver/relay.mjs';
import { Server } from '../driver/server.mjs';
import { Strangers, garbage } from '../driver/strangers.mjs';
import { bindingRequest, isBindingRequest, usernameOf } from '../driver/stun.mjs';

/** The server is told to announce this one, behind which the relay stands and listens. */
const RELAY_HOST = '127.0.0.2';
const HOST = '127.0.0.1';
/** Packets of each kind kept of each sender. */
const KEPT_MAX = 300;

/** What the relay heard of each sender: STUN, DTLS and media (RFC 7983). */
const heard = new Map();
const kindOf = (data) => (data[0] < 4 ? 'stun' : data[0] >= 20 && data[0] < 64 ? 'dtls' : 'media');
const tap = (data, sender) => {
  if (!heard.has(sender)) heard.set(sender, { stun: [], dtls: [], media: [] });
  const kept = heard.get(sender)[kindOf(data)];
  if (kept.length < KEPT_MAX) kept.push(Buffer.from(data));
};

let server;
let relay;
let browser;
let call;
before(async () => {
  server = await Server.start({
    rtcIps: [HOST],
    args: ['--announce', RELAY_HOST, '--resume-grace-s', '2', '--empty-grace-s', '1'],
  });
  const port = server.rtcPort;
  relay = await startRelay({ listen: { host: RELAY_HOST, port }, target: { host: HOST, port }, tap });
  browser = await startChromium();
  call = await Besieged.meet(server, browser, 'neighbours');
});
after(async () => {
  await browser?.close();
  relay?.close();
  await server?.stop();
});

/** Strangers for one test. */
async function strangersFor(t, count) {
  const strangers = await Strangers.open(count, { host: HOST, port: server.rtcPort });
  t.after(() => strangers.close());
  return strangers;
}

/** Senders that send media, with what was heard of them. */
const publishers = () => [...heard].filter(([, kept]) => kept.media.length >= 100);

/** All connectivity checks that were heard. */
const checks = () => [...heard.values()].flatMap(({ stun }) => stun.filter(isBindingRequest));

test('a flood of garbage from strangers is dropped', async (t) => {
  const strangers = await strangersFor(t, 8);
  await call.endure(t, async () => {
    await strangers.send(garbage(20_000));
    await strangers.send(Array.from({ length: 100 }, () => Buffer.alloc(0)));
    await strangers.send(Array.from({ length: 100 }, () => randomBytes(60_000)));
    return [
      [['empty_datagram'], 100],
      [['unknown_tuple', 'unknown_ufrag', 'udp_truncated'], 20_100],
    ];
  });
  assert.equal(strangers.answered.packets, 0, 'nobody is answered');
});

test("garbage from a neighbour's own address is dropped, and its connection holds", (t) =>
  call.endure(t, async () => {
    let sent = 0;
    for (const [sender] of publishers()) {
      for (const data of garbage(2_000, 7)) {
        await relay.sendAs(sender, data);
        sent += 1;
      }
    }
    assert.ok(sent >= 4_000, 'both publish');
    const reasons = ['bad_stun', 'bad_dtls', 'ignored_dtls', 'unknown_protocol', 'srtp_auth', 'srtcp', 'bad_rtp', 'bad_rtcp', 'unknown_ssrc', 'unvalidated_tuple'];
    return [[reasons, sent]];
  }));

test('real packets again, from the same address, are dropped as replays', (t) =>
  call.endure(t, async () => {
    let sent = 0;
    for (const [sender, { media }] of publishers()) {
      for (const data of media) {
        await relay.sendAs(sender, data);
        sent += 1;
      }
    }
    return [[['srtp_replay', 'srtcp'], sent]];
  }));

test('real packets again, from strangers, lead nowhere', async (t) => {
  const strangers = await strangersFor(t, 16);
  await call.endure(t, async () => {
    const packets = publishers().flatMap(([, { media, dtls }]) => [...media, ...dtls]);
    await strangers.send(packets);
    await strangers.send(packets);
    return [[['unknown_tuple'], strangers.sent.packets]];
  });
  assert.equal(strangers.answered.packets, 0, 'nobody is answered');
});

test('real checks again, from strangers, do not lead the media away', async (t) => {
  const strangers = await strangersFor(t, 4);
  await call.endure(t, async () => {
    for (let turn = 0; turn < 20; turn += 1) await strangers.send(checks());
    return [[['bad_stun'], strangers.sent.packets]];
  });
  const { packets, bytes } = strangers.answered;
  t.diagnostic(`strangers got ${packets} packets of ${bytes} bytes for ${strangers.sent.packets} of ${strangers.sent.bytes}`);
  assert.deepEqual(strangers.answers.filter((data) => kindOf(data) === 'media'), [], 'no media goes to strangers');
});

test('forged checks with a known username and a wrong integrity are dropped, and seldom answered', async (t) => {
  const strangers = await strangersFor(t, 16);
  await call.endure(t, async () => {
    const names = checks().map(usernameOf);
    const forged = (names) => bindingRequest({ ...names, password: 'not the password at all', nominates: true });
    await strangers.send(Array.from({ length: 4_000 }, (_, number) => forged(names[number % names.length])));
    const own = publishers().map(([sender]) => sender);
    for (let number = 0; number < 500; number += 1) await relay.sendAs(own[number % own.length], forged(names[number % names.length]));
    const unknown = () => ({ ufrag: randomBytes(4).toString('hex'), remoteUfrag: 'abcd' });
    await strangers.send(Array.from({ length: 1_000 }, () => forged(unknown())));
    return [
      [['bad_stun'], 4_500],
      [['unknown_ufrag'], 1_000],
    ];
  });
  const { packets, bytes } = strangers.answered;
  t.diagnostic(`${packets} answers of ${bytes} bytes to ${strangers.sent.packets} checks of ${strangers.sent.bytes}`);
  assert.ok(packets < 400 && bytes < strangers.sent.bytes / 10, `${packets} answers of ${bytes} bytes`);
});

test('hellos of DTLS from addresses that ICE has not validated begin nothing', async (t) => {
  const strangers = await strangersFor(t, 200);
  await call.endure(t, async () => {
    const hellos = [...heard.values()].flatMap(({ dtls }) => dtls.slice(0, 2));
    assert.ok(hellos.length > 0, 'a hello was heard');
    for (let turn = 0; turn < 500; turn += 1) await strangers.send(hellos);
    return [[['unknown_tuple'], strangers.sent.packets]];
  });
  assert.equal(strangers.answered.packets, 0, 'nobody is answered');
});
