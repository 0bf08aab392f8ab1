// The smallest call: everyone who opens this page and presses the button meets in one room.
import { Room } from './sdk/index.js';

const room = new Room();

// What comes in: a picture is shown, a sound is heard. Pictures are muted, since sound has elements of its own.
room.on('trackSubscribed', ({ participant, track }) => {
  const element = document.createElement(track.kind);
  element.id = track.id;
  element.title = participant.name;
  element.autoplay = true;
  element.muted = track.kind === 'video';
  element.srcObject = new MediaStream([/** @type {MediaStreamTrack} */ (track.mediaStreamTrack)]);
  document.body.append(element);
});
// The room went over from one topology to another: the same sound or picture comes another way.
room.on('trackMoved', ({ track }) => {
  const element = /** @type {HTMLMediaElement} */ (document.getElementById(track.id));
  element.srcObject = new MediaStream([/** @type {MediaStreamTrack} */ (track.mediaStreamTrack)]);
});
room.on('trackUnsubscribed', ({ track }) => document.getElementById(track.id)?.remove());
room.on('ended', ({ reason }) => document.body.append(`It is over: ${reason}.`));

const button = /** @type {HTMLButtonElement} */ (document.querySelector('button'));
button.onclick = async () => {
  button.disabled = true;
  try {
    await room.connect(location.origin, { room: 'example', name: 'Somebody' });
    await Promise.all([room.publishCamera(), room.publishMicrophone()]);
  } catch (error) {
    document.body.append(String(error));
  }
};
