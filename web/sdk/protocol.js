/**
 * The words of `motet.v1`, the JSON-RPC protocol between client and server. Types only.
 * @module
 */

/** @typedef {'audio' | 'video'} Kind */
/** @typedef {'camera' | 'microphone' | 'screen' | 'screenAudio' | 'other'} Source */
/** @typedef {'publish' | 'subscribe'} Peer The one PeerConnection that sends and the one that receives. */
/** @typedef {'excellent' | 'good' | 'poor' | 'lost'} Quality */

/**
 * @typedef {object} TrackInfo
 * @property {string} id
 * @property {Kind} kind
 * @property {Source} source
 * @property {string} [name]
 * @property {boolean} muted
 * @property {string} [codec]
 */

/**
 * @typedef {object} ParticipantInfo
 * @property {string} id
 * @property {string} name
 * @property {number} [joinedAt] Milliseconds since 1970-01-01.
 * @property {TrackInfo[]} tracks
 */

/**
 * @typedef {object} Grants
 * @property {boolean} [publish]
 * @property {boolean} [subscribe]
 * @property {boolean} [admin]
 */

/**
 * What `join` and `resume` are answered. The participants are the others.
 * @typedef {object} Joined
 * @property {string} participantId
 * @property {string} sessionId
 * @property {string} resumeToken
 * @property {{name: string, topology: string}} room
 * @property {ParticipantInfo[]} participants
 * @property {{grants?: Grants, name?: string, tracks?: TrackInfo[]}} [you]
 * @property {string | null} [activeSpeaker]
 * @property {RTCIceServer[]} [iceServers]
 * @property {Record<string, number>} [limits]
 */

/**
 * @typedef {object} JoinParams
 * @property {string} room
 * @property {string} name
 * @property {string} [token]
 * @property {boolean} [autoSubscribe]
 */

/** @typedef {{mid: string, source: Source, name?: string, muted?: boolean}} PublishTrack */
/**
 * @typedef {object} PublishAnswer
 * @property {string} sdp
 * @property {{mid: string, trackId: string}[]} tracks
 * @property {{mid: string, reason: string}[]} [refused]
 */

/**
 * The server's offer for the subscribe PeerConnection; `tracks` is everything that it carries.
 * @typedef {object} Offer
 * @property {string} sdp
 * @property {string | number} offerId
 * @property {{mid: string, trackId: string, participantId: string, kind: Kind, source: Source}[]} tracks
 */

export {};
