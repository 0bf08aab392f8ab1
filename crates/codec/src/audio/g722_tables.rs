//! The numbers of ITU-T G.722: quantizers, their adaptation, and the band-splitting filter.

/// The lower band's quanta by code of six bits.
pub(super) const LOW_QUANTA_64: [i32; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
    -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688,
    -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856,
    7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136,
    -432, -136,
];

/// The lower band's quanta by the upper four bits of its code.
pub(super) const LOW_QUANTA_16: [i32; 16] =
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];

/// Which step of [`LOW_LOG_STEPS`] the upper four bits of a code mean.
pub(super) const LOW_STEP_OF_CODE: [usize; 16] = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];

/// How the lower band's scale moves.
pub(super) const LOW_LOG_STEPS: [i32; 8] = [-60, -30, 58, 172, 334, 538, 1198, 3042];

/// Where the lower band's quantizer goes from one step to the next.
pub(super) const LOW_THRESHOLDS: [i32; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219,
    1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
];

/// The lower band's codes by step.
pub(super) const LOW_CODES_NEGATIVE: [u8; 30] = [
    63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7,
    6, 5, 4,
];
pub(super) const LOW_CODES_POSITIVE: [u8; 30] = [
    61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36,
    35, 34, 33, 32,
];

/// The higher band's quanta by code.
pub(super) const HIGH_QUANTA: [i32; 4] = [-7408, -1616, 7408, 1616];

/// Where the higher band's quantizer goes from the small step to the large.
pub(super) const HIGH_THRESHOLD: i32 = 564;

/// The higher band's codes: negative then positive, small then large.
pub(super) const HIGH_CODES: [[u8; 2]; 2] = [[1, 0], [3, 2]];

/// How the higher band's scale moves: by a small step's code, by a large one's.
pub(super) const HIGH_LOG_STEPS: [i32; 2] = [-214, 798];

/// A logarithm's fraction to the linear scale.
pub(super) const INVERSE_LOG: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896,
    2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];

/// Half of the band-splitting filter, which is symmetric.
pub(super) const QMF: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];
