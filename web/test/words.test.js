import assert from 'node:assert/strict';
import test from 'node:test';
import {
  axisEnd,
  formatBitrate,
  formatMs,
  formatPercent,
  History,
  HISTORY_LENGTH,
  linePath,
} from '../app/history.js';
import { loudness } from '../app/level.js';
import { initials, inventRoomName, voiceOf } from '../app/names.js';
import { inviteLink, readParams } from '../app/params.js';
import { serverFacts } from '../app/server-facts.js';
import { absentFrom, mixInWords } from '../app/topology-words.js';
import { wordsForDevices, wordsForError, wordsForMany } from '../app/words.js';

test('initials are of the first and the last word, in any script', () => {
  assert.equal(initials('Ada Lovelace'), 'AL');
  assert.equal(initials('  josquin  des prez '), 'JP');
  assert.equal(initials('李伟'), '李');
  assert.equal(initials('(x)'), 'X');
  assert.equal(initials(''), '?');
});

test('a person has the same voice each time, and people share them out', () => {
  assert.equal(voiceOf('Ada'), voiceOf('Ada'));
  const voices = new Set(Array.from({ length: 40 }, (_, index) => voiceOf(`person ${index}`)));
  assert.deepEqual([...voices].sort(), [1, 2, 3, 4]);
});

test('an invented room name needs no escaping in an address', () => {
  assert.match(
    inventRoomName(() => 0.999),
    /^[a-z]+-[a-z]+-\d\d$/,
  );
});

test('the address says what to do', () => {
  const params = readParams('?room=choir&name=Ada+L&join=1&codec=VP9&video=0&tcp=1&token=x.y&topology=mcu&view=mix');
  assert.deepEqual(params, {
    room: 'choir',
    name: 'Ada L',
    join: true,
    codec: 'vp9',
    token: 'x.y',
    video: false,
    audio: true,
    tcp: true,
    topology: 'mcu',
    view: 'mix',
  });
  assert.equal(readParams('?codec=theora&join=0').codec, undefined);
  assert.equal(readParams('?topology=star').topology, undefined);
  assert.equal(readParams('?join=0').join, false);
});

test('an invitation carries the room and nothing of the one who sends it', () => {
  assert.equal(inviteLink('https://host/?room=a&name=Ada&token=secret', 'a b'), 'https://host/?room=a+b');
});

test('a camera and a microphone that fail alike are told once', () => {
  assert.equal(wordsForDevices('cameraRefused', 'microphoneRefused').length, 1);
  assert.equal(wordsForDevices('cameraAbsent', 'microphoneRefused').length, 2);
  assert.equal(wordsForDevices('insecureContext', 'insecureContext').length, 1);
  assert.equal(wordsForDevices(undefined, undefined).length, 0);
});

test('a reason without words of its own is told by its message', () => {
  assert.equal(wordsForError({ reason: 'odd', message: 'the moon is full' }).text, 'the moon is full');
  assert.equal(wordsForError(null).reason, 'unknown');
});

test('a history keeps the last minute', () => {
  const history = new History();
  for (let value = 0; value < 100; value++) history.push(value);
  assert.equal(history.values.length, HISTORY_LENGTH);
  assert.equal(history.last, 99);
  assert.equal(history.most, 99);
});

test('an axis ends at a round figure', () => {
  assert.deepEqual(
    [0, 49, 51, 120, 201, 999].map((value) => axisEnd(value, 50)),
    [50, 50, 100, 200, 500, 1000],
  );
});

test('a line is drawn from the right and broken where nothing was measured', () => {
  assert.equal(linePath([0, 10, null, 5], 10, { width: 59, height: 10 }), 'M56.0 10.0L57.0 0.0M59.0 5.0');
});

test('figures are written briefly', () => {
  assert.deepEqual(
    [formatBitrate(1_430_000), formatBitrate(38_400), formatBitrate(null)],
    ['1.4 Mbit/s', '38 kbit/s', '–'],
  );
  assert.deepEqual(
    [formatPercent(0), formatPercent(1.26), formatMs(4.44), formatMs(120.4)],
    ['0 %', '1.3 %', '4.4 ms', '120 ms'],
  );
});

test('silence has no loudness and a full tone all of it', () => {
  assert.equal(loudness(new Float32Array(64)), 0);
  assert.equal(loudness(new Float32Array(64).fill(1)), 1);
});

test("the server's figures are summed up in one line, without what is nothing", () => {
  const stream = { bitrateBps: 500_000, packetsLost: 2, retransmittedPackets: 0 };
  const transports = [
    { peer: 'publish', droppedPackets: 0, tracks: [{ streams: [stream] }, { streams: [stream] }] },
    { peer: 'subscribe', droppedPackets: 3, tracks: [] },
  ];
  assert.equal(serverFacts({ transports }), 'receives 1.0 Mbit/s · 4 lost · sends 0 kbit/s · 3 refused');
  assert.equal(serverFacts({}), '');
});

test('of many who do the same a few are named', () => {
  const told = (...names) => wordsForMany(names, 'joined');
  assert.equal(told('Ada'), 'Ada joined');
  assert.equal(told('Ada', 'Ben'), 'Ada and Ben joined');
  assert.equal(told('Ada', 'Ben', 'Chiara'), 'Ada, Ben and Chiara joined');
  assert.equal(told('Ada', 'Ben', 'Chiara', 'Dov'), 'Ada, Ben and 2 others joined');
});

test('whom the mix shows and whom not is said in words', () => {
  const cell = { x: 0, y: 0, w: 1, h: 1 };
  /** @type {Record<string, {name: string, explanation?: string}>} */
  const people = { a: { name: 'Ada' }, b: { name: 'Ben', explanation: 'video stopped' } };
  const cells = [
    { ...cell, participantId: 'a', trackId: 't' },
    { ...cell, participantId: 'b', trackId: 'u' },
    { ...cell, participantId: 'a' },
    { ...cell, participantId: 'gone' },
  ];
  assert.equal(mixInWords(cells, (id) => people[id] ?? null), 'Ada, Ben (video stopped), Ada (camera off)');
  const camera = { kind: 'video', source: 'camera' };
  const frozen = { reason: 'frozen', explanation: 'video stopped' };
  const off = { reason: 'cameraOff', explanation: 'camera off' };
  const lines = absentFrom([
    { name: 'Ada', isSelf: true, tracks: [{ ...camera, placeholder: frozen }] },
    { name: 'Ben', isSelf: false, tracks: [{ ...camera, source: 'screen', placeholder: frozen }, { ...camera, placeholder: off }] },
    { name: 'Cem', isSelf: false, tracks: [{ ...camera, placeholder: null }] },
  ]);
  assert.deepEqual(lines, ['Your camera: video stopped', 'Ben’s screen: video stopped']);
});
