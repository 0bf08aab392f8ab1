import assert from 'node:assert/strict';
import test from 'node:test';
import { rate, readReport } from '../sdk/stats.js';

/** @param {number} second @param {object} [more] */
function received(second, more = {}) {
  return new Map(
    Object.entries({
      T: {
        type: 'transport',
        id: 'T',
        timestamp: 1000 * second,
        selectedCandidatePairId: 'P',
        tlsVersion: 'FEFC',
        srtpCipher: 'AEAD_AES_128_GCM',
      },
      P: {
        type: 'candidate-pair',
        id: 'P',
        currentRoundTripTime: 0.04,
        localCandidateId: 'L',
        remoteCandidateId: 'R',
        bytesSent: 5,
        bytesReceived: 6,
      },
      L: { type: 'local-candidate', id: 'L', protocol: 'udp' },
      R: { type: 'remote-candidate', id: 'R', protocol: 'udp', address: '192.0.2.1', port: 7882 },
      C: { type: 'codec', id: 'C', mimeType: 'video/VP8' },
      V: {
        type: 'inbound-rtp',
        id: 'V',
        kind: 'video',
        mid: '3',
        codecId: 'C',
        timestamp: 1000 * second,
        bytesReceived: 125_000 * second,
        packetsReceived: 90 * second,
        packetsLost: 10 * second,
        framesDecoded: 30 * second,
        jitter: 0.005,
        frameWidth: 1280,
        frameHeight: 720,
        ...more,
      },
    }),
  );
}

/** @param {Map<string, any>} report @param {string} mid */
function sampleOf(report, mid) {
  const sample = readReport(report).samples.get(mid);
  assert.ok(sample);
  return sample;
}

test('two readings of a received track give bitrate, loss and frame rate', () => {
  const rates = rate(sampleOf(received(2), '3'), sampleOf(received(1), '3'));
  assert.equal(rates.bitrateBps, 1_000_000);
  assert.equal(rates.lossPercent, 10);
  assert.equal(rates.framesPerSecond, 30);
  assert.equal(rates.jitterMs, 5);
  assert.equal(rates.roundTripMs, 40, 'of the path, since a receiver has none of its own');
  assert.equal(rates.codec, 'VP8');
});

test('the first reading, and one whose counters began anew, give no rates', () => {
  const late = sampleOf(received(5), '3');
  const early = sampleOf(received(1), '3');
  assert.equal(rate(early, undefined).bitrateBps, 0);
  assert.equal(rate({ ...early, atMs: 6000 }, late).bitrateBps, 0);
});

test('packets that came after they were counted as lost make no negative loss', () => {
  const before = sampleOf(received(1), '3');
  const after = sampleOf(received(2, { packetsLost: 4 }), '3');
  assert.equal(rate(after, before).lossPercent, 0);
});

test('a sent track takes loss, jitter and round trip from the report of who receives it', () => {
  const sample = sampleOf(sent(1), '0');
  assert.equal(sample.direction, 'send');
  assert.equal(sample.packetsLost, 5);
  assert.equal(sample.jitterMs, 7);
  assert.equal(sample.roundTripMs, 30);
  assert.equal(sample.limitation, 'bandwidth');
  const rates = rate(sampleOf(sent(2), '0'), sample);
  assert.equal(rates.lossPercent, 5);
});

test('two encodings of one track are one track: what both use, and the picture of the larger', () => {
  const report = sent(1);
  report.set('O2', {
    ...report.get('O'),
    id: 'O2',
    ssrc: 43,
    remoteId: undefined,
    frameWidth: 640,
    frameHeight: 360,
  });
  const sample = sampleOf(report, '0');
  assert.equal(sample.bytes, 2000);
  assert.equal(sample.width, 1280);
});

test('the path is the selected pair', () => {
  const { transport } = readReport(received(1));
  assert.deepEqual(
    [transport.protocol, transport.remote, transport.roundTripMs, transport.dtlsVersion],
    ['udp', '192.0.2.1:7882', 40, '1.3'],
  );
});

test('a report without a path yet says so with nulls', () => {
  const { samples, transport } = readReport(new Map());
  assert.equal(samples.size, 0);
  assert.equal(transport.protocol, null);
  assert.equal(transport.roundTripMs, null);
});

/** @param {number} second */
function sent(second) {
  return new Map(
    Object.entries({
      O: {
        type: 'outbound-rtp',
        id: 'O',
        kind: 'video',
        mid: '0',
        ssrc: 42,
        remoteId: 'RI',
        timestamp: 1000 * second,
        bytesSent: 1000 * second,
        packetsSent: 100 * second,
        framesEncoded: 30 * second,
        frameWidth: 1280,
        frameHeight: 720,
        qualityLimitationReason: 'bandwidth',
      },
      RI: {
        type: 'remote-inbound-rtp',
        id: 'RI',
        ssrc: 42,
        packetsLost: 5 * second,
        jitter: 0.007,
        roundTripTime: 0.03,
      },
    }),
  );
}
