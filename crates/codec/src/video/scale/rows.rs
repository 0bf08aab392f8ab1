//! The inner loops: rows in, a row out. With AVX2 where the processor has it; the plain ones say what is meant.
#![expect(
    unsafe_code,
    reason = "vectors are loaded and stored through pointers, and run where the processor has them"
)]

use super::taps::{Columns, GROUP, GROUP_ORDER, TAPS, TURN_GROUPS};

/// Which loops to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// For any processor.
    Plain,
    /// For x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

/// Half of [`super::taps::WEIGHT_ONE`], to round, and its power of two.
const ROUND: i16 = 32;
const SHIFT: i16 = 6;

impl Rows {
    pub(super) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Plain
    }

    /// Each pixel is the mean of two by two.
    pub(super) fn halve_both(self, upper: &[u8], lower: &[u8], out: &mut [u8]) {
        match self {
            Self::Plain => plain::halve_both(upper, lower, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` has seen AVX2.
            Self::Avx2 => unsafe { avx2::halve_both(upper, lower, out) },
        }
    }

    /// Each pixel is the mean of two.
    pub(super) fn mean(self, upper: &[u8], lower: &[u8], out: &mut [u8]) {
        match self {
            Self::Plain => plain::mean(upper, lower, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` has seen AVX2.
            Self::Avx2 => unsafe { avx2::mean(upper, lower, out) },
        }
    }

    /// Each pixel is made of those in the same place of four rows.
    pub(super) fn blend(self, rows: [&[u8]; TAPS], weights: [i8; TAPS], out: &mut [u8]) {
        match self {
            Self::Plain => plain::blend(rows, weights, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` has seen AVX2.
            Self::Avx2 => unsafe { avx2::blend(rows, weights, out) },
        }
    }

    /// Each pixel is made of four neighbours in a row whose first pixel stands at `margin`, which is not 0, with at least 16
    /// bytes behind the last.
    pub(super) fn resample(self, row: &[u8], margin: usize, columns: &Columns, out: &mut [u8]) {
        match self {
            Self::Plain => plain::resample(row, margin, columns, out),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `detect` has seen AVX2.
            Self::Avx2 => unsafe { avx2::resample(row, margin, columns, out) },
        }
    }
}

/// Loops that a compiler can turn into vectors. Inlined, so that they take on what their caller may use.
mod plain {
    use super::{Columns, GROUP, GROUP_ORDER, ROUND, SHIFT, TAPS, TURN_GROUPS};

    #[inline(always)]
    pub(super) fn halve_both(upper: &[u8], lower: &[u8], out: &mut [u8]) {
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        for (out, (upper, lower)) in out.iter_mut().zip(pairs) {
            let sum = [upper[0], upper[1], lower[0], lower[1]].map(u16::from).iter().sum::<u16>();
            *out = ((sum + 2) >> 2) as u8;
        }
    }

    #[inline(always)]
    pub(super) fn mean(upper: &[u8], lower: &[u8], out: &mut [u8]) {
        for (out, (upper, lower)) in out.iter_mut().zip(upper.iter().zip(lower)) {
            *out = ((u16::from(*upper) + u16::from(*lower) + 1) >> 1) as u8;
        }
    }

    #[inline(always)]
    pub(super) fn blend(rows: [&[u8]; TAPS], weights: [i8; TAPS], out: &mut [u8]) {
        let len = out.len();
        let [a, b, c, d] = rows.map(|row| &row[..len]);
        let [wa, wb, wc, wd] = weights.map(i16::from);
        for index in 0..len {
            let sum = i16::from(a[index]) * wa
                + i16::from(b[index]) * wb
                + i16::from(c[index]) * wc
                + i16::from(d[index]) * wd;
            out[index] = ((sum + ROUND) >> SHIFT).clamp(0, 255) as u8;
        }
    }

    pub(super) fn resample(row: &[u8], margin: usize, columns: &Columns, out: &mut [u8]) {
        for (turn, out) in out.chunks_mut(TURN_GROUPS * GROUP).enumerate() {
            let (starts, picks, weights) =
                (&columns.starts[turn], &columns.picks[turn], &columns.weights[turn]);
            for (pixel, out) in out.iter_mut().enumerate() {
                let place = GROUP_ORDER[pixel / GROUP];
                let bytes = &row[margin.saturating_add_signed(starts[place] as isize)..];
                let first = (place * GROUP + pixel % GROUP) * TAPS;
                let sum: i16 = (first..first + TAPS)
                    .map(|tap| i16::from(bytes[usize::from(picks[tap])]) * i16::from(weights[tap]))
                    .sum();
                *out = ((sum + ROUND) >> SHIFT).clamp(0, 255) as u8;
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Columns, GROUP, ROUND, SHIFT, TAPS, TURN_GROUPS, plain};

    const VECTOR: usize = 32;
    /// Pixels of one turn of [`resample`].
    const TURN: usize = TURN_GROUPS * GROUP;

    #[target_feature(enable = "avx2")]
    pub(super) fn halve_both(upper: &[u8], lower: &[u8], out: &mut [u8]) {
        let ones = _mm256_set1_epi8(1);
        let two = _mm256_set1_epi16(2);
        let (done, tail) = out.split_at_mut(out.len() / VECTOR * VECTOR);
        let chunks = upper.chunks_exact(2 * VECTOR).zip(lower.chunks_exact(2 * VECTOR));
        for (out, (upper, lower)) in done.chunks_exact_mut(VECTOR).zip(chunks) {
            let sums = |at: usize| {
                let upper = _mm256_maddubs_epi16(load(&upper[at..]), ones);
                let lower = _mm256_maddubs_epi16(load(&lower[at..]), ones);
                _mm256_srli_epi16::<2>(_mm256_add_epi16(_mm256_add_epi16(upper, lower), two))
            };
            let packed = _mm256_packus_epi16(sums(0), sums(VECTOR));
            store(out, _mm256_permute4x64_epi64::<0b1101_1000>(packed));
        }
        let at = 2 * done.len();
        plain::halve_both(&upper[at.min(upper.len())..], &lower[at.min(lower.len())..], tail);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn mean(upper: &[u8], lower: &[u8], out: &mut [u8]) {
        plain::mean(upper, lower, out);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn blend(rows: [&[u8]; TAPS], weights: [i8; TAPS], out: &mut [u8]) {
        let len = out.len();
        let rows = rows.map(|row| &row[..len]);
        let pair = |a: i8, b: i8| _mm256_set1_epi16(i16::from_le_bytes([a as u8, b as u8]));
        let (first, second) = (pair(weights[0], weights[1]), pair(weights[2], weights[3]));
        let round = _mm256_set1_epi16(ROUND);
        let done = len / VECTOR * VECTOR;
        for at in (0..done).step_by(VECTOR) {
            let [a, b, c, d] = rows.map(|row| load(&row[at..]));
            let low = _mm256_add_epi16(
                _mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), first),
                _mm256_maddubs_epi16(_mm256_unpacklo_epi8(c, d), second),
            );
            let high = _mm256_add_epi16(
                _mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), first),
                _mm256_maddubs_epi16(_mm256_unpackhi_epi8(c, d), second),
            );
            let scaled = |sum| _mm256_srai_epi16::<{ SHIFT as i32 }>(_mm256_add_epi16(sum, round));
            store(&mut out[at..], _mm256_packus_epi16(scaled(low), scaled(high)));
        }
        plain::blend(rows.map(|row| &row[done..]), weights, &mut out[done..]);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn resample(row: &[u8], margin: usize, columns: &Columns, out: &mut [u8]) {
        // What every load below relies on: starts are -1 at least and `start_max` at most.
        assert!(margin > 0 && margin + columns.start_max as usize + 16 <= row.len());
        let round = _mm256_set1_epi16(ROUND);
        let first = row[margin..].as_ptr();
        let turns = columns.starts.iter().zip(&columns.picks).zip(&columns.weights);
        for (out, ((starts, picks), weights)) in out.chunks_mut(TURN).zip(turns) {
            // SAFETY: the assertion keeps 16 bytes from each start within the row, on either side of `margin`.
            let [a, b, c, d] = starts.map(|start| unsafe { half_at(first, start) });
            let (ab, cd) = (pair(a, b), pair(c, d));
            let ab = _mm256_shuffle_epi8(ab, load(&picks[..VECTOR]));
            let cd = _mm256_shuffle_epi8(cd, load(&picks[VECTOR..]));
            let (low, high) = load_signed(weights);
            let sums = _mm256_hadd_epi16(_mm256_maddubs_epi16(ab, low), _mm256_maddubs_epi16(cd, high));
            let scaled = _mm256_srai_epi16::<{ SHIFT as i32 }>(_mm256_add_epi16(sums, round));
            let packed = _mm256_packus_epi16(scaled, scaled);
            let ordered = _mm256_castsi256_si128(_mm256_permute4x64_epi64::<0b1000>(packed));
            if out.len() == TURN {
                store_half(out, ordered);
            } else {
                let mut turn = [0; TURN];
                store_half(&mut turn, ordered);
                out.copy_from_slice(&turn[..out.len()]);
            }
        }
    }

    /// # Safety
    /// 16 bytes are readable from `first + start` on.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn half_at(first: *const u8, start: i32) -> __m128i {
        // SAFETY: the caller vouches for the bytes, and the load needs no alignment.
        unsafe { _mm_loadu_si128(first.offset(start as isize).cast()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn pair(low: __m128i, high: __m128i) -> __m256i {
        _mm256_inserti128_si256::<1>(_mm256_castsi128_si256(low), high)
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load(bytes: &[u8]) -> __m256i {
        let bytes: &[u8; 32] = bytes.first_chunk().expect("a whole vector is there");
        // SAFETY: 32 bytes are there, and the load needs no alignment.
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn load_signed(bytes: &[i8; 2 * VECTOR]) -> (__m256i, __m256i) {
        let (low, high) = bytes.split_at(VECTOR);
        // SAFETY: 32 bytes are in each half, and the loads need no alignment.
        unsafe { (_mm256_loadu_si256(low.as_ptr().cast()), _mm256_loadu_si256(high.as_ptr().cast())) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn store(out: &mut [u8], vector: __m256i) {
        let out: &mut [u8; 32] = out.first_chunk_mut().expect("room for a whole vector");
        // SAFETY: there is room for 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), vector) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn store_half(out: &mut [u8], vector: __m128i) {
        let out: &mut [u8; 16] = out.first_chunk_mut().expect("room for half a vector");
        // SAFETY: there is room for 16 bytes, and the store needs no alignment.
        unsafe { _mm_storeu_si128(out.as_mut_ptr().cast(), vector) }
    }
}
