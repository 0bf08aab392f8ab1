//! Users with lasting passwords: their keys, made once.

use std::collections::HashMap;

use aws_lc_rs::digest;

use crate::StaticUser;
use crate::wire::{KeyAlgorithm, LongTermKey};

/// A user's keys, one for each algorithm.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: Box<str>,
    md5: LongTermKey,
    sha256: LongTermKey,
}

impl User {
    fn new(name: &str, realm: &str, password: &str) -> Self {
        let derive = |algorithm| {
            LongTermKey::derive(algorithm, name.as_bytes(), realm.as_bytes(), password.as_bytes())
        };
        Self { name: name.into(), md5: derive(KeyAlgorithm::Md5), sha256: derive(KeyAlgorithm::Sha256) }
    }

    pub(crate) fn key(&self, algorithm: KeyAlgorithm) -> &LongTermKey {
        match algorithm {
            KeyAlgorithm::Md5 => &self.md5,
            KeyAlgorithm::Sha256 => &self.sha256,
        }
    }
}

/// All users, by name and by the hash that stands for it in USERHASH. The operator chooses the names, so any hash does.
#[derive(Debug)]
pub(crate) struct Users {
    users: Vec<User>,
    by_name: HashMap<Box<str>, usize, rustc_hash::FxBuildHasher>,
    by_hash: HashMap<[u8; 32], usize, rustc_hash::FxBuildHasher>,
    nobody: User,
}

impl Users {
    pub(super) fn new(users: &[StaticUser], realm: &str) -> Self {
        let made: Vec<User> = users.iter().map(|user| User::new(&user.name, realm, &user.password)).collect();
        let by_name = made.iter().enumerate().map(|(at, user)| (user.name.clone(), at)).collect();
        let by_hash = made.iter().enumerate().map(|(at, user)| (userhash(&user.name, realm), at)).collect();
        Self { users: made, by_name, by_hash, nobody: User::new("", realm, "") }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    pub(crate) fn by_name(&self, name: &str) -> Option<&User> {
        self.users.get(*self.by_name.get(name)?)
    }

    pub(crate) fn by_hash(&self, hash: &[u8]) -> Option<&User> {
        self.users.get(*self.by_hash.get(hash)?)
    }

    /// Whom an unknown user's message is checked against, so that the check takes as long.
    pub(crate) fn nobody(&self) -> &User {
        &self.nobody
    }
}

/// What stands for a name in USERHASH (RFC 8489 section 14.4).
pub(crate) fn userhash(name: &str, realm: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, format!("{name}:{realm}").as_bytes()).as_ref());
    hash
}
