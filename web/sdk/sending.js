/**
 * How a track is sent, whichever way it goes.
 * @module
 */
import { preferCodec } from './sdp.js';

/** @typedef {import('./track.js').LocalTrack} LocalTrack */

/** What a track may use: what a camera needs at 720p, and a screen for sharp letters. */
const BITRATE_MAX = { camera: 2_000_000, screen: 3_000_000, other: 2_000_000 };
/** However many it is sent to, a picture gets this much: with less there is not much to see. */
const BITRATE_LEAST = 400_000;

/**
 * A track that goes to several peers is sent as often, through one uplink: they share what one would have.
 * @param {LocalTrack} track
 * @param {number} [copies] How often it is sent.
 */
export function bitrateMax({ source }, copies = 1) {
  const whole = source === 'camera' || source === 'screen' ? BITRATE_MAX[source] : BITRATE_MAX.other;
  return Math.max(BITRATE_LEAST, Math.round(whole / Math.max(1, copies)));
}

/**
 * A new transceiver that sends the track.
 * @param {RTCPeerConnection} pc
 * @param {LocalTrack} track
 * @param {number} [copies]
 */
export function openTransceiver(pc, track, copies) {
  return pc.addTransceiver(track.mediaStreamTrack ?? track.kind, {
    direction: 'sendonly',
    sendEncodings: track.kind === 'video' ? [{ maxBitrate: bitrateMax(track, copies) }] : undefined,
  });
}

/**
 * Sends another track through a sender that is free.
 * @param {RTCRtpSender} sender
 * @param {LocalTrack} track
 * @param {number} [copies]
 */
export async function refit(sender, track, copies) {
  await sender.replaceTrack(track.mediaStreamTrack);
  await limit(sender, track, copies);
}

/**
 * @param {RTCRtpSender} sender
 * @param {LocalTrack} track
 * @param {number} [copies]
 */
export async function limit(sender, track, copies) {
  if (track.kind !== 'video') return;
  const parameters = sender.getParameters();
  const most = bitrateMax(track, copies);
  if (!parameters.encodings?.some(({ maxBitrate }) => maxBitrate !== most)) return;
  for (const encoding of parameters.encodings) encoding.maxBitrate = most;
  await sender.setParameters(parameters);
}

/**
 * Puts a codec first, where the browser has it.
 * @param {RTCRtpTransceiver} transceiver
 * @param {string | undefined} videoCodec
 * @param {(error: unknown) => void} onFault
 */
export function prefer(transceiver, videoCodec, onFault) {
  if (!videoCodec || !transceiver.setCodecPreferences) return;
  // What may be preferred for sending differs between browsers and their ages: senders' first, then receivers'.
  for (const end of [RTCRtpSender, RTCRtpReceiver]) {
    const codecs = preferCodec(end.getCapabilities('video')?.codecs ?? [], videoCodec);
    if (!codecs) continue;
    try {
      return transceiver.setCodecPreferences(codecs);
    } catch (error) {
      onFault(error);
    }
  }
}

/** @param {RTCRtpTransceiver} transceiver */
export function isStopped({ currentDirection, direction }) {
  return currentDirection === 'stopped' || direction === 'stopped';
}
