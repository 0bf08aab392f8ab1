//! Time-limited credentials: a username that says until when, and a password that only those with the secret can make.

use std::fmt;

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

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Makes credentials for a participant that last until `expiry_unix_s`.
pub fn make(secret: &Secret, expiry_unix_s: u64, participant: &str) -> Credentials {
    let username = format!("{expiry_unix_s}:{participant}");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret.0);
    let password = Zeroizing::new(password(&key, username.as_bytes()));
    Credentials { username, password }
}

/// The password that belongs to a username.
pub(crate) fn password(secret: &hmac::Key, username: &[u8]) -> String {
    BASE64_STANDARD.encode(hmac::sign(secret, username))
}

/// What a time-limited username says: until when it holds, and whose it is. The latter is what quotas count, so that new credentials give
/// nobody more.
pub(crate) fn read_username(username: &str) -> Option<(u64, &str)> {
    let (digits, participant) = username.split_once(':').unwrap_or((username, username));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| is_number)?, participant))
}
