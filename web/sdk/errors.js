/**
 * The one error of the SDK.
 * @module
 */

/**
 * Carries a `reason`, a stable word for programs, beside the message for people.
 *
 * From the server: `roomFull`, `serverFull`, `noSuchRoom`, `badName`, `tokenInvalid`, `notAllowed`, `resumeExpired`,
 * `tooManyTracks`, `textTooLong`, `serverStopping`, `notYet` and the others that the signaling page lists.
 *
 * From the SDK: `unreachable` (no socket came up), `disconnected` (the socket dropped before the answer), `timeout`,
 * `badState` (called at the wrong time), `insecureContext`, and for each of `camera`, `microphone` and `screen` one of
 * `cameraRefused`, `cameraAbsent`, `cameraBusy`.
 */
export class MotetError extends Error {
  /**
   * @param {string} reason
   * @param {string} message
   * @param {{cause?: unknown, code?: number}} [more]
   */
  constructor(reason, message, more = {}) {
    super(message, { cause: more.cause });
    this.name = 'MotetError';
    /** The stable word for programs. */
    this.reason = reason;
    /** The JSON-RPC code where the server answered; undefined where the SDK itself gave up. */
    this.code = more.code;
  }
}

/**
 * True when the server said no, so that asking again in the same words is of no use.
 * @param {unknown} error
 * @returns {error is MotetError}
 */
export function isRefusal(error) {
  return error instanceof MotetError && error.code !== undefined;
}

const DEVICE_FAULTS = new Map([
  ['NotAllowedError', 'Refused'],
  ['SecurityError', 'Refused'],
  ['NotFoundError', 'Absent'],
  ['OverconstrainedError', 'Absent'],
  ['NotReadableError', 'Busy'],
  ['AbortError', 'Busy'],
]);

/**
 * What `getUserMedia` and `getDisplayMedia` throw, in the SDK's words.
 * @param {'camera' | 'microphone' | 'screen'} device
 * @param {unknown} cause
 * @returns {MotetError}
 */
export function deviceError(device, cause) {
  if (cause instanceof MotetError) return cause;
  const name = /** @type {{name?: string}} */ (cause)?.name ?? '';
  const fault = DEVICE_FAULTS.get(name) ?? 'Busy';
  const detail = /** @type {{message?: string}} */ (cause)?.message || name || 'unknown fault';
  return new MotetError(device + fault, `${device}: ${detail}`, { cause });
}
