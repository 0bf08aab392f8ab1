// Attacks of every kind on a server that carries a call: each is counted or answered by a clear error, nothing of it stays,
// and the people in the call go on seeing each other.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { bareOffer, publishBare } from '../driver/bare_offer.mjs';
import { Besieged } from '../driver/besieged.mjs';
import { startChromium } from '../driver/browsers.mjs';
import { connections, framed } from '../driver/connections.mjs';
import { brokenSockets, floodOneWhoDoesNotRead, senselessMessages, wrongDescriptions, wrongRequests, wrongTokens } from '../driver/offences.mjs';
import { RawSignaling } from '../driver/raw_signaling.mjs';
import { startRelay } from '../driver/relay.mjs';
import { Server, until } from '../driver/server.mjs';
import { Strangers, garbage } from '../driver/strangers.mjs';
import { bindingRequest, isBindingRequest, isBindingSuccess, usernameOf } from '../driver/stun.mjs';

/** The server is told to announce this one, behind which the relay stands and listens. */
const RELAY_HOST = '127.0.0.2';
const HOST = '127.0.0.1';
/** Why garbage is dropped that comes over a validated tuple. */
const GARBAGE_REASONS = ['bad_stun', 'bad_dtls', 'early_dtls', 'ignored_dtls', 'unknown_protocol', 'no_keys', 'srtp_auth', 'srtcp', 'bad_rtp'];
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

/** The first ClientHello of each sender, in the datagrams that it came in (RFC 6347 section 4.2.2). */
const hellos = () => {
  const isHello = (data) => data[0] === 22 && data[13] === 1 && data.readUInt16BE(17) === 0;
  const all = [...heard.values()].map(({ dtls }) => dtls.filter(isHello)).filter((hello) => hello.length > 0);
  assert.ok(all.length > 0, 'a hello was heard');
  return all;
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
    return [[GARBAGE_REASONS, sent]];
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
    const all = hellos().flat();
    for (let turn = 0; turn < 500; turn += 1) await strangers.send(all);
    return [[['unknown_tuple'], strangers.sent.packets]];
  });
  assert.equal(strangers.answered.packets, 0, 'nobody is answered');
});

test('handshakes that are begun and never ended cost little and go with their participants', async (t) => {
  const strangers = await strangersFor(t, 10);
  await call.endure(t, async () => {
    const half = await Promise.all(strangers.sockets.map(() => publishBare(server, 'half-open')));
    const each = (act) => Promise.all(half.map(({ check }, index) => act(index, check)));
    await each((index, check) => strangers.sendFrom(index, [bindingRequest({ ...check, nominates: true })]));
    await until('all are validated', () => strangers.answers.filter(isBindingSuccess).length === half.length);
    const hello = hellos()[0];
    await each((index) => strangers.sendFrom(index, Array(50).fill(hello).flat()));
    await each((index) => strangers.sendFrom(index, garbage(256, index)));
    await until('the handshakes are answered', () => strangers.answers.some((data) => kindOf(data) === 'dtls'));
    await Promise.all(half.map(({ signaling }) => signaling.result('leave', {})));
    const { packets, bytes } = strangers.answered;
    t.diagnostic(`${half.length} half-open handshakes were answered with ${packets} packets of ${bytes} bytes`);
    // During a handshake what looks like a record of DTLS is the libraries' to pass over.
    return [[GARBAGE_REASONS, 10 * (256 - 44)]];
  });
});

test('garbage over TCP ends the connection that it came over', (t) =>
  call.endure(t, async () => {
    const to = { host: HOST, port: server.rtcPort };
    const empty = await connections(10, to, { begin: Buffer.alloc(2 * 10) });
    const closed = await Promise.all([
      connections(20, to, { begin: Buffer.alloc(4_000, 0xff) }),
      connections(20, to, { begin: 'GET / HTTP/1.1\r\n\r\n' }),
      ...Array.from(garbage(20), (data) => connections(1, to, { begin: framed(data) })),
    ]);
    await Promise.all(closed.flat().map(({ ended }) => ended));
    for (const { socket } of empty) socket.destroy();
    return [
      [['tcp_frame_too_long'], 40],
      [['unknown_tuple'], 20],
      [['tcp_frame_empty'], 100],
    ];
  }));

