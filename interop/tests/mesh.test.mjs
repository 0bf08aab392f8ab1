// Rooms without the server's help: each browser sends to each other one; and the way out, when one more comes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { Server, until } from '../driver/server.mjs';

const SMALL = { width: 500, height: 400 };

let server;
let browser;
before(async () => {
  server = await Server.start({ args: ['--auto-mesh-people-max', '3'] });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** The ends of each connection's path: this page's port and the other's. */
const ends = (person) =>
  person.page.evaluate(async () => {
    const found = [];
    for (const connection of window.interop.all) {
      if (connection.connectionState !== 'connected') continue;
      const reports = await connection.getStats();
      const transport = [...reports.values()].find(({ type }) => type === 'transport');
      const pair = reports.get(transport.selectedCandidatePairId);
      found.push({ local: reports.get(pair.localCandidateId).port, remote: reports.get(pair.remoteCandidateId).port });
    }
    return found;
  });

test('three meet in a mesh past the server, and a fourth brings the server in, with nobody reloading', { timeout: 150_000 }, async () => {
  const people = [];
  const open = async (name) =>
    people.push(await browser.open(server.callUrl('mesh', name, { topology: 'auto', codec: 'vp8' }), { viewport: SMALL }));
  for (const name of ['ann', 'ben', 'cem']) await open(name);
  await Promise.all(people.map((person) => person.settles('mesh')));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 2, audios: 2 })));

  const all = await Promise.all(people.map(ends));
  for (const [index, own] of all.entries()) {
    assert.equal(own.length, 2, `exactly two peers: ${JSON.stringify(own)}`);
    const others = new Set(all.flatMap((theirs, other) => (other === index ? [] : theirs.map(({ local }) => local))));
    for (const { remote } of own) assert.ok(others.has(remote), `${remote} is a port of another browser: ${JSON.stringify(all)}`);
  }
  assert.equal(await server.mediaCounted(), 0, 'no media touched the server');

  // Nobody reloads, and who was there stays the same track in the same tile.
  const mark = () => {
    window.notReloaded = true;
    window.tilesBefore = [...document.querySelectorAll('.stage-tiles .tile')];
    window.tracksBefore = [...window.motet.room.participants.values()].flatMap((person) => [...person.tracks.values()]);
  };
  await Promise.all(people.map((person) => person.page.evaluate(mark)));
  await open('dov');
  await Promise.all(people.map((person) => person.settles('sfu')));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 3, audios: 3, ms: 60_000 })));
  for (const person of people.slice(0, 3)) {
    const kept = await person.page.evaluate(() => {
      const tracks = [...window.motet.room.participants.values()].flatMap((other) => [...other.tracks.values()]);
      const tiles = [...document.querySelectorAll('.stage-tiles .tile')];
      return {
        page: window.notReloaded === true,
        tiles: window.tilesBefore.every((tile) => tiles.includes(tile)),
        tracks: window.tracksBefore.every((track) => tracks.includes(track) && track.mediaStreamTrack?.readyState === 'live'),
      };
    });
    assert.deepEqual(kept, { page: true, tiles: true, tracks: true });
    await until('the direct connections are gone', async () => (await person.stats()).states.length === 2);
  }
  assert.ok((await server.mediaCounted()) > 0);
  await Promise.all(people.map((person) => person.page.close()));
});

test('in a mesh mutes, chat, screens and leaving are what they are by a server', { timeout: 100_000 }, async () => {
  const url = (name) => server.callUrl('mesh-life', name, { topology: 'mesh', codec: 'vp8' });
  const ann = await browser.open(url('ann'), { viewport: SMALL });
  const ben = await browser.open(url('ben'), { viewport: SMALL });
  await Promise.all([ann, ben].map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
  const muted = () => ben.page.evaluate(() => [...window.motet.room.participants.values()][0].track('microphone').muted);
  await ann.page.evaluate(() => window.motet.room.mute(window.motet.room.local.track('microphone')));
  await until('the mute is told', muted);
  await ann.page.evaluate(() => window.motet.room.unmute(window.motet.room.local.track('microphone')));
  await until('and its end', async () => !(await muted()));
  await ben.page.evaluate(() => window.motet.room.on('chat', ({ text }) => (window.written = text)));
  await ann.page.evaluate(() => window.motet.room.chat('hello'));
  await until('the message is there', () => ben.page.evaluate(() => window.written === 'hello'));
  // A screen without the browser's dialog: any picture that is published as one.
  await ann.page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const context = canvas.getContext('2d');
    setInterval(() => {
      context.fillStyle = `hsl(${Date.now() / 20} 80% 50%)`;
      context.fillRect(0, 0, 320, 180);
    }, 100);
    window.screenTrack = await window.motet.room.publish(canvas.captureStream(10).getVideoTracks()[0], { source: 'screen' });
  });
  await ben.seesAndHears({ videos: 2, audios: 1 });
  await ann.page.evaluate(() => window.motet.room.unpublish(window.screenTrack));
  const screens = () => ben.page.evaluate(() => document.querySelectorAll('.tile.is-screen').length);
  await until('the screen is gone', async () => (await screens()) === 0);
  await ann.page.close();
  await until('ben is alone', async () => (await ben.room()).tracks.length === 0);
  await ben.page.close();
});

test('a mesh that cannot connect falls to the server by itself', { timeout: 100_000 }, async () => {
  // This browser's candidates lead nowhere for the others; to the server it finds its way as ever.
  const people = [];
  for (const name of ['ann', 'ben']) {
    const person = await browser.open('about:blank', { viewport: SMALL });
    await person.page.evaluateOnNewDocument(() => {
      const { prototype } = window.RTCPeerConnection;
      const native = prototype.addIceCandidate;
      prototype.addIceCandidate = function (candidate) {
        return candidate ? Promise.resolve() : native.call(this, candidate);
      };
      const setRemote = prototype.setRemoteDescription;
      prototype.setRemoteDescription = function (description) {
        const isFromServer = /a=ice-lite/.test(description.sdp);
        const sdp = isFromServer ? description.sdp : description.sdp.replace(/a=candidate:.*\r\n/g, '');
        return setRemote.call(this, { type: description.type, sdp });
      };
    });
    await person.page.goto(server.callUrl('unreachable', name, { topology: 'auto', codec: 'vp8' }));
    people.push(person);
  }
  await Promise.all(people.map((person) => person.settles('sfu')));
  await Promise.all(people.map((person) => person.seesAndHears({ videos: 1, audios: 1 })));
  assert.equal((await people[0].room()).reason, 'pairFailed');
  await Promise.all(people.map((person) => person.page.close()));
});
