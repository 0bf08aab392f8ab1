/**
 * Who is in the room and what they publish, kept true by the server's notifications.
 * @module
 */
import { Participant } from './participant.js';
import { RemoteTrack } from './track.js';

/** @typedef {import('./protocol.js').ParticipantInfo} ParticipantInfo */
/** @typedef {import('./protocol.js').TrackInfo} TrackInfo */
/** @typedef {import('./events.js').RoomEvents} RoomEvents */

/**
 * The others. Every change is told through `emit`, in the order in which it took place.
 */
export class Roster {
  /** @type {Map<string, Participant>} */
  participants = new Map();
  /** @type {Map<string, RemoteTrack>} */
  #tracks = new Map();
  /** Media by track, where it came before its track was told. @type {Map<string, MediaStreamTrack>} */
  #media = new Map();
  #emit;

  /** @param {<Name extends keyof RoomEvents>(name: Name, detail: RoomEvents[Name]) => void} emit */
  constructor(emit) {
    this.#emit = emit;
  }

  /** @param {string} trackId */
  track(trackId) {
    return this.#tracks.get(trackId);
  }

  /**
   * Makes the roster what the server says it is; what differs is told as if it happened now.
   * @param {ParticipantInfo[]} infos
   */
  replace(infos) {
    const present = new Set(infos.map((info) => info.id));
    for (const id of [...this.participants.keys()]) if (!present.has(id)) this.leave(id, 'left');
    for (const info of infos) {
      const known = this.participants.get(info.id);
      if (known) this.#reconcile(known, info.tracks);
      else this.join(info);
    }
  }

  /** @param {ParticipantInfo} info */
  join(info) {
    const participant = this.participants.get(info.id);
    if (participant) return this.#reconcile(participant, info.tracks);
    const newcomer = new Participant(info.id, info.name, info.joinedAt);
    this.participants.set(info.id, newcomer);
    this.#emit('participantJoined', { participant: newcomer });
    for (const track of info.tracks ?? []) this.publish(info.id, track);
  }

  /**
   * @param {string} participantId
   * @param {string} reason
   */
  leave(participantId, reason) {
    const participant = this.participants.get(participantId);
    if (!participant) return;
    for (const trackId of [...participant.tracks.keys()]) this.unpublish(trackId);
    this.participants.delete(participantId);
    this.#emit('participantLeft', { participant, reason });
  }

  /**
   * @param {string} participantId
   * @param {TrackInfo} info
   */
  publish(participantId, info) {
    const participant = this.participants.get(participantId);
    if (!participant || this.#tracks.has(info.id)) return;
    const track = new RemoteTrack(info, participantId);
    this.#tracks.set(track.id, track);
    participant.tracks.set(track.id, track);
    this.#emit('trackPublished', { participant, track });
    this.#attach(track);
  }

  /** @param {string} trackId */
  unpublish(trackId) {
    const track = this.#tracks.get(trackId);
    this.#media.delete(trackId);
    if (!track) return;
    this.#detach(track);
    this.#tracks.delete(trackId);
    const participant = this.#owner(track);
    participant.tracks.delete(trackId);
    this.#emit('trackUnpublished', { participant, track });
  }

  /**
   * @param {string} trackId
   * @param {boolean} muted
   */
  mute(trackId, muted) {
    const track = this.#tracks.get(trackId);
    if (!track || track.muted === muted) return;
    track.setMuted(muted);
    this.#emit('trackMuted', { participant: this.#owner(track), track, muted });
  }

  /**
   * The media that is received, by track: everything, each time.
   * @param {Map<string, MediaStreamTrack>} media
   */
  setMedia(media) {
    this.#media = new Map(media);
    for (const track of this.#tracks.values()) {
      if (this.#media.get(track.id) !== track.mediaStreamTrack) this.#detach(track);
      this.#attach(track);
    }
  }

  /** @param {RemoteTrack} track */
  #attach(track) {
    const media = this.#media.get(track.id);
    if (!media || track.mediaStreamTrack === media) return;
    track.setMedia(media);
    this.#emit('trackSubscribed', { participant: this.#owner(track), track });
  }

  /** @param {RemoteTrack} track */
  #detach(track) {
    if (!track.mediaStreamTrack) return;
    track.setMedia(null);
    this.#emit('trackUnsubscribed', { participant: this.#owner(track), track });
  }

  /**
   * @param {Participant} participant
   * @param {TrackInfo[]} infos
   */
  #reconcile(participant, infos = []) {
    const present = new Set(infos.map((info) => info.id));
    for (const id of [...participant.tracks.keys()]) if (!present.has(id)) this.unpublish(id);
    for (const info of infos) {
      if (this.#tracks.has(info.id)) this.mute(info.id, info.muted);
      else this.publish(participant.id, info);
    }
  }

  /** @param {RemoteTrack} track */
  #owner(track) {
    const owner = this.participants.get(track.participantId);
    if (!owner) throw new Error(`track ${track.id} outlived its participant`);
    return owner;
  }
}
