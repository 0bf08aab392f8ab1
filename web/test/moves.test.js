import assert from 'node:assert/strict';
import test, { afterEach, mock } from 'node:test';
import { Moves } from '../sdk/moves.js';
import { Roster } from '../sdk/roster.js';
import { Wishes } from '../sdk/wishes.js';
import { FakePeerConnection, fakeMedium, installBrowser, turns } from './fake-peer-connection.js';

/** @typedef {import('../sdk/protocol.js').TopologyInfo} TopologyInfo */

/** @type {Moves[]} */
const opened = [];
afterEach(() => {
  for (const moves of opened.splice(0)) moves.close();
  mock.timers.reset();
});

/**
 * One participant `me` with another one, `you`, whose side of everything is played here.
 * @param {TopologyInfo} info
 */
async function stay(info) {
  installBrowser();
  /** @type {{method: string, params: any}[]} */
  const asked = [];
  /** @type {string[]} */
  const told = [];
  /** @type {unknown[]} */
  const faults = [];
  /** @type {Moves | null} */
  let moves = null;
  const roster = new Roster((name, /** @type {any} */ detail) => {
    told.push(`${name} ${detail.track?.id ?? detail.participant?.id}`);
    if (!name.includes('ubscribed') && name !== 'trackMoved') moves?.review();
  });
  roster.join({ id: 'you', name: 'You', tracks: [{ id: 'yours', kind: 'video', source: 'camera', muted: false }] });
  let lastId = 0;
  /** @param {string} method @param {any} params */
  const request = async (method, params) => {
    asked.push({ method, params });
    if (method === 'announce') return { trackIds: params.tracks.map(() => `mine ${++lastId}`) };
    if (method === 'publish') {
      const tracks = params.tracks.map((/** @type {any} */ { mid, trackId }) => ({ mid, trackId: trackId ?? `mine ${++lastId}` }));
      return { sdp: params.sdp, tracks };
    }
    return {};
  };
  moves = new Moves({
    ownId: 'me',
    roster,
    wishes: new Wishes(true),
    iceServers: [],
    forceTcp: false,
    request,
    tell: () => {},
    onPath: () => {},
    onFault: (error) => faults.push(error),
  });
  opened.push(moves);
  moves.open(info);
  const count = (/** @type {string} */ method) => asked.filter((one) => one.method === method).length;
  return { moves, roster, asked, told, faults, count };
}

/** @param {string} kind @returns {any} */
const own = (kind) => ({ id: '', kind, source: kind === 'audio' ? 'microphone' : 'camera', mediaStreamTrack: fakeMedium(kind) });

const MESH = /** @type {const} */ ({ topology: 'mesh', view: 'tracks' });
const SFU = /** @type {const} */ ({ topology: 'sfu', view: 'tracks' });
const MIXED = /** @type {const} */ ({ topology: 'mcu', view: 'mix' });
const settled = (/** @type {any} */ scheme, /** @type {number} */ epoch) => ({ ...scheme, epoch, state: 'settled' });
const moving = (/** @type {any} */ scheme, /** @type {number} */ epoch) => ({ ...scheme, epoch, state: 'moving' });

const section = (/** @type {string} */ mid, kind = 'video', direction = 'sendonly') => ({ mid, kind, direction });
const description = (/** @type {any[]} */ ...sections) => ({ type: 'offer', sdp: JSON.stringify(sections) });

/** The other one sends directly. @param {Moves} moves @param {number} epoch @param {number} number */
async function yoursComesDirectly(moves, epoch, number = 1) {
  const message = { description: /** @type {any} */ (description(section('9'))), tracks: [{ mid: '9', trackId: 'yours' }] };
  moves.handleRelayed({ from: 'you', epoch, number, message });
  await turns();
}

/** The server sends. @param {Moves} moves @param {any[]} tracks */
async function serverOffers(moves, ...tracks) {
  const sections = tracks.map(({ mid, kind }) => section(mid, kind));
  moves.handleOffer({ sdp: JSON.stringify(sections), offerId: 1, tracks });
  await turns();
}

const YOURS = { mid: '5', trackId: 'yours', participantId: 'you', kind: 'video', source: 'camera' };
const MIX = [
  { mid: '6', trackId: 'mix a', kind: 'audio', source: 'mix' },
  { mid: '7', trackId: 'mix v', kind: 'video', source: 'mix' },
];

