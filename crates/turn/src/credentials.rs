//! Time-limited credentials: a username that says until when, and a password that only those with the secret can make.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::Secret;

/// A username and its password, for `iceServers`.
#[derive(Clone)]
pub struct Credentials {
    /// `expiry:participant`, the expiry in seconds since 1970.
    pub username: String,
    /// Base64 of HMAC-SHA1(secret, username), as other TURN servers and their clients have it.
    pub password: Zeroizing<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Makes credentials for a participant that last until `expiry_unix_s`.
pub fn make(secret: &Secret, expiry_unix_s: u64, participant: &str) -> Credentials {
    let username = format!("{expiry_unix_s}:{participant}");
    let password = password(secret, username.as_bytes());
    Credentials { username, password }
}

/// The password that belongs to a username.
pub(crate) fn password(secret: &Secret, username: &[u8]) -> Zeroizing<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret.0);
    Zeroizing::new(BASE64_STANDARD.encode(hmac::sign(&key, username)))
}

/// Until when a username holds, if it is a time-limited one: its first part, in digits.
pub(crate) fn expiry_unix_s(username: &str) -> Option<u64> {
    let digits = username.split(':').next()?;
    if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}
