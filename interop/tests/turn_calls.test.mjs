// Chromium and Firefox whose media goes through TURN alone, over UDP, TCP and TLS, in a room and in a mesh.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startChromium, startFirefox } from '../driver/browsers.mjs';
import { ownAddress, until } from '../driver/server.mjs';
import { CHROMIUM_TRUSTS, TURN_NAME, firefoxTrusts, startSecureWithTurn } from '../driver/turn.mjs';

const KINDS = ['udp', 'tcp', 'tls'];
const SMALL = { width: 500, height: 400 };

let chromium;
let firefox;
before(async () => {
  [chromium, firefox] = await Promise.all([startChromium(CHROMIUM_TRUSTS), startFirefox(firefoxTrusts())]);
});
after(() => Promise.all([chromium?.close(), firefox?.close()]));

/** Two Chromium pages and one of Firefox; each sees and hears the others, and leaves. */
async function meet(server, topology, relay, look) {
  const url = (name) => server.callUrl(`${topology}-${relay}`, name, { codec: 'vp8', topology });
  const people = [
    await chromium.open(url('one'), { relay, relayHost: ownAddress(), viewport: SMALL }),
    await chromium.open(url('two'), { relay, relayHost: ownAddress(), viewport: SMALL }),
    await firefox.open(url('fox'), { relay, relayHost: TURN_NAME }),
  ];
  const others = people.length - 1;
  try {
    await Promise.all(people.map((person) => person.seesAndHears({ videos: others, audios: others, codec: 'vp8' })));
    const stats = await Promise.all(people.map(statsWithPaths));
    for (const { paths } of stats) {
      for (const path of paths) assert.deepEqual([path.type, path.relayProtocol], ['relay', relay], JSON.stringify(paths));
    }
    await look?.(people, stats);
  } finally {
    await Promise.all(people.map((person) => person.page.close()));
  }
}

/** A path that is being checked again, which takes a moment on a busy machine, is none for as long. */
async function statsWithPaths(person) {
  let stats;
  await until('there is a path', async () => {
    stats = await person.stats();
    return stats.paths.length > 0;
  });
  return stats;
}

describe('in a room', () => {
  let server;
  before(async () => (server = await startSecureWithTurn()));
  after(() => server?.stop());

  for (const kind of KINDS) {
    test(`Chromium and Firefox see and hear each other over ${kind}`, { timeout: 90_000 }, () =>
      meet(server, 'sfu', kind));
  }
});

describe('in a mesh', () => {
  let server;
  before(async () => (server = await startSecureWithTurn()));
  after(() => server?.stop());

  const bytes = async (way) => (await server.metrics()).get(`motet_turn_bytes_to_${way}_total`);

  for (const kind of KINDS) {
    test(`Chromium and Firefox see and hear each other over ${kind}, past the workers`, { timeout: 90_000 }, async () => {
      const [clients, peers] = [await bytes('clients'), await bytes('peers')];
      const look = async (people, stats) => {
        for (const person of people) {
          const { topology, reason } = await person.room();
          assert.equal(topology, 'mesh', `${reason}; ${server.log.split('\n').filter((line) => line.includes('decided')).at(-1)}`);
        }
        const received = stats.flatMap(({ inbound }) => inbound).reduce((sum, stream) => sum + stream.bytesReceived, 0);
        assert.ok(received > 0);
        await until('all that was received went through the relay', async () => (await bytes('clients')) - clients >= received);
        assert.ok((await bytes('peers')) - peers >= received, 'and came to it from relayed addresses');
        assert.equal(await server.mediaCounted(), 0, 'no media touched the workers');
      };
      await meet(server, 'mesh', kind, look);
    });
  }
});
