// coturn's own tools, and a Motet TURN server for them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:tls';

import { Server, freePort, ownAddress, until } from './server.mjs';

const BINARY = process.env.INTEROP_SERVER ?? new URL('../../target/debug/motet', import.meta.url).pathname;

/** What Firefox calls the server: it takes TLS to TURN only from a name. Whoever opens it says where the name leads. */
export const TURN_NAME = 'turn.interop.test';

/**
 * A server with rooms whose TURN is reached at the machine's own address, and by a name; all that can be secured is, by a
 * certificate of its own.
 */
export async function startSecureWithTurn(args = []) {
  // A test file is a process of its own, and the only thing that it fetches is this server's.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const ip = ownAddress();
  const port = String(await freePort(ip));
  const turn = ['--turn-port', port, '--turn-host', ip, '--turn-host', TURN_NAME];
  return Server.start({ rtcIps: [ip], listen: ip, isSecure: true, args: [...turn, '--tls', 'self-signed', ...args] });
}

/** The certificate that a server shows, as PEM. */
export async function certificateOf(origin) {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  const lines = raw.toString('base64').match(/.{1,64}/g).join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** For `startChromium` and `startFirefox`: certificates are not looked at, and nobody is asked where the name leads. */
export const CHROMIUM_TRUSTS = {
  acceptInsecureCerts: true,
  args: ['--ignore-certificate-errors', `--host-resolver-rules=MAP ${TURN_NAME} ${ownAddress()}`],
};
export const firefoxTrusts = () => ({ acceptInsecureCerts: true, prefs: { 'network.dns.forceResolve': ownAddress() } });

/** A program that is stopped by its process id. */
class Running {
  constructor(command, words) {
    this.child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = '';
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (data) => (this.log = (this.log + data).slice(-100_000)));
    }
    this.exited = new Promise((resolve) => this.child.once('exit', (code) => resolve(code)));
    this.child.once('error', (error) => (this.log += `${error}`));
  }

  async stop() {
    if (this.child.exitCode === null) this.child.kill('SIGTERM');
    return this.exited;
  }
}

/** `motet turn` on loopback, both families, which relays to loopback. */
export async function startTurn() {
  const port = await freePort();
  const words = ['turn', '--realm', 'interop', '--user', 'ada:lovelace', '--allow-peer', '127.0.0.1', '--allow-peer', '::1'];
  const listen = ['--listen', `127.0.0.1:${port}`, '--listen', `[::1]:${port}`, '--threads', '2'];
  const relay = ['--relay-ip', '127.0.0.1', '--relay-ip', '::1'];
  const running = new Running(BINARY, [...words, ...listen, ...relay]);
  await until('the TURN server listens', () => running.log.includes('relays from'));
  return Object.assign(running, { port });
}

/** Peers that send back what they get, one of each family. */
export async function startPeers() {
  const port = await freePort();
  const peers = ['127.0.0.1', '::1'].map((ip) => new Running('turnutils_peer', ['-L', ip, '-p', String(port)]));
  return { port, stop: () => Promise.all(peers.map((peer) => peer.stop())) };
}

/** Binding requests; what the tool says. */
export async function stunclient(host, port) {
  const running = new Running('turnutils_stunclient', ['-p', String(port), host]);
  await running.exited;
  return running.log;
}

/** Two clients of two allocations each, which talk to the peer; resolves to [sent, received]. */
export async function uclient({ turn, peer, host = '127.0.0.1', peerHost = '127.0.0.1', options = [] }) {
  const who = ['-u', 'ada', '-w', 'lovelace', '-p', String(turn.port), '-e', peerHost, '-r', String(peer.port)];
  const running = new Running('turnutils_uclient', [...who, '-n', '12', '-m', '2', '-l', '170', ...options, host]);
  await running.exited;
  const [, sent, received] = /tot_send_msgs=(\d+), tot_recv_msgs=(\d+)\s/.exec(running.log) ?? [];
  if (sent === undefined) throw new Error(`uclient ${options.join(' ')} said nothing of use:\n${running.log.slice(-2_000)}`);
  const [, lost] = /Total lost packets (\d+)/.exec(running.log) ?? [];
  return { sent: Number(sent), received: Number(received), lost: Number(lost) };
}
