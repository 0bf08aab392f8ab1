/**
 * Cameras, microphones and screens.
 * @module
 */
import { MotetError, deviceError } from './errors.js';

/**
 * @typedef {object} CameraOptions
 * @property {string} [deviceId]
 * @property {number} [width] Wished for, not demanded.
 * @property {number} [height]
 * @property {number} [frameRate]
 */

/** @typedef {{deviceId?: string}} MicrophoneOptions */

/**
 * @param {CameraOptions} [options]
 * @returns {Promise<MediaStreamTrack>} Rejects with `cameraRefused`, `cameraAbsent` or `cameraBusy`.
 */
export function openCamera(options = {}) {
  return open('camera', cameraWish(options));
}

/**
 * @param {MicrophoneOptions} [options]
 * @returns {Promise<MediaStreamTrack>} Rejects with `microphoneRefused`, `microphoneAbsent` or `microphoneBusy`.
 */
export function openMicrophone(options = {}) {
  return open('microphone', microphoneWish(options));
}

/**
 * Camera and microphone with one question to the person; if that fails, each for itself, since one may be there without
 * the other.
 * @param {{camera?: CameraOptions | null, microphone?: MicrophoneOptions | null}} wanted `null`: not this one.
 * @returns {Promise<{camera: MediaStreamTrack | null, microphone: MediaStreamTrack | null, faults: MotetError[]}>}
 */
export async function openBoth({ camera = {}, microphone = {} } = {}) {
  if (camera && microphone) {
    try {
      const stream = await mediaDevices().getUserMedia({
        ...cameraWish(camera),
        ...microphoneWish(microphone),
      });
      return { camera: stream.getVideoTracks()[0], microphone: stream.getAudioTracks()[0], faults: [] };
    } catch {
      // Which of the two it was, the next lines find out.
    }
  }
  const [video, audio] = await Promise.allSettled([
    camera ? openCamera(camera) : null,
    microphone ? openMicrophone(microphone) : null,
  ]);
  return {
    camera: video.status === 'fulfilled' ? video.value : null,
    microphone: audio.status === 'fulfilled' ? audio.value : null,
    faults: [video, audio].flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : [])),
  };
}

/**
 * The person chooses what to show. Its sound comes with it where browser and person allow.
 * @param {{audio?: boolean}} [options]
 * @returns {Promise<MediaStreamTrack[]>} The picture first. Rejects with `screenRefused` when the person thinks better of it.
 */
export async function openScreen(options = {}) {
  const devices = mediaDevices();
  try {
    const stream = await devices.getDisplayMedia({
      video: { frameRate: { ideal: 30 } },
      audio: options.audio ?? true,
    });
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail';
    return [...stream.getVideoTracks(), ...stream.getAudioTracks()];
  } catch (error) {
    throw deviceError('screen', error);
  }
}

/** True where screens can be shown: phones mostly cannot. */
export function canShareScreen() {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}

/**
 * What is plugged in. Labels are empty until a camera or microphone was allowed.
 * @returns {Promise<{cameras: MediaDeviceInfo[], microphones: MediaDeviceInfo[], speakers: MediaDeviceInfo[]}>}
 */
export async function listDevices() {
  const devices = await mediaDevices().enumerateDevices();
  /** @param {MediaDeviceKind} kind */
  const of = (kind) => devices.filter((device) => device.kind === kind && device.deviceId !== '');
  return { cameras: of('videoinput'), microphones: of('audioinput'), speakers: of('audiooutput') };
}

/**
 * @param {'camera' | 'microphone'} device
 * @param {MediaStreamConstraints} constraints
 */
async function open(device, constraints) {
  const devices = mediaDevices();
  try {
    const stream = await devices.getUserMedia(constraints);
    return stream.getTracks()[0];
  } catch (error) {
    throw deviceError(device, error);
  }
}

/**
 * @param {CameraOptions} options
 * @returns {MediaStreamConstraints}
 */
function cameraWish({ deviceId, width = 1280, height = 720, frameRate = 30 }) {
  const size = { width: { ideal: width }, height: { ideal: height } };
  return { video: { ...wish(deviceId), ...size, frameRate: { ideal: frameRate } } };
}

/**
 * @param {MicrophoneOptions} options
 * @returns {MediaStreamConstraints}
 */
function microphoneWish({ deviceId }) {
  const audio = { ...wish(deviceId), echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  return { audio };
}

/**
 * Wished for, not demanded: a remembered device may be gone, and any other is better than none.
 * @param {string} [deviceId]
 * @returns {MediaTrackConstraints}
 */
function wish(deviceId) {
  return deviceId ? { deviceId: { ideal: deviceId } } : {};
}

function mediaDevices() {
  if (!navigator.mediaDevices) {
    throw new MotetError(
      'insecureContext',
      'browsers give cameras and microphones only to https and localhost',
    );
  }
  return navigator.mediaDevices;
}
