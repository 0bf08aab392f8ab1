// A participant without a browser: its offer is written by hand, and it has one UDP socket and no DTLS to speak of.

import { randomBytes } from 'node:crypto';

import { RawSignaling } from './raw_signaling.mjs';

const FINGERPRINT = Array.from({ length: 32 }, () => 'AB').join(':');

/** The offer of one audio track, as short as it may be. */
export function bareOffer({ ufrag = 'evil', password = 'a password that nobody needs' } = {}) {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendonly',
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password.replaceAll(' ', '/')}`,
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    'a=setup:active',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=ssrc:1234 cname:evil',
    '',
  ].join('\r\n');
}

/** Joins `room` and publishes one audio track; gives the signaling and what its checks have to say. */
export async function publishBare(server, room) {
  const signaling = await RawSignaling.join(server, room);
  const remoteUfrag = randomBytes(3).toString('hex');
  const { sdp } = await signaling.result('publish', { sdp: bareOffer({ ufrag: remoteUfrag }) });
  const told = (name) => new RegExp(`a=${name}:(.*)`).exec(sdp)[1].trim();
  return { signaling, check: { ufrag: told('ice-ufrag'), remoteUfrag, password: told('ice-pwd') } };
}
