import assert from 'node:assert/strict';
import test from 'node:test';
import { Session } from '../sdk/session.js';

/**
 * A server behind fake sockets: `answer` says what each request gets; a refusal is thrown as its reason.
 * @param {(method: string, params: any) => any} answer
 */
function serve(answer) {
  /** @type {FakeSocket[]} */
  const sockets = [];
  /** @type {string[]} */
  const asked = [];
  class FakeSocket {
    /** @type {any} */ onopen = null;
    /** @type {any} */ onmessage = null;
    /** @type {any} */ onclose = null;

    constructor() {
      sockets.push(this);
      queueMicrotask(() => this.onopen?.());
    }

    /** @param {string} text */
    send(text) {
      const { id, method, params } = JSON.parse(text);
      asked.push(method);
      queueMicrotask(() => this.receive({ id, ...outcome(() => answer(method, params)) }));
    }

    /** @param {unknown} message */
    receive(message) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }

    close() {}

    /** @param {{code: number, reason: string}} [info] */
    drop(info = { code: 1006, reason: '' }) {
      this.onclose?.(info);
    }
  }
  Object.assign(globalThis, { WebSocket: FakeSocket });
  return { sockets, asked };
}

/** @param {() => any} run */
function outcome(run) {
  try {
    return { result: run() };
  } catch (reason) {
    return { error: { code: -32000, message: String(reason), data: { reason } } };
  }
}

/** @param {Session} session @param {'up' | 'lost'} name @returns {Promise<any>} */
function next(session, name) {
  return new Promise((resolve) => session.on(name, resolve, { once: true }));
}

const PARAMS = { room: 'choir', name: 'Ada' };

test('a dropped session is resumed, each time with the token given last', async () => {
  let count = 0;
  /** @type {string[]} */
  const tokens = [];
  const { sockets } = serve((method, params) => {
    if (method === 'resume') tokens.push(params.resumeToken);
    return { resumeToken: `token ${++count}` };
  });
  const session = new Session('ws://host/signal', PARAMS);
  await session.join();
  for (const socket of [0, 1]) {
    const up = next(session, 'up');
    sockets[socket].drop();
    assert.equal(session.isUp, false);
    assert.equal((await up).isResumed, true);
  }
  assert.deepEqual(tokens, ['token 1', 'token 2']);
  session.close();
});

test('a session that the server forgot is joined anew', async () => {
  const { sockets, asked } = serve((method) => {
    if (method === 'resume') throw 'resumeExpired';
    return { resumeToken: 't' };
  });
  const session = new Session('ws://host/signal', PARAMS);
  await session.join();
  const up = next(session, 'up');
  sockets[0].drop();
  assert.equal((await up).isResumed, false);
  assert.deepEqual(asked, ['join', 'resume', 'join']);
  session.close();
});

test('a session that the server does not want back is lost for its reason', async () => {
  const { sockets, asked } = serve((method) => {
    if (asked.length > 1) throw method === 'resume' ? 'resumeExpired' : 'roomFull';
    return { resumeToken: 't' };
  });
  const session = new Session('ws://host/signal', PARAMS);
  await session.join();
  const lost = next(session, 'lost');
  sockets[0].drop();
  assert.equal((await lost).error.reason, 'roomFull');
});

test('a session that the server ended on purpose is not resumed', async () => {
  const { sockets, asked } = serve(() => ({ resumeToken: 't' }));
  const session = new Session('ws://host/signal', PARAMS);
  await session.join();
  const lost = next(session, 'lost');
  sockets[0].drop({ code: 4002, reason: 'removed' });
  assert.equal((await lost).error.reason, 'removed');
  assert.deepEqual(asked, ['join']);
});

test('a join that is refused says why and leaves nothing open', async () => {
  serve(() => {
    throw 'tokenInvalid';
  });
  const session = new Session('ws://host/signal', PARAMS);
  await assert.rejects(session.join(), { reason: 'tokenInvalid' });
  assert.equal(session.isUp, false);
});

test('while the socket is down requests reject, so that nobody waits for them', async () => {
  const { sockets } = serve(() => ({ resumeToken: 't' }));
  const session = new Session('ws://host/signal', PARAMS);
  await session.join();
  sockets[0].drop();
  await assert.rejects(session.request('chat', { text: 'x' }), { reason: 'disconnected' });
  session.close();
});

test('what comes right behind the answer to a join is told after it', async () => {
  const { sockets } = serve(() => {
    // A browser gives each message of a socket a turn of its own.
    setImmediate(() => sockets[0].receive({ method: 'participantJoined', params: { participant: 'b' } }));
    return { resumeToken: 't' };
  });
  const session = new Session('ws://host/signal', PARAMS);
  /** @type {string[]} */
  const told = [];
  session.on('notification', ({ method }) => told.push(method));
  await session.join().then(() => told.push('joined'));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(told, ['joined', 'participantJoined']);
  session.close();
});
