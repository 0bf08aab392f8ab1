//! The streams that a peer sends, by SSRC: each one's rollover counter and replay window.

use motet_rtp::SeqNo;

use crate::error::SrtpError;
use crate::replay::ReplayWindow;

/// The most streams remembered for one direction of one peer, RTP and RTCP counted apart. A peer with thirty simulcast
/// tracks and their retransmissions sends 180. Only authentic packets open a stream, so only the peer itself can fill
/// the table; then its stream that was silent longest is forgotten, and begins anew should it come back.
pub const STREAMS_MAX: usize = 256;

/// A bounded table, sorted by SSRC: a few entries in practice, found without hashing what an attacker chooses.
#[derive(Default)]
pub(crate) struct Streams {
    sorted: Vec<Stream>,
    accepted: u64,
}

struct Stream {
    ssrc: u32,
    window: ReplayWindow,
    /// The value of [`Streams::accepted`] when its last packet was.
    last_accepted: u64,
}

/// Where in the table a stream is, or would be.
#[derive(Clone, Copy)]
pub(crate) struct Place(Result<usize, usize>);

impl Streams {
    pub(crate) fn find(&self, ssrc: u32) -> Place {
        Place(self.sorted.binary_search_by_key(&ssrc, |stream| stream.ssrc))
    }

    /// The index nearest to the stream's highest (RFC 3711 section 3.3.1). A stream begins with a rollover counter of 0.
    pub(crate) fn estimate(&self, place: Place, seq: u16) -> u64 {
        let highest = place.0.map_or(u64::from(seq), |at| self.sorted[at].window.highest());
        SeqNo(highest).nearest(seq).0
    }

    /// Whether a packet with `index` may be accepted, if it proves authentic.
    pub(crate) fn check(&self, place: Place, index: u64) -> Result<(), SrtpError> {
        place.0.map_or(Ok(()), |at| self.sorted[at].window.check(index))
    }

    /// Notes a packet that proved authentic. `place` must be what [`Self::find`] gave for `ssrc`, with nothing accepted
    /// since.
    pub(crate) fn accept(&mut self, place: Place, ssrc: u32, index: u64) {
        self.accepted += 1;
        match place.0 {
            Ok(at) => {
                self.sorted[at].window.accept(index);
                self.sorted[at].last_accepted = self.accepted;
            }
            Err(_) => self.open(ssrc, index),
        }
    }

    fn open(&mut self, ssrc: u32, index: u64) {
        if self.sorted.len() == STREAMS_MAX {
            let ages = self.sorted.iter().enumerate();
            if let Some((silent, _)) = ages.min_by_key(|(_, stream)| stream.last_accepted) {
                self.sorted.remove(silent);
            }
        }
        let at = self.sorted.partition_point(|stream| stream.ssrc < ssrc);
        let window = ReplayWindow::new(index);
        self.sorted.insert(at, Stream { ssrc, window, last_accepted: self.accepted });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(streams: &mut Streams, ssrc: u32, seq: u16) -> u64 {
        let place = streams.find(ssrc);
        let index = streams.estimate(place, seq);
        streams.accept(place, ssrc, index);
        index
    }

    #[test]
    fn each_stream_rolls_over_by_itself() {
        let mut streams = Streams::default();
        assert_eq!(accept(&mut streams, 1, 65_535), 65_535);
        assert_eq!(accept(&mut streams, 2, 65_535), 65_535);
        assert_eq!(accept(&mut streams, 1, 0), 65_536);
        assert_eq!(accept(&mut streams, 2, 65_534), 65_534);
        assert_eq!(accept(&mut streams, 1, 65_534), 65_534);
    }

    #[test]
    fn a_full_table_forgets_the_stream_that_was_silent_longest() {
        let mut streams = Streams::default();
        for ssrc in 0..STREAMS_MAX as u32 {
            accept(&mut streams, ssrc, 1);
        }
        accept(&mut streams, 0, 2);
        accept(&mut streams, 1_000_000, 1);
        assert_eq!(streams.sorted.len(), STREAMS_MAX);
        assert!(streams.find(0).0.is_ok());
        assert!(streams.find(1).0.is_err());
        assert!(streams.find(1_000_000).0.is_ok());
    }
}
