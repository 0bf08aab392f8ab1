import assert from 'node:assert/strict';
import test from 'node:test';
import { Roster } from '../sdk/roster.js';

const camera = (/** @type {string} */ id, muted = false) => ({
  id,
  kind: /** @type {const} */ ('video'),
  source: /** @type {const} */ ('camera'),
  muted,
});

function open() {
  /** @type {string[]} */
  const told = [];
  const roster = new Roster((name, /** @type {any} */ detail) =>
    told.push(`${name} ${detail.track?.id ?? detail.participant?.id}`),
  );
  return { roster, told };
}

/** Stands for a MediaStreamTrack, of which the roster only asks whether it is the same one. @type {any} */
const MEDIUM = { medium: 1 };

test('people and their tracks come and go in the order told', () => {
  const { roster, told } = open();
  roster.join({ id: 'a', name: 'A', tracks: [camera('t')] });
  roster.mute('t', true);
  roster.leave('a', 'left');
  assert.deepEqual(told, [
    'participantJoined a',
    'trackPublished t',
    'trackMuted t',
    'trackUnpublished t',
    'participantLeft a',
  ]);
  assert.equal(roster.participants.size, 0);
});

test('media that comes before its track is told waits for it', () => {
  const { roster, told } = open();
  roster.join({ id: 'a', name: 'A', tracks: [] });
  roster.setMedia(new Map([['t', MEDIUM]]));
  roster.publish('a', camera('t'));
  assert.deepEqual(told.slice(1), ['trackPublished t', 'trackSubscribed t']);
  assert.equal(roster.track('t')?.mediaStreamTrack, MEDIUM);
});

test('media that is no longer offered is taken from its track, and told once', () => {
  const { roster, told } = open();
  roster.join({ id: 'a', name: 'A', tracks: [camera('t')] });
  roster.setMedia(new Map([['t', MEDIUM]]));
  roster.setMedia(new Map([['t', MEDIUM]]));
  roster.setMedia(new Map());
  assert.deepEqual(told.slice(2), ['trackSubscribed t', 'trackUnsubscribed t']);
});

test('after a resume the roster is what the server says, and only the difference is told', () => {
  const { roster, told } = open();
  roster.join({ id: 'a', name: 'A', tracks: [camera('t1'), camera('t2')] });
  roster.join({ id: 'b', name: 'B', tracks: [] });
  told.length = 0;
  roster.replace([
    { id: 'a', name: 'A', tracks: [camera('t2', true), camera('t3')] },
    { id: 'c', name: 'C', tracks: [] },
  ]);
  assert.deepEqual(told, [
    'participantLeft b',
    'trackUnpublished t1',
    'trackMuted t2',
    'trackPublished t3',
    'participantJoined c',
  ]);
});

test('what the server says of people who are gone is passed over', () => {
  const { roster, told } = open();
  roster.publish('nobody', camera('t'));
  roster.mute('t', true);
  roster.unpublish('t');
  roster.leave('nobody', 'left');
  assert.deepEqual(told, []);
});
