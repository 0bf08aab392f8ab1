/**
 * What the address asks for.
 * @module
 */

/** @typedef {'vp8' | 'vp9' | 'h264' | 'av1'} VideoCodec */

/**
 * @typedef {object} Params
 * @property {string} room
 * @property {string} name
 * @property {boolean} join At once, without the lobby.
 * @property {VideoCodec | undefined} codec
 * @property {string | undefined} token
 * @property {boolean} video Whether to begin with the camera.
 * @property {boolean} audio Whether to begin with the microphone.
 * @property {boolean} tcp Media over TCP alone.
 */

/** @type {readonly VideoCodec[]} */
const CODECS = ['vp8', 'vp9', 'h264', 'av1'];

/**
 * @param {string} search Such as `?room=choir&join=1`.
 * @returns {Params}
 */
export function readParams(search) {
  const params = new URLSearchParams(search);
  const codec = params.get('codec')?.toLowerCase();
  return {
    room: params.get('room')?.trim() ?? '',
    name: params.get('name')?.trim() ?? '',
    join: isOn(params.get('join')),
    codec: CODECS.find((known) => known === codec),
    token: params.get('token') ?? undefined,
    video: params.get('video') !== '0',
    audio: params.get('audio') !== '0',
    tcp: isOn(params.get('tcp')),
  };
}

/**
 * The link that brings somebody else to the same room: no name, no token, nothing that is only one's own.
 * @param {string} base
 * @param {string} room
 */
export function inviteLink(base, room) {
  const url = new URL('/', base);
  url.searchParams.set('room', room);
  return url.href;
}

/** @param {string | null} value */
function isOn(value) {
  return value !== null && value !== '0' && value !== 'false';
}
