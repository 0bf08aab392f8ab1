import assert from 'node:assert/strict';
import test, { afterEach, mock } from 'node:test';
import { MeshPeer } from '../sdk/mesh-peer.js';
import { FakePeerConnection, fakeMedium, installBrowser, turns } from './fake-peer-connection.js';

/** @param {string} id @param {string} kind @returns {any} */
const track = (id, kind) => ({ id, kind, source: kind === 'audio' ? 'microphone' : 'camera', mediaStreamTrack: fakeMedium(kind) });

/** Two sides whose messages pass each other on the way; `lose` says which are lost. */
function pair() {
  installBrowser();
  /** @type {any} */
  const both = { lose: () => false, faults: [], unwanted: new Set(), sent: [], states: [] };
  /** @param {string} own @param {string} other @param {boolean} isPolite */
  const open = (own, other, isPolite) =>
    new MeshPeer({
      participantId: other,
      isPolite,
      iceServers: [],
      send: async (message) => {
        both.sent.push({ from: own, type: message.description?.type ?? message.turn ?? 'candidate' });
        if (both.lose(message)) return;
        // As over a network: in order, and after what is under way.
        setImmediate(() => both[other].handle(structuredClone(message)));
      },
      isWanted: (trackId) => !both.unwanted.has(trackId),
      onMedia: () => {},
      onState: (state) => both.states.push(`${own} ${state}`),
      onPath: () => {},
      onFault: (error) => both.faults.push(error),
    });
  both.a = open('a', 'b', true);
  both.b = open('b', 'a', false);
  opened.push(both.a, both.b);
  return both;
}

/** @type {MeshPeer[]} */
const opened = [];
afterEach(() => {
  for (const peer of opened.splice(0)) peer.close();
  mock.timers.reset();
});

/** @param {MeshPeer} peer */
const received = (peer) => [...peer.media.keys()].sort();

test('each side gets the tracks of the other, by their ids', async () => {
  const { a, b, faults } = pair();
  a.setTracks(new Set([track('a1', 'audio'), track('a2', 'video')]), 1);
  await turns();
  b.setTracks(new Set([track('b1', 'audio')]), 1);
  await turns();
  assert.deepEqual(received(b), ['a1', 'a2']);
  assert.deepEqual(received(a), ['b1']);
  assert.deepEqual(faults, []);
});

test('where both have something to offer at once, they offer in turns, and no offer crosses another', async () => {
  const { a, b, faults, sent } = pair();
  a.setTracks(new Set([track('a1', 'audio'), track('a2', 'video')]), 1);
  b.setTracks(new Set([track('b1', 'audio')]), 1);
  await turns();
  b.setTracks(new Set([...b.sentByMid.values(), track('b2', 'video')]), 1);
  a.setTracks(new Set([...a.sentByMid.values(), track('a3', 'video')]), 1);
  await turns();
  assert.deepEqual(received(b), ['a1', 'a2', 'a3']);
  assert.deepEqual(received(a), ['b1', 'b2']);
  const described = sent.filter((/** @type {any} */ { type }) => type === 'offer' || type === 'answer');
  for (const [place, { type }] of described.entries()) assert.equal(type, place % 2 === 0 ? 'offer' : 'answer');
  assert.equal(FakePeerConnection.all.length, 2);
  assert.deepEqual(faults, []);
});

test('a side that is lent the turn and says nothing does not silence the other', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const both = pair();
  both.lose = ({ turn }) => turn === 'yours';
  both.a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  both.b.setTracks(new Set([track('b1', 'audio')]), 1);
  await turns();
  assert.deepEqual([received(both.a), received(both.b)], [[], []]);
  mock.timers.tick(2_000);
  await turns();
  assert.deepEqual([received(both.a), received(both.b)], [['b1'], ['a1']], 'who was told nothing offered, and so did the other');
  assert.deepEqual(both.faults, []);
});

/** A polite side whose offer is crossed by that of one who knows of no turns. @param {MeshPeer} a */
async function cross(a) {
  a.handle({ turn: 'yours' });
  const sdp = JSON.stringify([{ mid: '7', kind: 'audio', direction: 'sendonly' }]);
  a.handle({ description: { type: 'offer', sdp }, tracks: [{ mid: '7', trackId: 'b1' }] });
  await turns();
}