/** @param {MediaStreamTrack | null | undefined} medium */
function receiverOf(medium) {
  const receivers = FakePeerConnection.all.flatMap((pc) => pc.getReceivers());
  return receivers.find(({ track }) => track === medium);
}

/** Media flow for as long as it takes to be seen. @param {(MediaStreamTrack | null | undefined)[]} media */
async function flow(...media) {
  for (let reading = 0; reading < 4; reading += 1) {
    for (const medium of media) {
      const { counts } = receiverOf(medium);
      counts.packetsReceived += 5;
      counts.framesDecoded += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What the connections with a role receive for a track. @param {number} index */
const mediumOf = (index, /** @type {string} */ mid) =>
  FakePeerConnection.all[index].getTransceivers().find((one) => one.mid === mid)?.receiver.track;

test('in a mesh tracks are announced and sent to the others, and nothing goes to the server', async () => {
  const { moves, roster, count, faults } = await stay(settled(MESH, 3));
  const track = own('video');
  await moves.outlets.add(track);
  await turns();
  assert.equal(track.id, 'mine 1');
  assert.equal(count('publish'), 0);
  const [pc] = FakePeerConnection.all;
  assert.equal(FakePeerConnection.all.length, 1, 'one connection, to the other one');
  assert.equal(pc.getTransceivers()[0].sender.track, track.mediaStreamTrack);
  assert.ok(count('relay') > 0);
  await yoursComesDirectly(moves, 3);
  assert.equal(roster.track('yours')?.mediaStreamTrack, mediumOf(0, '9'));
  assert.deepEqual(faults, []);
});

test('from mesh to server: the same tracks are published under their ids, and nothing breaks before all is there', async () => {
  const { moves, roster, asked, told, count, faults } = await stay(settled(MESH, 3));
  const track = own('video');
  await moves.outlets.add(track);
  await yoursComesDirectly(moves, 3);
  const yours = roster.track('yours');
  const direct = yours?.mediaStreamTrack;
  moves.handle(moving(SFU, 4));
  await turns();
  const published = asked.find(({ method }) => method === 'publish');
  assert.equal(published?.params.tracks[0].trackId, 'mine 1');
  await serverOffers(moves, YOURS);
  const served = mediumOf(2, '5');
  assert.ok(served, 'the third connection receives from the server');
  assert.equal(yours?.mediaStreamTrack, direct, 'what is not decoded yet is not shown');
  assert.equal(count('settled'), 0);
  await flow(served);
  assert.equal(yours?.mediaStreamTrack, served);
  assert.deepEqual(asked.find(({ method }) => method === 'settled')?.params, { epoch: 4 });
  assert.notEqual(FakePeerConnection.all[0].signalingState, 'closed', 'the mesh stands until all have come over');
  moves.handle(settled(SFU, 4));
  assert.equal(FakePeerConnection.all[0].signalingState, 'closed');
  assert.equal(roster.track('yours'), yours, 'it is the same track all along');
  assert.deepEqual(told.filter((what) => /yours/.test(what)), ['trackPublished yours', 'trackSubscribed yours', 'trackMoved yours']);
  assert.equal(count('settled'), 1);
  assert.deepEqual(faults, []);
});

test('from server to mesh: the connections with the server end when it says so', async () => {
  const { moves, roster, count, faults } = await stay(settled(SFU, 1));
  await moves.outlets.add(own('video'));
  await serverOffers(moves, YOURS);
  const [publish, subscribe] = FakePeerConnection.all;
  assert.equal(roster.track('yours')?.mediaStreamTrack, mediumOf(1, '5'));
  moves.handle(moving(MESH, 2));
  await yoursComesDirectly(moves, 2);
  await flow(mediumOf(2, '9'));
  assert.equal(roster.track('yours')?.mediaStreamTrack, mediumOf(2, '9'));
  assert.equal(count('settled'), 1);
  assert.equal(publish.signalingState, 'stable');
  moves.handle(settled(MESH, 2));
  assert.equal(publish.signalingState, 'closed');
  assert.equal(subscribe.signalingState, 'closed');
  assert.equal(count('announce'), 0, 'what is published is known already');
  assert.deepEqual(faults, []);
});

test('from tracks to the mix and back: never both, never neither', async () => {
  const { moves, roster, count, faults } = await stay(settled(SFU, 1));
  await serverOffers(moves, YOURS);
  const shown = () => [...roster.tracks].filter(({ mediaStreamTrack }) => mediaStreamTrack).map(({ id }) => id);
  moves.handle(moving(MIXED, 2));
  await serverOffers(moves, YOURS, ...MIX);
  assert.deepEqual(shown(), ['yours']);
  await flow(mediumOf(1, '6'), mediumOf(1, '7'));
  assert.deepEqual(shown(), ['mix a', 'mix v']);
  assert.equal(count('settled'), 1);
  moves.handle(settled(MIXED, 2));
  await serverOffers(moves, ...MIX);
  assert.deepEqual(shown(), ['mix a', 'mix v']);
  moves.handle(moving(SFU, 3));
  await serverOffers(moves, ...MIX, YOURS);
  assert.deepEqual(shown(), ['mix a', 'mix v']);
  await flow(mediumOf(1, '5'));
  assert.deepEqual(shown(), ['yours']);
  moves.handle(settled(SFU, 3));
  await serverOffers(moves, YOURS);
  assert.deepEqual(shown(), ['yours']);
  assert.equal(roster.mix.tracks.size, 0);
  assert.deepEqual(faults, []);
});

test('a room that turns back before its move is over goes on with what it had', async () => {
  const { moves, roster } = await stay(settled(MESH, 3));
  await yoursComesDirectly(moves, 3);
  const direct = roster.track('yours')?.mediaStreamTrack;
  moves.handle(moving(SFU, 4));
  await turns();
  moves.handle(moving(MESH, 5));
  moves.handle(settled(MESH, 5));
  assert.equal(roster.track('yours')?.mediaStreamTrack, direct);
  assert.equal(FakePeerConnection.all[0].signalingState, 'stable');
  assert.equal(FakePeerConnection.all[1].signalingState, 'closed');
});

test('a track that the room takes over while it is announced ends up with the server', async () => {
  const { moves, count } = await stay(settled(MESH, 3));
  const adding = moves.outlets.add(own('audio'));
  moves.handle(moving(SFU, 4));
  await adding;
  await turns();
  assert.equal(count('announce'), 1);
  assert.equal(count('publish'), 1);
});

test('words of a mesh that is over, of strangers, and what was read before are passed over', async () => {
  const { moves, roster, faults } = await stay(settled(MESH, 3));
  await yoursComesDirectly(moves, 2);
  assert.equal(roster.track('yours')?.mediaStreamTrack, null);
  moves.handleRelayed({ from: 'stranger', epoch: 3, number: 7, message: { description: /** @type {any} */ (description(section('1'))) } });
  await yoursComesDirectly(moves, 3, 7);
  assert.equal(roster.track('yours')?.mediaStreamTrack, null);
  await yoursComesDirectly(moves, 3, 8);
  assert.notEqual(roster.track('yours')?.mediaStreamTrack, null);
  assert.deepEqual(faults, []);
});

test('nobody sends a track in the name of another', async () => {
  const { moves, roster } = await stay(settled(MESH, 3));
  roster.join({ id: 'third', name: 'Third', tracks: [{ id: 'thirds', kind: 'audio', source: 'microphone', muted: false }] });
  const message = { description: /** @type {any} */ (description(section('9', 'audio'))), tracks: [{ mid: '9', trackId: 'thirds' }] };
  moves.handleRelayed({ from: 'you', epoch: 3, number: 1, message });
  await turns();
  assert.equal(roster.track('thirds')?.mediaStreamTrack, null);
});

test('who comes and goes in a mesh is connected and let go', async () => {
  const { roster, count } = await stay(settled(MESH, 3));
  roster.join({ id: 'third', name: 'Third', tracks: [] });
  assert.equal(FakePeerConnection.all.length, 2);
  FakePeerConnection.all[1].become('connected');
  assert.equal(count('peerState'), 1);
  roster.leave('third', 'left');
  assert.equal(FakePeerConnection.all[1].signalingState, 'closed');
});

test('a track that never comes holds the move up for as long as the server waits, and no longer', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { moves, count } = await stay(settled(SFU, 1));
  moves.handle(moving(MIXED, 2));
  assert.equal(count('settled'), 0);
  mock.timers.tick(8_000);
  assert.equal(count('settled'), 1);
});
