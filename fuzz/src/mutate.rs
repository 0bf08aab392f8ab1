//! Random changes to seeds: the same seed number gives the same changes, on every machine.

/// Longest input that mutations grow to, in bytes; a datagram is never longer than this.
const LEN_MAX: usize = 4096;

/// Bytes that stand at the edges of fields.
const EDGES: [u8; 8] = [0x00, 0x01, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff];

/// Makes inputs out of other inputs.
#[derive(Clone, Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// A mutator that will make the same inputs for the same `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Changes `input` in one to four ways; `other` is what a part may be taken from.
    pub fn mutate(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(4) {
            self.change(input, other);
        }
        input.truncate(LEN_MAX);
    }

    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(input.len().max(1));
        let kind = self.below(8);
        match (kind, input.get_mut(at)) {
            (0, Some(byte)) => *byte ^= 1 << self.below(8),
            (1, Some(byte)) => *byte = EDGES[self.below(EDGES.len())],
            (2, Some(byte)) => *byte = self.next() as u8,
            (3, Some(byte)) => *byte = byte.wrapping_add(self.below(9) as u8).wrapping_sub(4),
            (4, _) => input.truncate(at),
            (5, Some(_)) => drop(input.drain(at..(at + 1 + self.below(8)).min(input.len()))),
            (6, _) => {
                let from = self.below(other.len().max(1)).min(other.len());
                let part = &other[from..(from + 1 + self.below(16)).min(other.len())];
                input.splice(at..at, part.iter().copied());
            }
            _ => {
                let edge = EDGES[self.below(EDGES.len())];
                input.splice(at..at, std::iter::repeat_n(edge, 1 + self.below(8)));
            }
        }
    }

    /// A number less than `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}
