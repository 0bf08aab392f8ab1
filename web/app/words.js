/**
 * Reasons, in words for people: what happened, and what to do about it.
 * @module
 */

/** @typedef {{title: string, text: string}} Words */

/** @type {Record<string, Words>} */
const WORDS = {
  cameraRefused: {
    title: 'The camera is blocked',
    text: 'Allow it through the icon in the address bar, or join without a picture.',
  },
  cameraAbsent: { title: 'No camera found', text: 'Plug one in, or join without a picture.' },
  cameraBusy: {
    title: 'The camera is busy',
    text: 'Another program may be using it. Close that one, or join without a picture.',
  },
  microphoneRefused: {
    title: 'The microphone is blocked',
    text: 'Allow it through the icon in the address bar, or join to listen only.',
  },
  microphoneAbsent: { title: 'No microphone found', text: 'Plug one in, or join to listen only.' },
  microphoneBusy: {
    title: 'The microphone is busy',
    text: 'Another program may be using it. Close that one, or join to listen only.',
  },
  bothRefused: {
    title: 'Camera and microphone are blocked',
    text: 'Allow them through the icon in the address bar, or join just to look and listen.',
  },
  bothAbsent: {
    title: 'No camera and no microphone found',
    text: 'Plug them in, or join just to look and listen.',
  },
  bothBusy: {
    title: 'Camera and microphone are busy',
    text: 'Close the program that uses them, or join just to look and listen.',
  },
  screenRefused: {
    title: 'Nothing is shared',
    text: 'The browser was not allowed to show a screen or a window.',
  },
  screenAbsent: { title: 'Nothing to share', text: 'The browser found no screen or window.' },
  screenBusy: { title: 'The screen cannot be shown', text: 'The system refused. Try another window.' },
  insecureContext: {
    title: 'No camera or microphone on this address',
    text: 'Browsers give them to secure pages only. Open this page with https, or on localhost.',
  },
  unreachable: { title: 'The server cannot be reached', text: 'Check the network, then try again.' },
  disconnected: { title: 'The connection dropped', text: 'Check the network, then try again.' },
  timeout: { title: 'The server does not answer', text: 'It may be busy. Try again in a moment.' },
  roomFull: { title: 'This room is full', text: 'Ask someone to leave, or choose another room.' },
  serverFull: { title: 'The server is full', text: 'It holds all the rooms that it may. Try again later.' },
  noSuchRoom: {
    title: 'There is no such room',
    text: 'Rooms are made by the host here. Check the name or the link.',
  },
  badName: { title: 'That name cannot be used', text: 'Use up to 128 ordinary characters.' },
  tokenInvalid: {
    title: 'This invitation is not valid',
    text: 'The token does not match this server. Ask for a new link.',
  },
  tokenExpired: { title: 'This invitation has expired', text: 'Ask for a new link.' },
  tokenNotYetValid: {
    title: 'This invitation is not valid yet',
    text: 'Come back later, or ask for a new link.',
  },
  tokenMissing: {
    title: 'This server wants an invitation',
    text: 'Open the link that you were sent; it carries a token.',
  },
  notAllowed: { title: 'Not allowed', text: 'Your invitation does not cover this.' },
  serverStopping: {
    title: 'The server is stopping',
    text: 'Someone is restarting it. Try again in a minute.',
  },
  noWorker: {
    title: 'The server cannot take calls',
    text: 'Its media workers are down. Tell whoever runs it.',
  },
  roomClosed: { title: 'The room was closed', text: 'The host ended this call for everyone.' },
  workerDied: {
    title: 'The call broke off',
    text: 'A part of the server failed. Joining again opens the room anew.',
  },
  removed: { title: 'You were removed', text: 'Someone with the right to do so took you out of the room.' },
  replaced: {
    title: 'You joined from somewhere else',
    text: 'The same invitation was used again, and that one took your place.',
  },
  timedOut: { title: 'You were away for too long', text: 'The server gave your place up.' },
  misbehaved: { title: 'The server ended the connection', text: 'This page could not keep up. Try again.' },
  mediaFailed: {
    title: 'Sound and picture could not be set up',
    text: 'Try again; if it stays so, tell whoever runs the server.',
  },
  left: { title: 'You left the call', text: 'Your camera and microphone are off.' },
  meshFull: {
    title: 'This room is full',
    text: 'Its people send directly to each other, and no more can. Ask the host to have the server pass media on.',
  },
  noMesh: { title: 'Not possible here', text: 'This server lets nobody send directly to others.' },
  tooManyTracks: { title: 'That is one too many', text: 'Stop sharing something else first.' },
  textTooLong: { title: 'The message is too long', text: 'Send it in parts.' },
  deviceLost: { title: 'A device was unplugged', text: 'Choose another one in the settings.' },
};

/**
 * @param {string} reason
 * @param {string} [message] What to say of a reason that is not known here.
 * @returns {Words}
 */
export function wordsFor(reason, message = '') {
  return Object.hasOwn(WORDS, reason)
    ? WORDS[reason]
    : { title: 'Something went wrong', text: message || reason };
}

/**
 * What to say of a camera and a microphone that did not open: once, where it is the same with both.
 * @param {string | undefined} camera The reasons; `undefined` where it did open.
 * @param {string | undefined} microphone
 * @returns {Words[]}
 */
export function wordsForDevices(camera, microphone) {
  if (camera && camera.replace('camera', 'microphone') === microphone) {
    return [wordsFor(camera.replace('camera', 'both'))];
  }
  return [camera, microphone].flatMap((reason) => (reason ? [wordsFor(reason)] : []));
}

/**
 * @param {unknown} error
 * @returns {Words & {reason: string}}
 */
export function wordsForError(error) {
  const { reason = 'unknown', message = '' } = /** @type {{reason?: string, message?: string}} */ (
    error ?? {}
  );
  return { reason, ...wordsFor(reason, message) };
}

/** So many are named; of others it is said how many they are. */
const NAMED_MAX = 3;

/**
 * @param {readonly string[]} names At least one.
 * @param {string} verb Such as `joined`.
 */
export function wordsForMany(names, verb) {
  const named = names.length > NAMED_MAX ? names.slice(0, NAMED_MAX - 1) : names.slice(0, -1);
  const rest = names.length - named.length;
  const last = rest > 1 ? `${rest} others` : names.at(-1);
  return `${named.length > 0 ? `${named.join(', ')} and ${last}` : last} ${verb}`;
}
