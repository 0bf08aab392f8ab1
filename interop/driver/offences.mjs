// What a hostile client may say: each entry with how the server has to take it.

import { bareOffer } from './bare_offer.mjs';
import { forgedToken } from './forged_token.mjs';
import { BINARY, RawSignaling, TEXT } from './raw_signaling.mjs';

const MIB = 1024 * 1024;

const call = (method, params, id = 1) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const lines = (count) => Object.fromEntries(Array.from({ length: count }, (_, number) => [`line${number}`, number]));

/** Before joining: text, code, reason, and what the message says. */
export const senselessMessages = () => [
  ['', -32700, 'parseError'],
  ['hello', -32700, 'parseError', 'line 1'],
  ['{"jsonrpc":"2.0","id":1', -32700, 'parseError'],
  ['{"id":"\\ud800"}', -32700, 'parseError'],
  ['{"id":1e999999}', -32700, 'parseError'],
  ['\u0000\u0001', -32700, 'parseError'],
  ['['.repeat(100_000), -32700, 'parseError'],
  [call('join', null).replace('null', '{"room":'.repeat(50_000)), -32700, 'parseError'],
  [JSON.stringify(lines(999), null, 1).replace('"line998"', '!'), -32700, 'parseError', 'line 1000'],
  ['[]', -32600, 'invalidRequest'],
  [`[${call('ping', {})}]`, -32600, 'invalidRequest'],
  ['7', -32600, 'invalidRequest'],
  ['{"id":1}', -32600, 'invalidRequest'],
  ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, 'invalidRequest'],
  ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, 'invalidRequest'],
  [call('ping', {}, 'x'.repeat(65)), -32600, 'invalidRequest'],
  ['{"jsonrpc":"2.0","id":1,"method":7}', -32600, 'invalidRequest'],
  [call('ping', [1, 2]), -32602, 'invalidParams'],
  [call('ping', lines(1000)), -32602, 'invalidParams'],
  [JSON.stringify(JSON.parse(call('join', lines(1000))), null, 1), -32602, 'invalidParams'],
  [call('join', { room: 'x'.repeat(400_000), name: 7 }), -32602, 'invalidParams'],
  [call('join', { room: 'x'.repeat(400_000), name: 'x' }), -32003, 'badName'],
  [call('join', { room: 'a\u202eb', name: 'x' }), -32003, 'badName'],
  [call('resume', { resumeToken: 'x'.repeat(400_000) }), -32003, 'resumeExpired'],
  [call('x'.repeat(400_000), {}), -32601, 'unknownMethod'],
  [call('__proto__', {}), -32601, 'unknownMethod'],
  [call('publish', { sdp: bareOffer() }), -32001, 'notJoined'],
  [call('leave', {}), -32001, 'notJoined'],
];

/** After joining: what, the code that the socket is closed with, and the deed. */
export const brokenSockets = () => [
  ['a binary message', 1009, (client) => client.frame(BINARY, Buffer.from('{}'))],
  ['no mask', 1009, (client) => client.frame(TEXT, Buffer.from('{}'), { masked: false })],
  ['text that is not UTF-8', 1009, (client) => client.frame(TEXT, Buffer.from([0xc3, 0x28]))],
  ['a reserved opcode', 1009, (client) => client.frame(3, Buffer.from('{}'))],
  ['a long ping', 1009, (client) => client.frame(9, Buffer.alloc(126))],
  ['10 MiB in one frame', 1009, (client) => client.frame(TEXT, Buffer.alloc(10 * MIB, 32))],
  ['10 MiB in pieces', 1009, (client) => inPieces(client, 10 * MIB)],
  ['more than 100 messages a second', 1008, (client) => repeat(1_000, () => client.text(call('ping', {})))],
  ['more than 100 pings a second', 1008, (client) => repeat(1_000, () => client.frame(9, Buffer.alloc(0)))],
  ['more than 100 wrong messages a second', 1008, (client) => repeat(1_000, () => client.text('{'))],
];

function repeat(count, act) {
  for (let number = 0; number < count; number += 1) act();
}

