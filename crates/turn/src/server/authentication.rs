//! Who signed a request (RFC 8489 section 9.2.4).

use std::net::IpAddr;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::credentials::{password, read_username};
use crate::shared::{PASSWORD_ALGORITHMS, Shared, Tick, User};
use crate::wire::{Integrity, KeyAlgorithm, LongTermKey, Message};

/// Longest USERNAME (RFC 8489 section 14.3).
const USERNAME_LEN_MAX: usize = 508;

/// What is known of an allocation's user. It outlives the secret that made its password.
#[derive(Debug)]
pub(super) struct Known {
    username: Box<str>,
    /// Where the part begins that quotas count.
    account_at: u16,
    key: LongTermKey,
    expires_unix_s: Option<u64>,
}

impl Known {
    /// Whom quotas count.
    pub(super) fn account(&self) -> &str {
        &self.username[usize::from(self.account_at)..]
    }
}

/// Who signed a request.
#[derive(Debug)]
pub(super) enum Who {
    /// Whose the client's allocation is.
    Same,
    /// Somebody else, or there is no allocation.
    Other(Known),
}

/// A request that is somebody's.
#[derive(Debug)]
pub(super) struct Authentic {
    pub(super) who: Who,
    pub(super) integrity: Integrity,
    pub(super) key: LongTermKey,
}

/// Why a request is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAuthentic {
    /// It shows no credentials.
    Unsigned,
    /// It makes no sense.
    Bad,
    /// Its nonce ran out, or is another address's.
    Stale,
    /// Unknown user, wrong password, or expired: they look the same.
    Wrong,
}

/// The nonce comes first: it is cheap to check, and what is replayed from elsewhere costs no more.
pub(super) fn authenticate(
    shared: &Shared,
    now: Tick,
    unix_s: u64,
    ip: IpAddr,
    message: &Message<'_>,
    known: Option<&Known>,
) -> Result<Authentic, NotAuthentic> {
    let integrity = message.integrity().ok_or(NotAuthentic::Unsigned)?;
    let (Some(_), Some(nonce)) = (message.realm, message.nonce) else { return Err(NotAuthentic::Bad) };
    let algorithm = algorithm(shared, message)?;
    let name = Name::read(message)?;
    if !shared.nonces.is_fresh(nonce, now, ip) {
        return Err(NotAuthentic::Stale);
    }
    let is_same = known.is_some_and(|known| name.is(&known.username, &shared.settings.realm));
    if let Some(known) = known.filter(|known| is_same && known.key.algorithm() == algorithm) {
        let lasts = shared.settings.lifetimes.after_expiry.as_secs();
        let is_over = known.expires_unix_s.is_some_and(|expiry| unix_s > expiry.saturating_add(lasts));
        if !is_over && message.is_signed_by(&known.key) {
            return Ok(Authentic { who: Who::Same, integrity, key: known.key.clone() });
        }
    }
    let signer = find_signer(shared, unix_s, message, &name, algorithm).ok_or(NotAuthentic::Wrong)?;
    let key = signer.key.clone();
    let who = if is_same { Who::Same } else { Who::Other(signer) };
    Ok(Authentic { who, integrity, key })
}

/// How the client says that it made its key.
fn algorithm(shared: &Shared, message: &Message<'_>) -> Result<KeyAlgorithm, NotAuthentic> {
    match (message.password_algorithm, message.password_algorithms) {
        (None, None) => Ok(KeyAlgorithm::Md5),
        // An offer that is not ours word for word was changed on its way.
        (Some(algorithm), Some(offer)) if shared.settings.sha256 && offer == PASSWORD_ALGORITHMS => {
            match algorithm {
                [0, 1, 0, 0] => Ok(KeyAlgorithm::Md5),
                [0, 2, 0, 0] => Ok(KeyAlgorithm::Sha256),
                _ => Err(NotAuthentic::Bad),
            }
        }
        _ => Err(NotAuthentic::Bad),
    }
}

/// What a message calls its user.
enum Name<'a> {
    Plain(&'a str),
    Hash(&'a [u8]),
}

impl<'a> Name<'a> {
    fn read(message: &Message<'a>) -> Result<Self, NotAuthentic> {
        match (message.username, message.userhash) {
            (Some(name), None) if name.len() <= USERNAME_LEN_MAX => {
                // What is no text is no user of ours; nor is an empty name, which the settings refuse.
                std::str::from_utf8(name).map(Self::Plain).map_err(|_| NotAuthentic::Wrong)
            }
            (None, Some(hash)) if hash.len() == 32 => Ok(Self::Hash(hash)),
            _ => Err(NotAuthentic::Bad),
        }
    }

    fn is(&self, username: &str, realm: &str) -> bool {
        match self {
            Self::Plain(name) => *name == username,
            Self::Hash(hash) => *hash == crate::shared::userhash(username, realm),
        }
    }
}

/// Tries every key that could be the name's. An unknown name takes as long as a wrong password.
fn find_signer(
    shared: &Shared,
    unix_s: u64,
    message: &Message<'_>,
    name: &Name<'_>,
    algorithm: KeyAlgorithm,
) -> Option<Known> {
    let user = match name {
        Name::Plain(name) => shared.users.by_name(name),
        Name::Hash(hash) => shared.users.by_hash(hash),
    };
    let is_user = user.is_some();
    let user = user.unwrap_or(shared.users.nobody());
    let is_right = !shared.users.is_empty() && message.is_signed_by(user.key(algorithm));
    if is_right && is_user {
        return Some(of_user(user, algorithm));
    }
    let Name::Plain(name) = name else { return None };
    let limited = read_username(name).filter(|(expiry, _)| *expiry >= unix_s);
    let secrets = shared.secrets();
    let sign = |secret: &hmac::Key| {
        let password = Zeroizing::new(password(secret, name.as_bytes()));
        let realm = shared.settings.realm.as_bytes();
        let key = LongTermKey::derive(algorithm, name.as_bytes(), realm, password.as_bytes());
        message.is_signed_by(&key).then_some(key)
    };
    let key = secrets.iter().find_map(sign)?;
    let (expiry, account) = limited?;
    let account_at = (name.len() - account.len()) as u16;
    Some(Known { username: (*name).into(), account_at, key, expires_unix_s: Some(expiry) })
}

fn of_user(user: &User, algorithm: KeyAlgorithm) -> Known {
    let key = user.key(algorithm).clone();
    Known { username: user.name.clone(), account_at: 0, key, expires_unix_s: None }
}