test('senseless messages get clear errors', (t) =>
  call.endure(t, async () => {
    const client = await RawSignaling.open(server);
    for (const [text, code, reason, said] of senselessMessages()) {
      client.text(text);
      const { error } = await client.next(() => true);
      const what = `${text.slice(0, 60)}: ${JSON.stringify(error)}`;
      assert.deepEqual([error?.code, error?.data?.reason], [code, reason], what);
      assert.ok(error.message.length < 400 && error.message.includes(said ?? ''), what);
    }
    // The socket is none the worse for it.
    await client.result('join', { room: 'senseless', name: 'reformed' });
    await client.result('leave', {});
    await client.closed;
  }));

test('sockets that break the protocol or its limits are closed with a reason', (t) =>
  call.endure(t, async () => {
    for (const [what, code, attack] of brokenSockets()) {
      const client = await RawSignaling.join(server, 'broken');
      await attack(client);
      assert.equal((await client.closed).code, code, what);
    }
    for (const [status, headers] of [
      [400, { 'Sec-WebSocket-Protocol': 'other.v9' }],
      [403, { Origin: 'https://evil.example' }],
      [400, { Upgrade: 'carrier pigeon' }],
      [400, { 'Sec-WebSocket-Version': '7' }],
    ]) {
      const client = await RawSignaling.open(server, headers);
      assert.equal(client.status, status, JSON.stringify(headers));
      client.destroy();
    }
  }));

test('tokens of wrong shapes open nothing', (t) =>
  call.endure(t, async () => {
    const client = await RawSignaling.open(server);
    for (const [what, token, reason] of wrongTokens()) {
      const error = await client.error('join', { room: 'tokens', name: 'forger', token });
      assert.equal(error.data.reason, reason, `${what}: ${JSON.stringify(error)}`);
    }
    client.destroy();
  }));

test('session descriptions that are too large or broken are refused by what is wrong', (t) =>
  call.endure(t, async () => {
    const client = await RawSignaling.join(server, 'descriptions');
    for (const [what, sdp, reason, said] of wrongDescriptions()) {
      const error = await client.error('publish', { sdp });
      assert.equal(error.data.reason, reason, `${what}: ${JSON.stringify(error)}`);
      assert.ok(error.message.includes(said) && error.message.length < 400, `${what}: ${error.message}`);
      assert.equal((await client.error('answer', { sdp, offerId: 1 })).data.reason, 'noOffer');
    }
    const { tracks } = await client.result('publish', { sdp: bareOffer() });
    assert.equal(tracks.length, 1, 'a right one is taken all the same');
    await client.result('leave', {});
  }));

test('requests for anything but what there is are refused', (t) =>
  call.endure(t, async () => {
    for (const [what, statuses, request] of wrongRequests()) {
      const [{ ended, socket }] = await connections(1, { host: HOST, port: server.httpPort }, { begin: request });
      const said = await ended;
      socket.destroy();
      const status = Number(said.slice(9, 12));
      assert.ok(statuses.includes(status), `${what}: ${said.slice(0, 200)}`);
      assert.ok(!said.includes('root:'), what);
    }
  }));

test('those who keep the server waiting are let go', (t) =>
  call.endure(
    t,
    async () => {
      const media = { host: HOST, port: server.rtcPort };
      const http = { host: HOST, port: server.httpPort };
      const half = framed(Buffer.alloc(5_000)).subarray(0, 2_000);
      const waiting = await Promise.all([
        connections(100, media),
        connections(100, media, { begin: half }),
        connections(200, media, { begin: half, drip: Buffer.alloc(1) }),
        connections(20, http, { begin: 'GET / HTTP/1.1\r\nHost: x\r\n', drip: 'X-Slow: 1\r\n' }),
        connections(20, http),
      ]);
      const silent = await Promise.all(Array.from({ length: 20 }, () => RawSignaling.open(server)));
      await floodOneWhoDoesNotRead(server);
      const ends = await Promise.all(silent.map(({ closed }) => closed));
      assert.ok(ends.every(({ code, reason }) => code === 4006 && reason === 'notJoined'), JSON.stringify(ends));
      await Promise.all(waiting.flat().map(({ ended }) => ended));
      return [
        [['tcp_connections_of_ip_full'], 400 - 256],
        [['tcp_too_slow'], 200],
      ];
    },
    { settleMs: 15_000 },
  ));
