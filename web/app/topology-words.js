/**
 * Topologies, views and layouts, in words for somebody who has never heard of them.
 * @module
 */
import { serverLoad } from './diagram-layout.js';
import { formatBitrate } from './history.js';

/** @typedef {import('../sdk/protocol.js').TopologyIntent} TopologyIntent */
/** @typedef {import('../sdk/protocol.js').ViewIntent} ViewIntent */
/** @typedef {import('../sdk/protocol.js').Arrangement} Arrangement */

/** @type {Record<TopologyIntent, {name: string, term: string, text: string}>} */
export const TOPOLOGIES = {
  auto: { name: 'Automatic', term: '', text: 'The server chooses, and says why.' },
  mesh: { name: 'Direct', term: 'mesh', text: 'Browsers send to each other. The server carries nothing.' },
  sfu: { name: 'Forwarded', term: 'SFU', text: 'Each sends once; the server passes it on to everyone.' },
  mcu: { name: 'Mixed', term: 'MCU', text: 'The server makes one picture and one sound of all.' },
};

/** @type {Record<ViewIntent, string>} */
export const VIEWS = { auto: 'Automatic', tracks: 'Everyone separately', mix: 'One mix of all' };

/** @type {Record<Arrangement, string>} */
export const ARRANGEMENTS = {
  grid: 'Grid',
  speakerStrip: 'Speaker and strip',
  sideBySide: 'Side by side',
  pictureInPicture: 'Picture in picture',
  single: 'Speaker only',
  custom: 'Your own',
};

/**
 * What the diagram shows, in a sentence or two.
 * @param {{topology: import('../sdk/protocol.js').Topology, people: number, flows: import('../sdk/protocol.js').Flow[], isMixing?: boolean}} room
 */
export function captionOf({ topology, people, flows, isMixing = topology === 'mcu' }) {
  if (people < 2) return 'You are alone: nothing goes to anyone yet.';
  if (topology === 'mesh') {
    const others = people - 1;
    const whom = others === 1 ? 'to the other' : `to each of the ${others} others`;
    return `Everyone sends straight ${whom}. The server only introduced you: it carries nothing.`;
  }
  const { inBps, outBps } = serverLoad(flows);
  const load = inBps + outBps > 0 ? ` It carries ${formatBitrate(inBps)} in and ${formatBitrate(outBps)} out.` : '';
  const what = isMixing
    ? 'Everyone sends once to the server, which mixes all into one picture and one sound.'
    : 'Everyone sends once to the server, which passes it on to all others.';
  return what + load;
}

/** @type {Record<string, string>} */
const PICTURES = { camera: 'camera', screen: 'screen', other: 'picture' };

/**
 * Whose pictures the mix does not show, and why. Those who turned their camera off know.
 * @param {{name: string, isSelf: boolean, tracks: Iterable<{kind: string, source: string, placeholder: import('../sdk/protocol.js').Placeholder | null}>}[]} people
 */
export function absentFrom(people) {
  return people.flatMap(({ name, isSelf, tracks }) =>
    [...tracks]
      .filter(({ kind, placeholder }) => kind === 'video' && placeholder && placeholder.reason !== 'cameraOff')
      .map(({ source, placeholder }) => {
        const what = PICTURES[source] ?? 'picture';
        return `${isSelf ? 'Your' : `${name}’s`} ${what}: ${placeholder?.explanation}`;
      }),
  );
}

/**
 * Whom the mix shows, for those who hear it.
 * @param {import('../sdk/protocol.js').MixCell[]} cells
 * @param {(participantId: string) => {name: string, explanation?: string} | null} find
 */
export function mixInWords(cells, find) {
  const names = cells.map(({ participantId, trackId }) => {
    const person = find(participantId);
    if (!person) return null;
    const why = trackId ? person.explanation : 'camera off';
    return why ? `${person.name} (${why})` : person.name;
  });
  return names.filter(Boolean).join(', ');
}

/**
 * Why the room is as it is.
 * @param {Pick<Required<import('../sdk/protocol.js').TopologyInfo>, 'topology' | 'intent' | 'explanation' | 'state'>} move
 */
export function reasonOf({ topology, intent, explanation, state }) {
  const now = TOPOLOGIES[topology].name.toLowerCase();
  const begin = state === 'moving' ? `Going over to ${now}` : `Now ${now}`;
  const isOther = intent !== topology;
  return isOther && explanation ? `${begin}: ${explanation}.` : `${begin}.`;
}
