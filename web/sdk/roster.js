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

  /** Nobody: the tracks of the mix, where the server mixes for this participant, are its. */
  mix = new Participant('', '');

  /** @returns {Iterable<RemoteTrack>} */
  get tracks() {
    return this.#tracks.values();
  }

  /** @param {string} trackId */
  isMix(trackId) {
    return this.mix.tracks.has(trackId);
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
      if (known) this.#reconcile(known, info);
      else this.join(info);
    }
  }

  /** @param {ParticipantInfo} info */
  join(info) {
    const participant = this.participants.get(info.id);
    if (participant) return this.#reconcile(participant, info);
    const newcomer = new Participant(info.id, info.name, info.joinedAt);
    newcomer.view = info.view ?? 'tracks';
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
    if (participant && !this.#tracks.has(info.id)) this.#open(participant, info);
  }

  /**
   * A track's way to this side changed, and with it what is known of it.
   * @param {TrackInfo} info
   */
  change({ id, codec }) {
    const track = this.#tracks.get(id);
    if (track) track.codec = codec;
  }

  /**
   * The tracks of the mix: all of them, each time.
   * @param {{trackId: string, kind: import('./protocol.js').Kind}[]} offered
   */
  setMix(offered) {
    const present = new Set(offered.map(({ trackId }) => trackId));
    for (const id of [...this.mix.tracks.keys()]) if (!present.has(id)) this.unpublish(id);
    for (const { trackId: id, kind } of offered) {
      if (!this.#tracks.has(id)) this.#open(this.mix, { id, kind, source: 'mix', muted: false });
    }
  }

  /**
   * @param {Participant} participant
   * @param {TrackInfo} info
   */
  #open(participant, info) {
    const track = new RemoteTrack(info, participant.id);
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
   * @param {ReadonlyMap<string, MediaStreamTrack>} media
   */
  setMedia(media) {
    this.#media = new Map(media);
    // What is new is heard before what is old ends.
    for (const track of this.#tracks.values()) this.#attach(track);
    for (const track of this.#tracks.values()) if (!this.#media.has(track.id)) this.#detach(track);
  }

  /** @param {RemoteTrack} track */
  #attach(track) {
    const media = this.#media.get(track.id);
    const before = track.mediaStreamTrack;
    if (!media || before === media) return;
    track.setMedia(media);
    const participant = this.#owner(track);
    if (before) this.#emit('trackMoved', { participant, track, before });
    else this.#emit('trackSubscribed', { participant, track });
  }

  /** @param {RemoteTrack} track */
  #detach(track) {
    if (!track.mediaStreamTrack) return;
    track.setMedia(null);
    this.#emit('trackUnsubscribed', { participant: this.#owner(track), track });
  }

  /**
   * @param {Participant} participant
   * @param {ParticipantInfo} info
   */
  #reconcile(participant, { view = 'tracks', tracks: infos = [] }) {
    participant.view = view;
    const present = new Set(infos.map((info) => info.id));
    for (const id of [...participant.tracks.keys()]) if (!present.has(id)) this.unpublish(id);
    for (const info of infos) {
      if (!this.#tracks.has(info.id)) this.publish(participant.id, info);
      else {
        this.change(info);
        this.mute(info.id, info.muted);
      }
    }
  }

  /** @param {RemoteTrack} track */
  #owner(track) {
    const owner = track.source === 'mix' ? this.mix : this.participants.get(track.participantId);
    if (!owner) throw new Error(`track ${track.id} outlived its participant`);
    return owner;
  }
}
