/**
 * Which ways to the server work from this browser: each is tried alone.
 * @module
 */
import { Rpc } from '../sdk/rpc.js';
import { signalUrl } from '../sdk/session.js';

/** @typedef {'signaling' | 'udp' | 'tcp' | 'tls' | 'relay'} Way */
/** @typedef {'works' | 'fails' | 'absent'} Outcome `absent`: the server does not offer it. */
/** @typedef {{outcome: Outcome, ms?: number}} Found */

/** A server that is called by a number: IPv4, or IPv6 in brackets. */
const NUMBERED = /^turns:(\d+\.\d+\.\d+\.\d+|\[)/;

/** How long a way may take. */
const PATIENCE_MS = 8_000;

/**
 * What the server hands out to somebody who joins. The room is nobody else's and is left at once.
 * @param {string} page Address of the page.
 * @param {string | undefined} token
 * @returns {Promise<RTCIceServer[]>}
 */
export async function fetchIceServers(page, token) {
  const rpc = await Rpc.open(signalUrl(page), { onNotification() {}, onClose() {} });
  try {
    const room = new URLSearchParams(location.search).get('room') ?? `network-test-${crypto.randomUUID().slice(0, 8)}`;
    const joined = await rpc.request('join', { room, name: 'network test', token, autoSubscribe: false });
    await rpc.request('leave').catch(() => {});
    return joined.iceServers ?? [];
  } finally {
    rpc.close();
  }
}

/**
 * The servers that are reached over `way` alone.
 * @param {RTCIceServer[]} servers
 * @param {Way} way
 * @returns {RTCIceServer[]}
 */
export function serversFor(servers, way) {
  /** @param {string} url */
  const isOfWay = (url) => {
    if (way === 'tls') return url.startsWith('turns:');
    if (way === 'relay') return /^turns?:/.test(url);
    return url.startsWith('turn:') && url.endsWith(`transport=${way}`);
  };
  return servers
    .map((server) => ({ ...server, urls: [server.urls].flat().filter(isOfWay) }))
    .filter((server) => server.urls.length > 0);
}

/**
 * Whether Firefox does not even try these: it takes TLS from a server with a name only.
 * @param {RTCIceServer[]} servers Those for TLS.
 * @param {string} userAgent
 */
export function passesOverTls(servers, userAgent) {
  const urls = servers.flatMap((server) => server.urls);
  return /Firefox\//.test(userAgent) && urls.length > 0 && urls.every((url) => NUMBERED.test(url));
}

/**
 * Whether a relayed address can be had this way.
 * @param {RTCIceServer[]} iceServers
 * @returns {Promise<Found>}
 */
export async function tryAllocation(iceServers) {
  if (iceServers.length === 0) return { outcome: 'absent' };
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' });
  const begun = performance.now();
  try {
    const candidate = new Promise((resolve) => {
      pc.onicecandidate = ({ candidate }) => {
        // No candidate: the browser has tried all that there is.
        if (!candidate) resolve(false);
        else if (candidate.candidate.includes(' typ relay')) resolve(true);
      };
    });
    pc.createDataChannel('test');
    await pc.setLocalDescription();
    const works = await Promise.race([candidate, patience()]);
    return works ? { outcome: 'works', ms: performance.now() - begun } : { outcome: 'fails' };
  } finally {
    pc.close();
  }
}

/**
 * Whether a message comes through the relay: from one connection of this page to another.
 * @param {RTCIceServer[]} iceServers
 * @returns {Promise<Found>}
 */
export async function tryRelay(iceServers) {
  if (iceServers.length === 0) return { outcome: 'absent' };
  const [one, two] = [0, 1].map(() => new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' }));
  try {
    one.onicecandidate = (event) => event.candidate && two.addIceCandidate(event.candidate).catch(() => {});
    two.onicecandidate = (event) => event.candidate && one.addIceCandidate(event.candidate).catch(() => {});
    two.ondatachannel = ({ channel }) => (channel.onmessage = (event) => channel.send(event.data));
    const channel = one.createDataChannel('test');
    /** @type {Promise<number>} */
    const roundTrip = new Promise((resolve) => {
      let sent = 0;
      channel.onopen = () => {
        sent = performance.now();
        channel.send('motet');
      };
      channel.onmessage = () => resolve(performance.now() - sent);
    });
    await one.setLocalDescription();
    await two.setRemoteDescription(/** @type {RTCSessionDescription} */ (one.localDescription));
    await two.setLocalDescription();
    await one.setRemoteDescription(/** @type {RTCSessionDescription} */ (two.localDescription));
    const ms = await Promise.race([roundTrip, patience()]);
    return ms === undefined ? { outcome: 'fails' } : { outcome: 'works', ms };
  } finally {
    one.close();
    two.close();
  }
}

/** @returns {Promise<undefined>} */
const patience = () => new Promise((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));

/**
 * What it all means, in plain words.
 * @param {Record<Way, Outcome>} found
 */
export function verdict(found) {
  if (found.signaling !== 'works') {
    return 'This browser does not reach the server’s signaling, or may not join. No call can begin from here.';
  }
  const ways = /** @type {Way[]} */ (['udp', 'tcp', 'tls']);
  if (ways.every((way) => found[way] === 'absent')) return 'This browser reaches the server, which offers no relay. A call shows whether your network lets media through to it directly.';
  if (found.udp === 'works') return 'Calls work well from here: media can go over UDP, the quickest way.';
  if (found.tcp === 'works' || found.tls === 'works') {
    const name = found.tcp === 'works' ? 'TCP' : 'TLS';
    return `Calls work from here, but your network lets no UDP through. Media goes over ${name}, which stutters more when packets get lost.`;
  }
  return 'Your network lets none of the ways to this server’s relay through. Calls may fail from here; another network may help.';
}
