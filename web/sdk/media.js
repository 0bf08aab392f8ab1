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
  const { deviceId, width = 1280, height = 720, frameRate = 30 } = options;
  return open('camera', {
    video: {
      ...wish(deviceId),
      width: { ideal: width },
      height: { ideal: height },
      frameRate: { ideal: frameRate },
    },
  });
}

/**
 * @param {MicrophoneOptions} [options]
 * @returns {Promise<MediaStreamTrack>} Rejects with `microphoneRefused`, `microphoneAbsent` or `microphoneBusy`.
 */
export function openMicrophone(options = {}) {
  return open('microphone', {
    audio: { ...wish(options.deviceId), echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  });
}

/**
 * The person chooses what to show. Its sound comes with it where browser and person allow.
 * @param {{audio?: boolean}} [options]
 * @returns {Promise<MediaStreamTrack[]>} The picture first. Rejects with `screenRefused` when the person thinks better of it.
 */
export async function openScreen(options = {}) {
  const devices = mediaDevices();
  try {
    const stream = await devices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: options.audio ?? true });
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
 * Wished for, not demanded: a remembered device may be gone, and any other is better than none.
 * @param {string} [deviceId]
 * @returns {MediaTrackConstraints}
 */
function wish(deviceId) {
  return deviceId ? { deviceId: { ideal: deviceId } } : {};
}

function mediaDevices() {
  if (!navigator.mediaDevices) {
    throw new MotetError('insecureContext', 'browsers give cameras and microphones only to https and localhost');
  }
  return navigator.mediaDevices;
}
