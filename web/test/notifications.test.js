import assert from 'node:assert/strict';
import test from 'node:test';
import { Notifications } from '../sdk/notifications.js';
import { Roster } from '../sdk/roster.js';

/** As much of a room as notifications touch. */
function open() {
  /** @type {any[]} */
  const told = [];
  const emit = (/** @type {string} */ name, /** @type {any} */ detail) => told.push([name, detail]);
  const roster = new Roster(emit);
  const room = /** @type {any} */ ({
    local: { id: 'me', name: 'Me', tracks: new Map() },
    participants: roster.participants,
    emit,
  });
  const end = (/** @type {string} */ reason) => told.push(['end', reason]);
  const refuse = () => assert.fail('nobody asked for this');
  const notifications = new Notifications({
    room,
    roster,
    end,
    offer: refuse,
    lostOwnTrack: refuse,
    ownMuted: refuse,
    stopping: refuse,
  });
  return { notifications, told, room };
}

test('a message that the server says again after a resume is told once', () => {
  const { notifications, told } = open();
  const message = { from: 'a', text: 'hello', at: 1 };
  notifications.handle('chat', message);
  notifications.handle('chat', { ...message });
  notifications.handle('chat', { ...message, at: 2 });
  assert.equal(told.length, 2);
});

test('who speaks and how loud stands at the participants too', () => {
  const { notifications, room } = open();
  notifications.handle('participantJoined', { participant: { id: 'a', name: 'A', tracks: [] } });
  notifications.handle('activeSpeaker', { participantId: 'a' });
  notifications.handle('audioLevels', { levels: [{ participantId: 'a', dbov: -20 }] });
  const a = room.participants.get('a');
  assert.deepEqual(
    [a.isSpeaking, a.levelDbov, room.activeSpeakerId, room.local.isSpeaking],
    [true, -20, 'a', false],
  );
  notifications.handle('activeSpeaker', { participantId: null });
  notifications.handle('audioLevels', { levels: [] });
  assert.deepEqual([a.isSpeaking, a.levelDbov], [false, -127]);
});

test('a room that closes because the server stops ends for that reason', () => {
  const { notifications, told } = open();
  notifications.handle('roomClosed', { reason: 'serverStopping' });
  notifications.handle('roomClosed', { reason: 'closed' });
  notifications.handle('removed', { reason: 'replaced' });
  assert.deepEqual(told, [
    ['end', 'serverStopping'],
    ['end', 'roomClosed'],
    ['end', 'replaced'],
  ]);
});

test('what a newer server says is passed over', () => {
  const { notifications, told } = open();
  notifications.handle('weather', {});
  notifications.handle('constructor', {});
  assert.deepEqual(told, []);
});

test('why the mix does not show a track stands at the track, told once and until it is shown', () => {
  const { notifications, told, room } = open();
  const track = { id: 't', kind: 'video', source: 'camera', muted: false };
  notifications.handle('participantJoined', { participant: { id: 'a', name: 'A', tracks: [track] } });
  told.length = 0;
  const placeholder = { reason: 'tooLarge', explanation: 'video too large: 7680x4320' };
  const say = (/** @type {any} */ what) =>
    notifications.handle('trackPlaceholder', { participantId: 'a', trackId: 't', placeholder: what });
  say(placeholder);
  say({ ...placeholder });
  assert.deepEqual(room.participants.get('a').tracks.get('t').placeholder, placeholder);
  assert.deepEqual(told.map(([name]) => name), ['trackPlaceholder']);
  say(null);
  assert.equal(room.participants.get('a').tracks.get('t').placeholder, null);
  say(undefined);
  assert.equal(told.length, 2);
  notifications.handle('trackPlaceholder', { participantId: 'b', trackId: 't', placeholder });
  assert.equal(told.length, 2, 'of nobody who is here');
});

test('the cells of the mix are kept as they were told last', () => {
  const { notifications, told, room } = open();
  const cells = [{ x: 0, y: 0, w: 1, h: 1, participantId: 'me' }];
  notifications.handle('mixCells', { cells });
  assert.deepEqual(room.mixCells, cells);
  assert.deepEqual(told, [['mixCells', { cells }]]);
});
