/**
 * The little that the SDK reads or changes in an SDP.
 * @module
 */

/**
 * The same SDP with only the candidates that go over TCP: with it a browser has no way but TCP.
 * @param {string} sdp
 * @returns {string}
 */
export function keepTcpCandidates(sdp) {
  return sdp
    .split(/(?<=\n)/)
    .filter((line) => !line.startsWith('a=candidate:') || line.split(' ')[2]?.toLowerCase() === 'tcp')
    .join('');
}

/**
 * The codecs with those called `name` first, the order otherwise kept. `null` when none is called so.
 * @template {{mimeType: string}} Codec
 * @param {readonly Codec[]} codecs
 * @param {string} name Such as `vp9`.
 * @returns {Codec[] | null}
 */
export function preferCodec(codecs, name) {
  const wanted = `/${name.toLowerCase()}`;
  /** @param {Codec} codec */
  const isWanted = (codec) => codec.mimeType.toLowerCase().endsWith(wanted);
  const first = codecs.filter(isWanted);
  return first.length ? [...first, ...codecs.filter((codec) => !isWanted(codec))] : null;
}
