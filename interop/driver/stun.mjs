// STUN Binding requests as ICE sends them (RFC 8489, RFC 8445 section 7.1), right or wrong as the test wants.

import { createHmac, randomBytes } from 'node:crypto';

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLING = 0x802a;

const HEADER_BYTES = 20;
const COOKIE = 0x2112a442;

/**
 * A check for `ufrag` of the server by `remoteUfrag`, its integrity made with `password`.
 * @param {{ufrag: string, remoteUfrag: string, password: string, nominates?: boolean}} options
 */
export function bindingRequest({ ufrag, remoteUfrag, password, nominates = false }) {
  const attributes = [
    attribute(USERNAME, Buffer.from(`${ufrag}:${remoteUfrag}`)),
    attribute(ICE_CONTROLLING, randomBytes(8)),
    attribute(PRIORITY, Buffer.from([0x6e, 0x7f, 0x00, 0xff])),
    ...(nominates ? [attribute(USE_CANDIDATE, Buffer.alloc(0))] : []),
  ];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(0x0001, 0);
  header.writeUInt32BE(COOKIE, 4);
  randomBytes(12).copy(header, 8);
  let message = Buffer.concat([header, ...attributes]);
  // The length counts the attribute that is about to be appended, and nothing after it.
  const covered = (bytes) => {
    message.writeUInt16BE(message.length - HEADER_BYTES + bytes, 2);
    return message;
  };
  const integrity = createHmac('sha1', password).update(covered(24)).digest();
  message = Buffer.concat([message, attribute(MESSAGE_INTEGRITY, integrity)]);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(covered(8)) ^ 0x5354554e) >>> 0);
  return Buffer.concat([message, attribute(FINGERPRINT, fingerprint)]);
}

/** The username fragments of a check that was heard: the server's and the sender's. */
export function usernameOf(message) {
  for (let at = HEADER_BYTES; at + 4 <= message.length; ) {
    const length = message.readUInt16BE(at + 2);
    if (message.readUInt16BE(at) === USERNAME) {
      const [ufrag, remoteUfrag] = message.subarray(at + 4, at + 4 + length).toString().split(':');
      return { ufrag, remoteUfrag };
    }
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return null;
}

export const isBindingRequest = (message) => message.length >= HEADER_BYTES && message.readUInt16BE(0) === 0x0001 && message.readUInt32BE(4) === COOKIE;

export const isBindingSuccess = (message) => message.length >= HEADER_BYTES && message.readUInt16BE(0) === 0x0101;

function attribute(type, value) {
  const padded = Buffer.alloc(4 + value.length + ((4 - (value.length % 4)) % 4));
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

/** As in Ethernet; zlib has it only in newer versions of Node. */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
