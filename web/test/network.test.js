import assert from 'node:assert/strict';
import { test } from 'node:test';

import { passesOverTls, serversFor, verdict } from '../app/network-test.js';

const SERVERS = [
  { urls: ['stun:a:1'] },
  { urls: ['turn:a:1?transport=udp', 'turn:a:1?transport=tcp', 'turns:a:2?transport=tcp'], username: 'u', credential: 'c' },
];

test('each way is tried with the servers that are reached by it alone', () => {
  const urls = (way) => serversFor(SERVERS, way).flatMap((server) => server.urls);
  assert.deepEqual(urls('udp'), ['turn:a:1?transport=udp']);
  assert.deepEqual(urls('tcp'), ['turn:a:1?transport=tcp']);
  assert.deepEqual(urls('tls'), ['turns:a:2?transport=tcp']);
  assert.equal(urls('relay').length, 3);
  assert.equal(serversFor(SERVERS, 'udp')[0].credential, 'c');
  assert.deepEqual(serversFor([{ urls: 'stun:a:1' }], 'relay'), []);
});

test('the verdict names the best way that works', () => {
  const found = { signaling: 'works', udp: 'fails', tcp: 'fails', tls: 'fails', relay: 'fails' };
  assert.match(verdict({ ...found, signaling: 'fails' }), /No call can begin/);
  assert.match(verdict({ ...found, udp: 'works' }), /work well/);
  assert.match(verdict({ ...found, tcp: 'works', tls: 'works' }), /over TCP/);
  assert.match(verdict({ ...found, tls: 'works' }), /over TLS/);
  assert.match(verdict(found), /may fail/);
  assert.match(verdict({ ...found, udp: 'absent', tcp: 'absent', tls: 'absent' }), /no relay/);
});

test('TLS to a number alone is what Firefox passes over', () => {
  const tls = (...urls) => [{ urls }];
  const fox = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
  assert.ok(passesOverTls(tls('turns:192.0.2.1:443?transport=tcp', 'turns:[2001:db8::1]:443?transport=tcp'), fox));
  assert.ok(!passesOverTls(tls('turns:192.0.2.1:443?transport=tcp', 'turns:turn.example.org:443?transport=tcp'), fox));
  assert.ok(!passesOverTls(tls('turns:192.0.2.1:443?transport=tcp'), 'Chrome/156.0'));
  assert.ok(!passesOverTls([], fox));
});
