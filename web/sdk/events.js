/**
 * The events of a room. Types only.
 * @module
 */

/** @typedef {import('./participant.js').Participant} Participant */
/** @typedef {import('./track.js').LocalTrack} LocalTrack */
/** @typedef {import('./track.js').RemoteTrack} RemoteTrack */

/**
 * Each event's name with its `detail`.
 * @typedef {object} RoomEvents
 * @property {{state: import('./room.js').RoomState}} state
 * @property {{isSameSession: boolean}} resumed The socket is back. If not in the same session, everything was published anew.
 * @property {{reason: string, detail?: unknown}} ended It is over: `left`, `removed`, `replaced`, `roomClosed`,
 *   `serverStopping`, or why there is no way back (`unreachable`, `roomFull`, ...).
 * @property {{}} serverStopping The server said that it is about to stop.
 * @property {{participant: Participant}} participantJoined
 * @property {{participant: Participant, reason: string}} participantLeft
 * @property {{participant: Participant, track: RemoteTrack}} trackPublished
 * @property {{participant: Participant, track: RemoteTrack}} trackUnpublished
 * @property {{participant: Participant, track: RemoteTrack}} trackSubscribed `track.mediaStreamTrack` is there.
 * @property {{participant: Participant, track: RemoteTrack, before: MediaStreamTrack}} trackMoved It comes by another way
 *   from now on: `track.mediaStreamTrack` is another one, which is decoded already. The one `before` ends in a moment.
 * @property {{participant: Participant, track: RemoteTrack}} trackUnsubscribed
 * @property {{participant: Participant, track: RemoteTrack, muted: boolean}} trackMuted
 * @property {{trackId: string, reason: string}} subscriptionRefused
 * @property {{track: LocalTrack}} localTrackPublished
 * @property {{track: LocalTrack, reason: string}} localTrackUnpublished `unpublished`, `ended` (the source ended),
 *   `deviceLost` (unplugged, and there is no other), or why the server refuses it.
 * @property {{track: LocalTrack}} localTrackMoved Its device was lost and another took its place.
 * @property {{track: LocalTrack}} localTrackMuted Somebody with the right to do so muted it.
 * @property {{participantId: string | null}} activeSpeaker
 * @property {{levels: {participantId: string, dbov: number}[]}} audioLevels
 * @property {{participantId: string, quality: import('./protocol.js').Quality}} quality
 * @property {{from: string, name: string, text: string, at: number, to?: string}} chat
 * @property {{peer: import('./protocol.js').Peer, state: string}} mediaState As the server sees it.
 * @property {{peer: import('./protocol.js').Peer, isLost: boolean}} path As the browser sees it: the way through the network
 *   was lost, or found again.
 * @property {Required<import('./protocol.js').TopologyInfo>} topology The room moves, or has moved, or the reason changed.
 * @property {{participant: import('./participant.js').Participant<any>, view: import('./protocol.js').View}} viewChanged
 *   One's own included.
 * @property {{layout: import('./protocol.js').Layout}} layout The picture of the mix is laid out so.
 * @property {{participant: import('./participant.js').Participant<any>, track: LocalTrack | RemoteTrack}} trackPlaceholder
 *   Why the mix does not show a track changed: its `placeholder`, `null` where it does. One's own included.
 * @property {{cells: import('./protocol.js').MixCell[]}} mixCells What the mix shows where.
 * @property {{flows: import('./protocol.js').Flow[]}} flows Who sends how much to whom, every 2 s after `watchFlows`.
 * @property {{error: unknown}} fault Something went wrong in the background; the room goes on.
 */

export {};