function inPieces(client, bytes) {
  const piece = Buffer.alloc(64 * 1024, 32);
  for (let sent = 0; sent < bytes; sent += piece.length) client.frame(sent === 0 ? TEXT : 0, piece, { final: false });
}

/** What, the token, the reason of the refusal. */
export const wrongTokens = () => {
  const claims = { room: 'tokens', exp: 4_000_000_000 };
  return [
    ['one word', 'x', 'tokenInvalid'],
    ['dots alone', '..', 'tokenInvalid'],
    ['too many parts', 'a.b.c.d.e', 'tokenInvalid'],
    ['ten kilobytes', 'x'.repeat(10_000), 'tokenInvalid'],
    ['a quarter of a megabyte', `a.${'b'.repeat(250_000)}.c`, 'tokenInvalid'],
    ['not text', { alg: 'HS256' }, 'invalidParams'],
    ['no algorithm', forgedToken({ header: { alg: 'none' }, claims, signature: '' }), 'tokenInvalid'],
    ['another algorithm', forgedToken({ header: { alg: 'HS512' }, claims }), 'tokenInvalid'],
    ['another kind of algorithm', forgedToken({ header: { alg: 'EdDSA' }, claims }), 'tokenInvalid'],
    ['an unknown key', forgedToken({ header: { kid: '../../dev/null' }, claims }), 'tokenInvalid'],
    ['a key of its own', forgedToken({ header: { jwk: { kty: 'oct', k: 'AAAA' } }, claims, secret: Buffer.alloc(3) }), 'tokenInvalid'],
    ['unknown extensions', forgedToken({ header: { crit: ['b64'], b64: false }, claims }), 'tokenInvalid'],
    ['a wrong secret', forgedToken({ claims, secret: 'guess' }), 'tokenInvalid'],
    ['claims that are none', forgedToken({ claims: 'not claims' }), 'tokenInvalid'],
    ['claims of wrong types', forgedToken({ claims: { room: 7, exp: 'soon' } }), 'tokenInvalid'],
    ['no expiry', forgedToken({ claims: { room: 'tokens' } }), 'tokenInvalid'],
    ['a time that is over', forgedToken({ claims: { room: 'tokens', exp: 1 } }), 'tokenExpired'],
    ['a time to come', forgedToken({ claims: { ...claims, nbf: 4_000_000_000 } }), 'tokenNotYetValid'],
    ['another room', forgedToken({ claims: { ...claims, room: 'elsewhere' } }), 'notAllowed'],
  ];
};

/** What, the description, the reason of the refusal and what the message says. */
export const wrongDescriptions = () => {
  const right = bareOffer();
  const replaced = (line, other) => right.replace(line, other);
  const number = (line) => `line ${right.split('\r\n').indexOf(line) + 1} `;
  const audio = right.slice(right.indexOf('m=audio'));
  return [
    ['nothing', '', 'sdpMissing', ''],
    ['words', 'certainly no description', 'sdpMalformed', 'line 1'],
    ['300 KiB of attributes', right + 'a=x:0123456789012345678901234567890\r\n'.repeat(8_000), 'sdpLimitReached', `${256 * 1024}`],
    ['2,000 attributes', right + 'a=x\r\n'.repeat(2_000), 'sdpLimitReached', ''],
    ['a line of 20 KiB', right + `a=x:${'y'.repeat(20_000)}\r\n`, 'sdpLimitReached', 'line 17'],
    ['600 sections', right + audio.repeat(600), 'sdpLimitReached', ''],
    ['a broken line', replaced('a=rtpmap:111 opus/48000/2', 'a=rtpmap:banana'), 'sdpMalformed', number('a=rtpmap:111 opus/48000/2')],
    ['a line of no type', replaced('t=0 0', 'hello there'), 'sdpMalformed', number('t=0 0')],
    ['a port that is none', replaced('m=audio 9', 'm=audio 99999'), 'sdpMalformed', number('m=audio 9 UDP/TLS/RTP/SAVPF 111')],
    ['a short password', right.replace(/a=ice-pwd:.*/, 'a=ice-pwd:x'), 'sdpMalformed', 'a=ice-pwd:...'],
    ['a fingerprint of letters', right.replace(/sha-256 .*/, 'sha-256 XYZ'), 'sdpMalformed', 'line '],
    ['no fingerprint', right.replace(/a=fingerprint.*\r\n/, ''), 'sdpMalformed', 'fingerprint'],
  ];
};

