//! Opus payloads (RFC 7587, RFC 6716 section 3).

use super::BadPayload;

/// What the table-of-contents byte, and the count after it, say of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Whether it was coded in stereo.
    pub stereo: bool,
    /// How many frames it holds, 1 to 48.
    pub frames: u8,
    /// Samples per frame and channel at 48 kHz, 120 (2.5 ms) to 2880 (60 ms).
    pub frame_samples: u16,
    /// Whether it tells of silence only: discontinuous transmission sends nothing longer than two bytes.
    pub dtx: bool,
}

/// The longest packet, in samples at 48 kHz: 120 ms (RFC 6716 section 3.4, requirement R5).
const PACKET_SAMPLES_MAX: u32 = 5760;
const DTX_LEN_MAX: usize = 2;

impl Descriptor {
    /// Samples per channel at 48 kHz of the whole packet: what the RTP timestamp advances by.
    pub const fn samples(&self) -> u32 {
        self.frames as u32 * self.frame_samples as u32
    }
}

/// Reads the table of contents. A packet of no frame, or of more than 120 ms, is an error.
pub fn parse(payload: &[u8]) -> Result<Descriptor, BadPayload> {
    let (toc, rest) = payload.split_first().ok_or(BadPayload)?;
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => rest.first().ok_or(BadPayload)? & 0x3f,
    };
    let dtx = payload.len() <= DTX_LEN_MAX;
    let descriptor = Descriptor { stereo: toc & 4 != 0, frames, frame_samples: frame_samples(toc >> 3), dtx };
    if frames == 0 || descriptor.samples() > PACKET_SAMPLES_MAX { Err(BadPayload) } else { Ok(descriptor) }
}

/// By configuration number (RFC 6716 table 2).
const fn frame_samples(config: u8) -> u16 {
    match config {
        0..=11 => [480, 960, 1920, 2880][config as usize % 4],
        12..=15 => [480, 960][config as usize % 2],
        _ => [120, 240, 480, 960][config as usize % 4],
    }
}

/// Whether a decoder can start here: with any Opus packet.
pub fn is_keyframe_start(payload: &[u8]) -> bool {
    parse(payload).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_contents_gives_the_duration() {
        // Configuration 31 (CELT, fullband, 20 ms), stereo, one frame: what browsers send.
        let browser = Descriptor { stereo: true, frames: 1, frame_samples: 960, dtx: false };
        assert_eq!(parse(&[0xfc, 1, 2, 3]), Ok(browser));
        assert_eq!(parse(&[0x18, 1, 2]).unwrap().samples(), 2880, "SILK, 60 ms");
        assert_eq!(parse(&[0x81, 1, 2]).unwrap().samples(), 240, "CELT, two of 2.5 ms");
        assert_eq!(parse(&[0x6a, 1, 2]).unwrap().samples(), 1920, "hybrid, two of 20 ms");
        assert_eq!(parse(&[0x83, 48, 2]).unwrap().samples(), 5760, "48 of 2.5 ms");
    }

    #[test]
    fn two_bytes_at_most_are_silence() {
        assert!(parse(&[0x78]).unwrap().dtx && parse(&[0x78, 0]).unwrap().dtx);
        assert!(!parse(&[0x78, 0, 0]).unwrap().dtx);
    }

    #[test]
    fn no_frame_or_more_than_120_ms_is_an_error() {
        assert_eq!(parse(&[]), Err(BadPayload));
        assert_eq!(parse(&[0x83]), Err(BadPayload), "the count is missing");
        assert_eq!(parse(&[0x83, 0, 1]), Err(BadPayload));
        assert_eq!(parse(&[0x83, 49, 1]), Err(BadPayload));
        assert_eq!(parse(&[0x1b, 3, 1]), Err(BadPayload), "three of 60 ms");
        assert!(is_keyframe_start(&[0x78]) && !is_keyframe_start(&[]));
    }
}
