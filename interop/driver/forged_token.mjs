// Tokens as nobody should make them: any header, any claims, signed with any secret (RFC 7519).

import { createHmac } from 'node:crypto';

const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** The key that every server with `--dev` has. */
export const DEV = { kid: 'dev', secret: 'motet-development-key-known-to-all' };

export function forgedToken({ header = {}, claims = {}, secret = DEV.secret, signature } = {}) {
  const signed = `${base64url({ typ: 'JWT', alg: 'HS256', kid: DEV.kid, ...header })}.${base64url(claims)}`;
  return `${signed}.${signature ?? createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
