/**
 * Which medium a track shows while it may come by more ways than one: pure decisions, for a room that moves.
 * @module
 */

/** @typedef {'server' | 'mesh'} Way */
/** @typedef {'tracks' | 'mix'} View */
/** @typedef {ReadonlyMap<string, MediaStreamTrack>} Media By track. */

/**
 * Where the room is, or is going.
 * @typedef {{way: Way, view: View}} Scheme
 */

/**
 * @typedef {object} Candidates
 * @property {Scheme} scheme
 * @property {Record<Way, Media>} media What comes by each way.
 * @property {Media} shown What is shown so far.
 * @property {(trackId: string) => boolean} isMix
 * @property {(media: MediaStreamTrack) => boolean} isDecoded Whether it is being decoded.
 * @property {Iterable<string>} expected Tracks that should come: not muted, and not refused.
 * @property {boolean} isForced Waited long enough: what is there is taken, and what is not is let go.
 */

/**
 * A track that has one medium keeps it until the next one is decoded. Tracks and mix are changed all at once, when everything of
 * the new view is: both together would be heard twice.
 * @param {Candidates} candidates
 * @returns {{shown: Map<string, MediaStreamTrack>, isComplete: boolean}} `isComplete`: the old way is not needed any longer.
 */
export function choose({ scheme, media, shown, isMix, isDecoded, expected, isForced }) {
  const next = media[scheme.way];
  const belongs = (/** @type {string} */ id) => isMix(id) === (scheme.view === 'mix');
  const wanted = [...expected].filter(belongs);
  const leaving = [...shown.keys()].filter((id) => !belongs(id));
  const isReady = (/** @type {string} */ id) => {
    const medium = next.get(id);
    return medium !== undefined && isDecoded(medium);
  };
  // Of people it is known what they send; of a mix only once it is there.
  const isKnown = wanted.length > 0 || scheme.view === 'tracks';
  const isViewReady = isForced || leaving.length === 0 || (isKnown && wanted.every(isReady));
  /** @type {Map<string, MediaStreamTrack>} */
  const result = new Map();
  if (!isViewReady) for (const id of leaving) keep(result, id, shown, media);
  for (const id of new Set([...shown.keys(), ...next.keys()])) {
    if (!belongs(id)) continue;
    const medium = next.get(id);
    const old = shown.get(id);
    const isFree = old === undefined || old === medium || !isLive(old, id, media);
    if (!medium) {
      if (!isForced) keep(result, id, shown, media);
    } else if (old === undefined && !isViewReady) continue;
    else if (isFree || isForced || isDecoded(medium)) result.set(id, medium);
    else keep(result, id, shown, media);
  }
  const isThere = isKnown && wanted.every((id) => isReady(id) && result.get(id) === next.get(id));
  const isComplete = isForced || (isViewReady && isThere);
  return { shown: result, isComplete };
}

/**
 * @param {Map<string, MediaStreamTrack>} result
 * @param {string} id
 * @param {Media} shown
 * @param {Record<Way, Media>} media
 */
function keep(result, id, shown, media) {
  const old = shown.get(id);
  if (old && isLive(old, id, media)) result.set(id, old);
}

/**
 * @param {MediaStreamTrack} medium
 * @param {string} id
 * @param {Record<Way, Media>} media
 */
function isLive(medium, id, media) {
  return media.server.get(id) === medium || media.mesh.get(id) === medium;
}
