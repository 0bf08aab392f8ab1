//! One picture in its sizes: a producer for each that is wanted, an encode for each that is consumed.

use std::time::Instant;

use motet_control::{Codec, MixSize, ProducerId};
use motet_mixer::video::{Compositor, OutputFormat, OutputId, PictureCodec};
use motet_rtp::{PayloadType, Ssrc};

use super::seat::Seat;
use super::stream::{Stream, mix_parameters};

/// Looks that find no consumer before an encode ends: who has just left may come back.
const IDLE_LOOKS: u8 = 3;

/// See the module.
pub(super) struct Picture {
    codec: Codec,
    payload_type: PayloadType,
    rungs: Vec<Rung>,
}

/// One size.
pub(super) struct Rung {
    pub(super) size: MixSize,
    pub(super) producer_id: ProducerId,
    pub(super) output: OutputId,
    pub(super) stream: Stream,
    pub(super) consumers: usize,
    pub(super) is_encoded: bool,
    is_open: bool,
    idle_looks: u8,
}

impl Picture {
    /// A picture whose largest size is the producer that was opened for it already.
    pub(super) fn new(
        seat: &Seat,
        (codec, payload_type): (Codec, PayloadType),
        (producer_id, stream): (ProducerId, Stream),
        sizes: &[MixSize],
    ) -> Self {
        let mut largest = Some((producer_id, stream));
        let rungs = sizes.iter().map(|size| {
            let is_open = largest.is_some();
            let fresh = || (ProducerId(seat.fresh_id()), Stream::new());
            let (producer_id, stream) = largest.take().unwrap_or_else(fresh);
            Rung {
                size: *size,
                output: OutputId(producer_id.0),
                producer_id,
                stream,
                consumers: 0,
                is_encoded: false,
                is_open,
                idle_looks: 0,
            }
        });
        Self { codec, payload_type, rungs: rungs.collect() }
    }

    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    /// The id under which it was opened.
    pub(super) fn id(&self) -> Option<ProducerId> {
        self.rungs.first().map(|rung| rung.producer_id)
    }

    pub(super) fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// The producer of a size, opened if it is not yet.
    pub(super) fn open(&mut self, seat: &Seat, rung: usize) -> Option<ProducerId> {
        let codec = self.codec;
        let rung = self.rungs.get_mut(rung)?;
        if !rung.is_open {
            seat.produce(rung.producer_id, mix_parameters(codec, rung.stream.ssrc, false));
            rung.is_open = true;
        }
        Some(rung.producer_id)
    }

    pub(super) fn by_ssrc(&mut self, ssrc: Ssrc) -> Option<usize> {
        self.rungs.iter().position(|rung| rung.stream.ssrc == ssrc)
    }

    pub(super) fn by_output(&mut self, output: OutputId) -> Option<&mut Rung> {
        self.rungs.iter_mut().find(|rung| rung.output == output)
    }

    /// Somebody needs a keyframe of a size; the encode begins if need be.
    ///
    /// # Errors
    /// Why it cannot.
    pub(super) fn want_key_frame(
        &mut self,
        now: Instant,
        compositor: &mut Compositor,
        index: usize,
        fps: u8,
    ) -> Result<(), String> {
        let (codec, payload_type) = (self.codec, self.payload_type);
        let Some(rung) = self.rungs.get_mut(index) else { return Ok(()) };
        rung.idle_looks = 0;
        if rung.is_encoded {
            compositor.request_key_frame(rung.output);
            return Ok(());
        }
        let format = OutputFormat {
            codec: if codec == Codec::H264 { PictureCodec::H264 } else { PictureCodec::Vp8 },
            width: rung.size.width,
            height: rung.size.height,
            fps,
            bitrate_bps: rung.size.bitrate_bps,
            payload_type,
            ssrc: rung.stream.ssrc,
        };
        compositor.add_output(now, rung.output, format).map_err(|error| error.to_string())?;
        rung.is_encoded = true;
        Ok(())
    }

    /// So many consume a producer. Encodes that nobody has consumed for a while end; one that is consumed begins, though
    /// nobody asked for a keyframe: requests get lost where a busy machine lets queues overflow, the router repeats them a few
    /// times only, and without a packet no viewer knows that there is something to ask for.
    ///
    /// # Errors
    /// Why it cannot begin.
    pub(super) fn look(
        &mut self,
        now: Instant,
        compositor: &mut Compositor,
        (producer_id, consumers): (ProducerId, usize),
        fps: u8,
    ) -> Result<(), String> {
        let found = self.rungs.iter_mut().enumerate().find(|(_, rung)| rung.producer_id == producer_id);
        let Some((index, rung)) = found else { return Ok(()) };
        rung.consumers = consumers;
        rung.idle_looks = if consumers == 0 { rung.idle_looks.saturating_add(1) } else { 0 };
        if rung.idle_looks >= IDLE_LOOKS && rung.is_encoded {
            rung.is_encoded = false;
            compositor.remove_output(rung.output);
        }
        match consumers > 0 && !rung.is_encoded {
            true => self.want_key_frame(now, compositor, index, fps),
            false => Ok(()),
        }
    }

    /// Producers that are open, and that are to be looked at.
    pub(super) fn open_producers(&self) -> impl Iterator<Item = ProducerId> {
        self.rungs.iter().filter(|rung| rung.is_open).map(|rung| rung.producer_id)
    }

    /// Ends all encodes.
    pub(super) fn end(&mut self, compositor: &mut Compositor) {
        for rung in self.rungs.iter_mut().filter(|rung| rung.is_encoded) {
            rung.is_encoded = false;
            compositor.remove_output(rung.output);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use motet_mixer::video::VideoSettings;

    use super::*;

    const PRODUCER: ProducerId = ProducerId(7);

    fn picture() -> Picture {
        let rung = Rung {
            size: MixSize { width: 320, height: 180, bitrate_bps: 150_000 },
            producer_id: PRODUCER,
            output: OutputId(7),
            stream: Stream::new(),
            consumers: 0,
            is_encoded: false,
            is_open: true,
            idle_looks: 0,
        };
        Picture { codec: Codec::Vp8, payload_type: PayloadType::new(100).unwrap(), rungs: vec![rung] }
    }

    /// How many packets a turn makes.
    fn packets(compositor: &mut Compositor, now: Instant) -> usize {
        compositor.handle_timeout(now);
        let mut packet = Vec::new();
        std::iter::from_fn(|| compositor.poll_packet(&mut packet)).count()
    }

    #[test]
    fn a_viewer_whose_keyframe_requests_all_got_lost_is_served_within_a_look() {
        let mut now = Instant::now();
        let mut compositor = Compositor::new(now, VideoSettings::default());
        let mut picture = picture();
        now += Duration::from_secs(1);
        assert_eq!(packets(&mut compositor, now), 0);
        picture.look(now, &mut compositor, (PRODUCER, 1), 25).unwrap();
        now += Duration::from_secs(1);
        assert!(packets(&mut compositor, now) > 0);
        assert!(picture.rungs()[0].is_encoded);
    }

    #[test]
    fn an_encode_that_nobody_consumes_ends_and_is_not_begun_by_looking() {
        let now = Instant::now();
        let mut compositor = Compositor::new(now, VideoSettings::default());
        let mut picture = picture();
        picture.want_key_frame(now, &mut compositor, 0, 25).unwrap();
        for _ in 0..IDLE_LOOKS + 2 {
            picture.look(now, &mut compositor, (PRODUCER, 0), 25).unwrap();
        }
        assert!(!picture.rungs()[0].is_encoded);
        assert_eq!(compositor.poll_timeout(), None);
    }
}
