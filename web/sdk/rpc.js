/**
 * JSON-RPC 2.0 over one WebSocket, until that socket closes.
 * @module
 */
import { MotetError } from './errors.js';

const SUBPROTOCOL = 'motet.v1';
const OPEN_MS = 10_000;
const ANSWER_MS = 15_000;

/**
 * @typedef {object} RpcHandlers
 * @property {(method: string, params: any) => void} onNotification
 * @property {(info: {code: number, reason: string}) => void} onClose Called once, whoever closed.
 */

/** @typedef {{resolve: (result: any) => void, reject: (error: Error) => void, timer: any}} Pending */

/** One socket's life: opened by {@link Rpc.open}, ended by {@link Rpc.close} or the other side. */
export class Rpc {
  #socket;
  #handlers;
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #lastId = 0;
  #isClosed = false;
  /** When something came last, in milliseconds of `performance.now()`. */
  lastHeard = performance.now();

  /**
   * @param {string} url
   * @param {RpcHandlers} handlers
   * @returns {Promise<Rpc>} Rejects with `unreachable`.
   */
  static open(url, handlers) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, SUBPROTOCOL);
      const fail = () => {
        clearTimeout(timer);
        socket.onopen = socket.onclose = null;
        socket.close();
        reject(new MotetError('unreachable', `no connection to ${url}`));
      };
      const timer = setTimeout(fail, OPEN_MS);
      socket.onclose = fail;
      socket.onopen = () => {
        clearTimeout(timer);
        resolve(new Rpc(socket, handlers));
      };
    });
  }

  /**
   * @param {WebSocket} socket Open.
   * @param {RpcHandlers} handlers
   */
  constructor(socket, handlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#end(event.code, event.reason);
  }

  /**
   * @param {string} method
   * @param {object} [params]
   * @param {number} [answerMs]
   * @returns {Promise<any>} The result. Rejects with the server's reason, or `disconnected`, or `timeout`.
   */
  request(method, params = {}, answerMs = ANSWER_MS) {
    if (this.#isClosed) return Promise.reject(disconnected());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new MotetError('timeout', `the server did not answer ${method}`));
      }, answerMs);
      this.#pending.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  /** Closes the socket; open requests reject with `disconnected`. */
  close() {
    if (this.#isClosed) return;
    this.#socket.close(1000);
    // A dead path would hold the close event back for minutes.
    this.#end(1000, '');
  }

  /** @param {unknown} data */
  #receive(data) {
    this.lastHeard = performance.now();
    if (this.#isClosed || typeof data !== 'string') return;
    const message = parse(data);
    if (!message) return;
    if (typeof message.method === 'string') {
      this.#handlers.onNotification(message.method, message.params ?? {});
      return;
    }
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.error) pending.reject(refusal(message.error));
    else pending.resolve(message.result ?? {});
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #end(code, reason) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(disconnected());
    }
    this.#pending.clear();
    this.#handlers.onClose({ code, reason });
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function disconnected() {
  return new MotetError('disconnected', 'the connection to the server dropped');
}

/** @param {{code?: number, message?: string, data?: {reason?: string}}} error */
function refusal(error) {
  const reason = error.data?.reason ?? 'refused';
  return new MotetError(reason, error.message ?? reason, { code: error.code ?? 0 });
}
