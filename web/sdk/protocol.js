/**
 * The words of `motet.v1`, the JSON-RPC protocol between client and server. Types only.
 * @module
 */

/** @typedef {'audio' | 'video'} Kind */
/** @typedef {'camera' | 'microphone' | 'screen' | 'screenAudio' | 'other' | 'mix'} Source `mix`: of the mix of all. */
/**
 * The one PeerConnection that sends to the server and the one that receives from it; `mesh` are those to the others.
 * @typedef {'publish' | 'subscribe' | 'mesh'} Peer
 */
/** @typedef {'mesh' | 'sfu' | 'mcu'} Topology How a room moves media. */
/** @typedef {Topology | 'auto'} TopologyIntent How it shall. */
/** @typedef {'tracks' | 'mix'} View What a participant receives: the others' tracks, or one mix of all. */
/** @typedef {View | 'auto'} ViewIntent */
/** @typedef {'excellent' | 'good' | 'poor' | 'lost'} Quality */

/**
 * @typedef {object} TrackInfo
 * @property {string} id
 * @property {Kind} kind
 * @property {Source} source
 * @property {string} [name]
 * @property {boolean} muted
 * @property {string} [codec]
 * @property {Placeholder} [placeholder]
 */

/**
 * Why the mix does not show a track: a stable word for programs, such as `tooLarge`, and words for people.
 * @typedef {{reason: string, explanation: string}} Placeholder
 */

/**
 * How the room moves media, and what somebody takes of it; `moving` until everybody follows.
 * @typedef {object} TopologyInfo
 * @property {Topology} topology
 * @property {TopologyIntent} [intent]
 * @property {View} [view] One's own.
 * @property {string} [reason] For programs.
 * @property {string} [explanation] For people.
 * @property {number} [epoch] Grows with each move.
 * @property {'moving' | 'settled'} [state]
 */

/**
 * In fractions of the picture. `who` is a participant's id, `active`, `screen` or `next`.
 * @typedef {{x: number, y: number, w: number, h: number, z?: number, who: string}} Cell
 */

/** @typedef {'grid' | 'speakerStrip' | 'sideBySide' | 'pictureInPicture' | 'single' | 'custom'} Arrangement */

/**
 * How the picture of the mix is laid out.
 * @typedef {{arrangement: Arrangement, fit?: 'crop' | 'letterbox', cells?: Cell[]}} Layout
 */

/**
 * A cell of the mix as it is, in fractions of the picture; later ones cover earlier ones. Without `trackId` it is of
 * somebody without a camera.
 * @typedef {{x: number, y: number, w: number, h: number, participantId: string, trackId?: string}} MixCell
 */

/**
 * Who sends how much to whom; `server` is the server.
 * @typedef {{from: string, to: string, audioBps: number, videoBps: number, mix?: boolean}} Flow
 */

/**
 * @typedef {object} ParticipantInfo
 * @property {string} id
 * @property {string} name
 * @property {number} [joinedAt] Milliseconds since 1970-01-01.
 * @property {View} [view]
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
 * @property {{name: string, layout?: Layout, mixCells?: MixCell[]} & TopologyInfo} room
 * @property {ParticipantInfo[]} participants
 * @property {{grants?: Grants, name?: string, tracks?: TrackInfo[], view?: View}} [you]
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
 * @property {TopologyIntent} [topology] What a room shall have that this join makes.
 * @property {Topology[]} [topologies] What this client can take part in.
 * @property {ViewIntent} [view]
 */

/** @typedef {{mid: string, source: Source, name?: string, muted?: boolean, trackId?: string}} PublishTrack */
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
 * @property {OfferedTrack[]} tracks
 */

/** @typedef {{mid: string, trackId: string, participantId?: string, kind: Kind, source: Source}} OfferedTrack */

export {};
