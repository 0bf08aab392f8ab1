import assert from 'node:assert/strict';
import test from 'node:test';
import { Rpc } from '../sdk/rpc.js';

/** As much of a WebSocket as {@link Rpc} touches. */
class FakeSocket {
  /** @type {any[]} */
  sent = [];
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  /** @type {((event: any) => void) | null} */
  onclose = null;

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {}

  /** @param {unknown} message */
  receive(message) {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

function open() {
  const socket = new FakeSocket();
  /** @type {any[]} */
  const told = [];
  const rpc = new Rpc(/** @type {any} */ (socket), {
    onNotification: (method, params) => told.push([method, params]),
    onClose: ({ code }) => told.push(['closed', code]),
  });
  return { socket, told, rpc };
}

test('answers find their requests, in whatever order they come', async () => {
  const { socket, rpc } = open();
  const first = rpc.request('publish', { sdp: 'x' });
  const second = rpc.request('chat');
  assert.deepEqual(socket.sent[0], { jsonrpc: '2.0', id: 1, method: 'publish', params: { sdp: 'x' } });
  socket.receive({ jsonrpc: '2.0', id: 2, result: { b: 2 } });
  socket.receive({ jsonrpc: '2.0', id: 1, result: { a: 1 } });
  assert.deepEqual(await first, { a: 1 });
  assert.deepEqual(await second, { b: 2 });
});

test("a refusal carries the server's reason", async () => {
  const { socket, rpc } = open();
  const request = rpc.request('join');
  socket.receive({
    id: 1,
    error: { code: -32000, message: 'the room is full', data: { reason: 'roomFull' } },
  });
  await assert.rejects(request, {
    name: 'MotetError',
    reason: 'roomFull',
    code: -32000,
    message: 'the room is full',
  });
});

test('a drop rejects what is open and is told once', async () => {
  const { socket, told, rpc } = open();
  const request = rpc.request('ping');
  socket.onclose?.({ code: 1006, reason: '' });
  rpc.close();
  await assert.rejects(request, { reason: 'disconnected' });
  await assert.rejects(rpc.request('ping'), { reason: 'disconnected' });
  assert.deepEqual(told, [['closed', 1006]]);
});

test('notifications are told, and noise is passed over', () => {
  const { socket, told } = open();
  socket.receive('no JSON');
  socket.receive({ id: 99, result: {} });
  socket.receive('null');
  socket.receive({ method: 'chat', params: { text: 'hello' } });
  assert.deepEqual(told, [['chat', { text: 'hello' }]]);
});
