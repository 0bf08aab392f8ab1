/**
 * What the address asks for.
 * @module
 */

/** @typedef {'vp8' | 'vp9' | 'h264' | 'av1'} VideoCodec */
/** @typedef {import('../sdk/protocol.js').TopologyIntent} TopologyIntent */
/** @typedef {import('../sdk/protocol.js').ViewIntent} ViewIntent */

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
 * @property {TopologyIntent | undefined} topology What the room shall have, if it is made by joining.
 * @property {ViewIntent | undefined} view What to receive: tracks, or one mix.
 */

/** @type {readonly VideoCodec[]} */
const CODECS = ['vp8', 'vp9', 'h264', 'av1'];
/** @type {readonly TopologyIntent[]} */
const TOPOLOGIES = ['auto', 'mesh', 'sfu', 'mcu'];
/** @type {readonly ViewIntent[]} */
const VIEWS = ['auto', 'tracks', 'mix'];

/**
 * @param {string} search Such as `?room=choir&join=1`.
 * @returns {Params}
 */
export function readParams(search) {
  const params = new URLSearchParams(search);
  /** @template {string} Word @param {string} name @param {readonly Word[]} words */
  const oneOf = (name, words) => words.find((word) => word === params.get(name)?.toLowerCase());
  return {
    room: params.get('room')?.trim() ?? '',
    name: params.get('name')?.trim() ?? '',
    join: isOn(params.get('join')),
    codec: oneOf('codec', CODECS),
    token: params.get('token') ?? undefined,
    video: params.get('video') !== '0',
    audio: params.get('audio') !== '0',
    tcp: isOn(params.get('tcp')),
    topology: oneOf('topology', TOPOLOGIES),
    view: oneOf('view', VIEWS),
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