test('a first offer that is crossed is given up with its connection, which tells nothing more', async () => {
  const both = pair();
  const { a, faults, states, sent } = both;
  both.lose = () => true;
  const first = a.pc;
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  await cross(a);
  const types = sent.map((/** @type {any} */ { type }) => type);
  assert.deepEqual(types, ['ask', 'offer', 'answer', 'ask'], 'it answers, and has something to offer still');
  assert.equal(first.signalingState, 'closed');
  assert.deepEqual(received(a), ['b1']);
  a.handle({ turn: 'yours' });
  await turns();
  assert.equal(a.pc.signalingState, 'have-local-offer');
  assert.deepEqual([...a.sentByMid.values()].map(({ id }) => id), ['a1']);
  first.become('failed');
  assert.deepEqual(states, []);
  a.pc.become('connected');
  assert.deepEqual(states, ['a connected']);
  assert.deepEqual(faults, []);
});

test('a later offer that is crossed is taken back, and the connection stays', async () => {
  const both = pair();
  const { a, faults } = both;
  both.b.setTracks(new Set([track('b0', 'audio')]), 1);
  await turns();
  both.lose = () => true;
  const { pc } = a;
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  await cross(a);
  assert.equal(a.pc, pc);
  assert.equal(pc.signalingState, 'stable');
  assert.deepEqual(received(a), ['b1']);
  assert.deepEqual(faults, []);
});

test('a track that ends leaves its section to the next of its kind', async () => {
  const { a, b } = pair();
  const camera = track('a2', 'video');
  a.setTracks(new Set([track('a1', 'audio'), camera]), 1);
  await turns();
  const sections = a.pc.getTransceivers().length;
  a.setTracks(new Set([...a.sentByMid.values()].filter((one) => one !== camera)), 1);
  await turns();
  assert.deepEqual(received(b), ['a1']);
  a.setTracks(new Set([...a.sentByMid.values(), track('a3', 'video')]), 1);
  await turns();
  assert.deepEqual(received(b), ['a1', 'a3']);
  assert.equal(a.pc.getTransceivers().length, sections);
});

test('with many to send to, each gets a share of the bitrate', async () => {
  const { a } = pair();
  const camera = track('a2', 'video');
  a.setTracks(new Set([camera]), 1);
  await turns();
  const most = () => a.pc.getTransceivers()[0].sender.getParameters().encodings[0].maxBitrate;
  const alone = most();
  a.setTracks(new Set([camera]), 4);
  await turns();
  assert.equal(most(), alone / 4);
});

test('what is not wanted is switched off at its section, and on again', async () => {
  const { a, b, unwanted } = pair();
  a.setTracks(new Set([track('a1', 'audio'), track('a2', 'video')]), 1);
  await turns();
  unwanted.add('a2');
  b.review();
  await turns();
  assert.deepEqual(received(b), ['a1']);
  assert.equal(a.pc.getTransceivers()[1].currentDirection, 'inactive');
  unwanted.delete('a2');
  b.review();
  await turns();
  assert.deepEqual(received(b), ['a1', 'a2']);
});

test('an offer that was lost while the socket was down is made again when it is back', async () => {
  const both = pair();
  both.lose = () => true;
  both.a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  assert.deepEqual(received(both.b), []);
  both.lose = () => false;
  both.a.resume();
  await turns();
  assert.deepEqual(received(both.b), ['a1']);
});

test('an answer that comes twice changes nothing', async () => {
  const { a, b, faults } = pair();
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  a.handle({ description: b.pc.localDescription, tracks: [] });
  await turns();
  assert.deepEqual(faults, []);
  assert.deepEqual(received(b), ['a1']);
});

test('a candidate of an offer that was passed over is no fault, any other one is', async () => {
  const { a, faults } = pair();
  a.handle({ candidate: { candidate: 'candidate:1' } });
  await turns();
  assert.equal(faults.length, 1);
});

test('nothing is done with what comes after the end', async () => {
  const { a, b, faults } = pair();
  b.close();
  a.setTracks(new Set([track('a1', 'audio')]), 1);
  await turns();
  assert.equal(b.pc.signalingState, 'closed');
  assert.deepEqual(faults, []);
  assert.equal(FakePeerConnection.all.length, 2);
});
