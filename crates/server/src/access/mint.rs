//! Tokens signed here: for trying out, for scripts, for tests. A production backend signs its own.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};

use super::claims::Claims;
use crate::config::{AccessKey, KeyAlgorithm};

/// What a token is to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewToken {
    /// The room that it opens; `*` is every room.
    pub room: String,
    /// What its bearer is called.
    pub name: Option<String>,
    /// Who its bearer is.
    pub identity: Option<String>,
    /// Whether its bearer may publish.
    pub publish: bool,
    /// Whether its bearer may receive.
    pub subscribe: bool,
    /// Whether its bearer is an admin.
    pub admin: bool,
    /// When it is signed, in seconds since 1970-01-01.
    pub now_unix_s: u64,
    /// How long it is good for.
    pub expires_in: Duration,
}

/// Why no token was signed.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The server has the public half of an EdDSA key only.
    #[error("an EdDSA key signs with its private key: give --private-key FILE")]
    PrivateKeyMissing,
    /// The private key, or the claims, cannot be used.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Signs a token with `key`; `private_key_pem` is the private half where `key` is of EdDSA.
///
/// # Errors
/// When the key cannot sign.
pub fn mint(key: &AccessKey, private_key_pem: Option<&[u8]>, token: NewToken) -> Result<String, MintError> {
    let (algorithm, encoding) = match key.algorithm {
        KeyAlgorithm::Hs256 => (Algorithm::HS256, EncodingKey::from_secret(&key.material)),
        KeyAlgorithm::EdDsa => {
            let pem = private_key_pem.ok_or(MintError::PrivateKeyMissing)?;
            (Algorithm::EdDSA, EncodingKey::from_ed_pem(pem)?)
        }
    };
    let header = Header { kid: Some(key.id.clone()), ..Header::new(algorithm) };
    let claims = Claims {
        room: token.room,
        publish: Some(token.publish),
        subscribe: Some(token.subscribe),
        admin: Some(token.admin),
        name: token.name,
        sub: token.identity,
        iat: Some(token.now_unix_s.into()),
        exp: Some(token.now_unix_s.saturating_add(token.expires_in.as_secs()).into()),
        ..Claims::default()
    };
    Ok(jsonwebtoken::encode(&header, &claims, &encoding)?)
}
