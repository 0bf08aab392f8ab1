/**
 * The page of the network test.
 * @module
 */
import { el, logo } from './dom.js';
import { fetchIceServers, passesOverTls, serversFor, tryAllocation, tryRelay, verdict } from './network-test.js';

/** @typedef {import('./network-test.js').Way} Way */
/** @typedef {import('./network-test.js').Found} Found */

/** @type {[Way, string, string][]} */
const WAYS = [
  ['signaling', 'Signaling', 'The server answers, and lets this browser join.'],
  ['udp', 'UDP', 'The quickest way for voices and pictures.'],
  ['tcp', 'TCP', 'For networks that let no UDP through.'],
  ['tls', 'TLS', 'Looks like a web page to a firewall; the last resort.'],
  ['relay', 'Relay', 'A message to this browser itself, through the server’s relay.'],
];

const rows = new Map(WAYS.map(([way, name, what]) => [way, row(way, name, what)]));
const said = el('p', { class: 'network-verdict', role: 'status' }, 'Trying each way to this server …');
const again = el('a', { class: 'button', href: location.href }, 'Try again');
document.getElementById('app')?.replaceChildren(
  el(
    'div',
    { class: 'lobby' },
    el('header', { class: 'lobby-header' }, logo(), el('span', { class: 'wordmark' }, 'Motet')),
    el(
      'main',
      { class: 'network' },
      el('h1', {}, 'What your network lets through'),
      said,
      el('ul', { class: 'network-list' }, ...[...rows.values()].map(({ item }) => item)),
      again,
    ),
  ),
);
void run();

/** @param {Way} way @param {string} name @param {string} what */
function row(way, name, what) {
  const state = el('span', {}, 'trying …');
  const explained = el('small', {}, what);
  const item = el('li', { 'data-way': way, 'data-state': 'trying' }, el('strong', {}, name), state, explained);
  return { item, state, what: explained };
}

/** @param {Way} way @param {Found} found */
function show(way, { outcome, ms }) {
  const shown = rows.get(way);
  if (!shown) return;
  shown.item.dataset.state = outcome;
  const words = { works: 'works', fails: 'does not get through', absent: 'not offered by this server' };
  shown.state.textContent = ms === undefined ? words[outcome] : `${words[outcome]}, in ${Math.round(ms)} ms`;
}

/** @param {Way} way */
function notTried(way) {
  const shown = rows.get(way);
  if (!shown) return;
  shown.item.dataset.state = 'absent';
  shown.state.textContent = 'not tried';
}

function explainTls() {
  rows.get('tls')?.what.replaceChildren('Firefox uses it only with a server that has a name, and this one has a number alone.');
}

async function run() {
  /** @type {Record<Way, import('./network-test.js').Outcome>} */
  const outcomes = { signaling: 'fails', udp: 'absent', tcp: 'absent', tls: 'absent', relay: 'absent' };
  /** @param {Way} way @param {Found} found */
  const note = (way, found) => {
    outcomes[way] = found.outcome;
    show(way, found);
  };
  try {
    const begun = performance.now();
    const servers = await fetchIceServers(location.href, new URLSearchParams(location.search).get('token') ?? undefined);
    note('signaling', { outcome: 'works', ms: performance.now() - begun });
    if (passesOverTls(serversFor(servers, 'tls'), navigator.userAgent)) explainTls();
    const ways = /** @type {Way[]} */ (['udp', 'tcp', 'tls']);
    await Promise.all([
      ...ways.map(async (way) => note(way, await tryAllocation(serversFor(servers, way)))),
      tryRelay(serversFor(servers, 'relay')).then((found) => note('relay', found)),
    ]);
  } catch {
    for (const [way, outcome] of /** @type {[Way, Found['outcome']][]} */ (Object.entries(outcomes))) {
      if (outcome === 'works') continue;
      if (way === 'signaling') show(way, { outcome: 'fails' });
      else notTried(way);
    }
  }
  said.textContent = verdict(outcomes);
  document.body.dataset.done = 'true';
}
