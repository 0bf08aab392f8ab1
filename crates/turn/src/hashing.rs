//! Maps whose keys strangers choose, and that give memory back.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use siphasher::sip::SipHasher13;

/// A secret key of SipHash: who does not know it cannot choose keys that collide.
#[derive(Clone, Debug)]
pub(crate) struct SipKey(SipHasher13);

impl SipKey {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self(SipHasher13::new_with_key(key))
    }
}

impl BuildHasher for SipKey {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        self.0
    }
}

/// Gives memory back once a map is mostly empty; half stays free, so that no shrinking follows the next growth.
pub(crate) fn shrink<K: Eq + Hash, V, S: BuildHasher>(map: &mut HashMap<K, V, S>) {
    if map.capacity() > 64 && map.len() < map.capacity() / 8 {
        map.shrink_to(map.len() * 2);
    }
}
