//! G.711: one byte a sample at 8000 Hz, in the two laws (ITU-T G.711).

/// Mu-law of North America and Japan, RTP's PCMU.
pub fn decode_ulaw(byte: u8) -> i16 {
    ULAW[usize::from(byte)]
}

/// A-law of the rest, RTP's PCMA.
pub fn decode_alaw(byte: u8) -> i16 {
    ALAW[usize::from(byte)]
}

/// The mu-law byte whose value is nearest.
pub fn encode_ulaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let biased = i32::from(sample).abs().min(ULAW_CLIP) + ULAW_BIAS;
    let exponent = segment(biased, 8);
    let mantissa = (biased >> (exponent + 3)) & 0x0f;
    // Seven bits below the sign; all are inverted on the wire.
    !(sign | (exponent as u8) << 4 | mantissa as u8)
}

/// The A-law byte whose value is nearest.
pub fn encode_alaw(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    // One's complement, so that both halves have the same number of steps.
    let magnitude = i32::from(if sample < 0 { !sample } else { sample });
    let exponent = segment(magnitude, 8);
    let mantissa = (magnitude >> if exponent == 0 { 4 } else { exponent + 3 }) & 0x0f;
    // Every other bit is inverted on the wire.
    (sign | (exponent as u8) << 4 | mantissa as u8) ^ 0x55
}

const ULAW_BIAS: i32 = 132;
const ULAW_CLIP: i32 = 32_635;

const ULAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let bits = !(byte as u8);
        let magnitude = ((((bits & 0x0f) as i32) << 3) + ULAW_BIAS) << ((bits >> 4) & 7);
        let value = magnitude - ULAW_BIAS;
        table[byte] = if bits & 0x80 == 0 { value } else { -value } as i16;
        byte += 1;
    }
    table
};

const ALAW: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let bits = byte as u8 ^ 0x55;
        let exponent = (bits >> 4) & 7;
        // The middle of the step; the lowest segment has no leading one.
        let step = (((bits & 0x0f) as i32) << 4) + 8;
        let value = if exponent == 0 { step } else { (step + 0x100) << (exponent - 1) };
        table[byte] = if bits & 0x80 == 0 { -value } else { value } as i16;
        byte += 1;
    }
    table
};

/// The segment of a magnitude: how many doublings it lies above `lowest` bits, at most 7.
fn segment(magnitude: i32, lowest: u32) -> u32 {
    (i32::BITS - magnitude.leading_zeros()).saturating_sub(lowest).min(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laws_have_the_values_of_their_tables() {
        // ITU-T G.711 tables 1a to 2b, scaled to 16 bits.
        assert_eq!([0x00, 0x80, 0xff, 0x7f, 0x0f].map(decode_ulaw), [-32_124, 32_124, 0, 0, -16_764]);
        assert_eq!([0xd5, 0x55, 0xaa, 0x2a, 0x80].map(decode_alaw), [8, -8, 32_256, -32_256, 5504]);
    }

    #[test]
    fn every_byte_survives_decoding_and_encoding() {
        for byte in 0..=255 {
            // Mu-law has two zeros, of which an encoder makes the positive one.
            let expected = if byte == 0x7f { 0xff } else { byte };
            assert_eq!(encode_ulaw(decode_ulaw(byte)), expected, "mu-law {byte:#x}");
            assert_eq!(encode_alaw(decode_alaw(byte)), byte, "A-law {byte:#x}");
        }
    }

    #[test]
    fn no_sample_is_off_by_more_than_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let step = (i32::from(sample).abs() + ULAW_BIAS) / 16 + 16;
            for heard in [decode_ulaw(encode_ulaw(sample)), decode_alaw(encode_alaw(sample))] {
                let error = (i32::from(heard) - i32::from(sample)).abs();
                let is_clipped = sample.unsigned_abs() > 32_124;
                assert!(error <= if is_clipped { 644 } else { step / 2 }, "{sample}: {heard}");
            }
        }
    }
}
