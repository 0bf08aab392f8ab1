import assert from 'node:assert/strict';
import test from 'node:test';
import { keepTcpCandidates, preferCodec } from '../sdk/sdp.js';

test('only the candidates over TCP are left, and every other line', () => {
  const sdp = [
    'v=0',
    'a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host',
    'a=candidate:2 1 tcp 1671430143 192.0.2.1 7882 typ host tcptype passive',
    'a=candidate:3 1 UDP 2130706431 2001:db8::1 7882 typ host',
    'a=end-of-candidates',
    '',
  ].join('\r\n');
  const kept = keepTcpCandidates(sdp);
  assert.deepEqual(kept.split('\r\n'), ['v=0', sdp.split('\r\n')[2], 'a=end-of-candidates', '']);
});

test('a preferred codec comes first with all its variants, the rest in its order', () => {
  const codecs = ['video/VP8', 'video/rtx', 'video/H264', 'video/AV1', 'video/H264'].map(
    (mimeType, index) => ({ mimeType, index }),
  );
  assert.deepEqual(
    preferCodec(codecs, 'h264')?.map(({ index }) => index),
    [2, 4, 0, 1, 3],
  );
});

test('a codec that the browser lacks is not preferred', () => {
  assert.equal(preferCodec([{ mimeType: 'video/VP8' }], 'av1'), null);
});
