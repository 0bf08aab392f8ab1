//! What an audio mixer tells its owner.

use std::time::Duration;

use crate::MemberId;

use super::AnnouncementId;

/// Which mix a packet belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mix {
    /// All voices: what everyone hears who is not speaking.
    Shared,
    /// All voices but those of this member, who speaks.
    Without(MemberId),
}

/// What happened in the mix.
#[derive(Clone, Debug, PartialEq)]
pub enum AudioEvent {
    /// The member has begun to speak: from here on there is a [`Mix::Without`] for it. Told before its voice is in the
    /// shared mix, by the time that its packets wait in the jitter buffer, so that the member can be moved in time to
    /// hear no echo of itself.
    Speaks(MemberId),
    /// The member's voice has left the mix, and its own mix has ended: the shared one is the same.
    Quiet(MemberId),
    /// Who leads the talk. It stays until another takes over or the member leaves, so `None` is told only then.
    ActiveSpeaker(Option<MemberId>),
    /// How loud the voices in the mix are, loudest first, five times a second while there are any.
    Levels(Vec<(MemberId, Level)>),
    /// The announcement has been heard to its end.
    AnnouncementEnded(AnnouncementId),
}

/// Loudness in decibels below full scale: 0 is the loudest, 127 is silence (RFC 6464's measure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(pub u8);

/// What a source's stream has been through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceStats {
    /// Packets taken into the jitter buffer.
    pub packets: u64,
    /// Frames of 20 ms that were decoded from a packet of their own or from FEC, as samples per channel at 48 kHz.
    pub decoded_samples: u64,
    /// Samples that the decoder made up for what did not come in time.
    pub concealed_samples: u64,
    /// Lost packets whose content came from the next one's in-band FEC.
    pub fec_packets: u64,
    /// Packets that never came, as far as their place was played.
    pub lost_packets: u64,
    /// Packets that came after their place was played.
    pub late_packets: u64,
    /// Packets that were there already.
    pub duplicate_packets: u64,
    /// Packets that are no RTP, or of no known payload type.
    pub malformed_packets: u64,
    /// Packets that the decoder refused.
    pub undecodable_packets: u64,
    /// Packets that found the buffer full.
    pub overflow_packets: u64,
    /// Packets of a muted source.
    pub muted_packets: u64,
    /// Times that a stream began anew: another SSRC, or numbers far from the last.
    pub restarts: u64,
    /// Samples cut out to shorten the delay.
    pub removed_samples: u64,
    /// Samples put in to lengthen it.
    pub inserted_samples: u64,
    /// What a packet waits at present, beyond the fastest packet's way.
    pub delay: Duration,
    /// What it should wait, by the jitter seen.
    pub delay_target: Duration,
}

/// What the mixer as a whole has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioStats {
    /// Turns of 20 ms.
    pub frames: u64,
    /// Turns left out because the owner came more than [`super::CATCH_UP_MAX`] late.
    pub skipped_frames: u64,
    /// Frames encoded, of all mixes.
    pub encoded_frames: u64,
    /// Frames of silence for which nothing was encoded or sent.
    pub silent_frames: u64,
    /// Packets for a source that is not there.
    pub stray_packets: u64,
    /// Voices kept or put out because [`super::AudioSettings::voices_max`] others sounded.
    pub crowded_out_voices: u64,
    /// Frames that the encoder refused.
    pub failed_frames: u64,
    /// Frames in which the limiter held the sum down.
    pub limited_frames: u64,
}