const head = (line, more = '') => `${line}\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;
const posted = (body, type = 'application/json') =>
  head('POST /api/v1/rooms HTTP/1.1', `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`) + body;

/** What, the statuses that will do, the request as text. */
export const wrongRequests = () => [
  ['a body of 1 MiB', [413], posted(`{"name":"${'x'.repeat(MIB)}"}`)],
  ['a body that announces 1 TiB', [413], head('POST /api/v1/rooms HTTP/1.1', `Content-Type: application/json\r\nContent-Length: ${2 ** 40}\r\n`) + ' '.repeat(100_000)],
  ['an endless body', [413], `${head('POST /api/v1/rooms HTTP/1.1', 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n')}${`4000\r\n${' '.repeat(0x4000)}\r\n`.repeat(64)}0\r\n\r\n`],
  ['broken JSON', [400], posted('{"name":')],
  ['deep JSON', [400, 422], posted('['.repeat(60_000))],
  ['no JSON', [415], posted('name=x', 'application/x-www-form-urlencoded')],
  ['a name that cannot be one', [400], posted('{"name":"a\u202eb"}')],
  ['a path that climbs', [400, 404], head('GET /../../../../etc/passwd HTTP/1.1')],
  ['a path that climbs in code', [400, 404], head('GET /%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1')],
  ['a path that climbs by halves', [400, 404], head('GET /app/..%2f..%2f..%2fetc/passwd HTTP/1.1')],
  ['a path with nothing in it', [400, 404], head('GET //etc/passwd HTTP/1.1')],
  ['a path with a zero byte', [400, 404], head('GET /app/main.js%00.html HTTP/1.1')],
  ['a path of 100 KB', [400, 404, 414, 431], head(`GET /${'x'.repeat(100_000)} HTTP/1.1`)],
  ['a room of 50 KB', [404, 414], head(`GET /api/v1/rooms/${'x'.repeat(50_000)} HTTP/1.1`)],
  ['a room that is not UTF-8', [400, 404], head('GET /api/v1/rooms/%ff%fe HTTP/1.1')],
  ['no such operation', [404], head('GET /api/v1/secrets HTTP/1.1')],
  ['another method', [405], head('DELETE / HTTP/1.1')],
  ['a method that is none', [400, 405], head('BREW / HTTP/1.1')],
  ['a header of 1 MB', [400, 431], head('GET / HTTP/1.1', `X-Long: ${'x'.repeat(1_000_000)}\r\n`)],
  ['1,000 headers', [400, 431], head('GET / HTTP/1.1', 'X-Many: 1\r\n'.repeat(1_000))],
  ['another protocol', [400], '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n'],
  ['a token that is none', [401], head('GET /api/v1/rooms HTTP/1.1', 'Authorization: Bearer x\r\n')],
  ['a proxy', [400, 404, 405], head('CONNECT example.org:443 HTTP/1.1')],
];

/** Ten kilobytes a turn for one who joined and never reads, by many who come and go, until the server has had enough. */
export async function floodOneWhoDoesNotRead(server, { turns = 40 } = {}) {
  const reader = await RawSignaling.join(server, 'pit', { autoSubscribe: false });
  reader.socket.pause();
  const chat = { text: 'x'.repeat(4_096), to: reader.joined.participantId };
  const isDropped = async () => (await server.metrics()).get('motet_participants_dropped') > 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const writers = await Promise.all(Array.from({ length: 4 }, () => RawSignaling.join(server, 'pit', { autoSubscribe: false })));
    for (const writer of writers) {
      await Promise.all(Array.from({ length: 95 }, () => writer.ask('chat', chat)));
      await writer.result('leave', {});
    }
    if (await isDropped()) break;
  }
  if (!(await isDropped())) throw new Error('one who does not read is borne for ever');
  reader.socket.resume();
  await reader.closed;
}
