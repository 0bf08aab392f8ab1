/**
 * The Motet SDK for browsers. Everything that a page needs stands here; the other files are its inside.
 * @module
 */
export { Room } from './room.js';
export { Participant } from './participant.js';
export { LocalTrack, RemoteTrack } from './track.js';
export { MotetError } from './errors.js';
export { canShareScreen, listDevices, openBoth, openCamera, openMicrophone, openScreen } from './media.js';
