//! The size that an H.264 sequence parameter set announces (ITU-T H.264 section 7.3.2.1.1), read before any decoder sees it.

/// NAL unit types of sequence parameter sets: the plain one and the subset of the scalable extension.
const NAL_SPS: [u8; 2] = [7, 15];

/// Profiles whose parameter set tells the chroma format.
const PROFILES_WITH_CHROMA: [u32; 12] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134];

/// The sizes that the parameter sets in a frame announce; `None` where one cannot be read. NAL units stand behind start codes.
pub(super) fn sizes(frame: &[u8]) -> impl Iterator<Item = Option<(u32, u32)>> + '_ {
    nal_units(frame)
        .filter(|nal| nal.first().is_some_and(|header| NAL_SPS.contains(&(header & 0x1f))))
        .map(|nal| Bits::new(&without_emulation(&nal[1..])).size())
}

fn nal_units(frame: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_start_code(frame);
    std::iter::from_fn(move || {
        let current = rest?;
        let next = after_start_code(current);
        let len = next.map_or(current.len(), |next| current.len() - next.len() - 3);
        rest = next;
        Some(&current[..len])
    })
}

fn after_start_code(bytes: &[u8]) -> Option<&[u8]> {
    bytes.windows(3).position(|window| window == [0, 0, 1]).map(|at| &bytes[at + 3..])
}

/// Parameter sets are short: what stands further back is not looked at.
const SPS_BYTES_MAX: usize = 256;

/// Takes out the bytes that keep start codes from arising (section 7.4.1).
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len().min(SPS_BYTES_MAX));
    for byte in bytes.iter().take(SPS_BYTES_MAX) {
        if !(*byte == 3 && out.ends_with(&[0, 0])) {
            out.push(*byte);
        }
    }
    out
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | self.bit()?))
    }

    /// Exp-Golomb, unsigned (section 9.1).
    fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
        }
        let rest = if zeros < 32 { self.bits(zeros)? } else { return None };
        Some(((1u64 << zeros) - 1 + u64::from(rest)) as u32)
    }

    /// Exp-Golomb, signed (section 9.1.1).
    fn signed(&mut self) -> Option<i64> {
        let code = i64::from(self.unsigned()?);
        Some(if code & 1 == 1 { (code + 1) / 2 } else { -code / 2 })
    }

    fn size(mut self) -> Option<(u32, u32)> {
        let profile = self.bits(8)?;
        self.bits(16)?;
        self.unsigned()?;
        let chroma_format = if PROFILES_WITH_CHROMA.contains(&profile) { self.chroma()? } else { 1 };
        self.unsigned()?;
        self.picture_order()?;
        self.unsigned()?;
        self.bit()?;
        let width_mbs = u64::from(self.unsigned()?) + 1;
        let height_units = u64::from(self.unsigned()?) + 1;
        let frame_mbs_only = self.bit()?;
        let height_mbs = height_units * u64::from(2 - frame_mbs_only);
        // Cropping makes the picture smaller than what is decoded, and what is decoded is what costs.
        (chroma_format < 4).then_some(())?;
        Some((u32::try_from(width_mbs * 16).ok()?, u32::try_from(height_mbs * 16).ok()?))
    }

    fn chroma(&mut self) -> Option<u32> {
        let chroma_format = self.unsigned()?;
        if chroma_format == 3 {
            self.bit()?;
        }
        self.unsigned()?;
        self.unsigned()?;
        self.bit()?;
        if self.bit()? == 1 {
            for list in 0..if chroma_format == 3 { 12 } else { 8 } {
                if self.bit()? == 1 {
                    self.skip_scaling_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
        Some(chroma_format)
    }

    fn skip_scaling_list(&mut self, len: usize) -> Option<()> {
        let (mut last, mut next) = (8i64, 8i64);
        for _ in 0..len {
            if next != 0 {
                next = (last + self.signed()?).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
        Some(())
    }

    fn picture_order(&mut self) -> Option<()> {
        match self.unsigned()? {
            0 => {
                self.unsigned()?;
            }
            1 => {
                self.bit()?;
                self.signed()?;
                self.signed()?;
                for _ in 0..self.unsigned()?.min(256) {
                    self.signed()?;
                }
            }
            _ => {}
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_baseline_set_is_read_between_other_units() {
        // 1280x720, level 3.1, as openh264 writes it, and a slice behind.
        let frame = [
            0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x28, 0x02, 0xdd, 0x00, 0xf0, 0x88, 0x46,
            0xa0, 0, 0, 1, 0x65, 0xb8,
        ];
        assert_eq!(sizes(&frame).collect::<Vec<_>>(), [Some((1280, 720))]);
    }

    #[test]
    fn a_set_that_ends_too_early_has_no_size() {
        assert_eq!(sizes(&[0, 0, 1, 0x67, 0x42]).collect::<Vec<_>>(), [None]);
        assert_eq!(sizes(&[0, 0, 1, 0x67]).collect::<Vec<_>>(), [None]);
        assert_eq!(sizes(&[1, 2, 3]).count(), 0);
        assert_eq!(sizes(&[0, 0, 1]).count(), 0);
    }
}
