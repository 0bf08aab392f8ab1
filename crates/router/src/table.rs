//! Entities by the asker's ids and by small keys of our own.

use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use motet_control::{ConsumerId, ObserverId, ProducerId, Refusal, TransportId};
use rustc_hash::FxHashMap;
use slab::Slab;

/// An id of the control API.
pub(crate) trait Id: Copy + Eq + Hash {
    /// As [`Refusal`] names it.
    const NOUN: &'static str;
    fn number(self) -> u64;
}

/// A place in a [`Table`]. Whoever keeps one drops it when the entity closes: places are used again.
pub(crate) trait Key: Copy {
    fn from_index(index: usize) -> Self;
    fn index(self) -> usize;
}

macro_rules! key {
    ($($name:ident of $id:ident as $noun:literal),+) => {
        $(
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
            pub(crate) struct $name(u32);

            impl Key for $name {
                fn from_index(index: usize) -> Self {
                    Self(u32::try_from(index).expect("a router's limits are far below 2^32 entities"))
                }
                fn index(self) -> usize {
                    self.0 as usize
                }
            }

            impl Id for $id {
                const NOUN: &'static str = $noun;
                fn number(self) -> u64 {
                    self.0
                }
            }
        )+
    };
}

key!(
    TransportKey of TransportId as "transport",
    ProducerKey of ProducerId as "producer",
    ConsumerKey of ConsumerId as "consumer",
    ObserverKey of ObserverId as "observer"
);

/// All entities of one noun.
pub(crate) struct Table<I, K, T> {
    entries: Slab<T>,
    keys: FxHashMap<I, K>,
    key: PhantomData<K>,
}

impl<I: Id, K: Key, T> Table<I, K, T> {
    pub(crate) fn new() -> Self {
        Self { entries: Slab::new(), keys: FxHashMap::default(), key: PhantomData }
    }

    /// The key of `id`.
    pub(crate) fn key(&self, id: I) -> Option<K> {
        self.keys.get(&id).copied()
    }

    /// The key of `id`, or the refusal to give.
    pub(crate) fn find(&self, id: I) -> Result<K, Refusal> {
        self.key(id).ok_or(Refusal::NotFound { noun: I::NOUN, id: id.number() })
    }

    /// Refuses an id that is taken.
    pub(crate) fn check_free(&self, id: I) -> Result<(), Refusal> {
        match self.key(id) {
            None => Ok(()),
            Some(_) => Err(Refusal::Exists { noun: I::NOUN, id: id.number() }),
        }
    }

    /// Adds an entity under an id that is free.
    pub(crate) fn insert(&mut self, id: I, entity: T) -> K {
        let key = K::from_index(self.entries.insert(entity));
        let before = self.keys.insert(id, key);
        debug_assert!(before.is_none(), "the id was checked to be free");
        key
    }

    /// Takes an entity out; `None` when it is gone already.
    pub(crate) fn remove(&mut self, id: I) -> Option<T> {
        let key = self.keys.remove(&id)?;
        self.entries.try_remove(key.index())
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|(_, entity)| entity)
    }
}

impl<I: Id, K: Key, T> Index<K> for Table<I, K, T> {
    type Output = T;
    fn index(&self, key: K) -> &T {
        &self.entries[key.index()]
    }
}

impl<I: Id, K: Key, T> IndexMut<K> for Table<I, K, T> {
    fn index_mut(&mut self, key: K) -> &mut T {
        &mut self.entries[key.index()]
    }
}
