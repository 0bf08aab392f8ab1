//! Who may do what: tokens (JWT, RFC 7519) verified against the configured keys.
//!
//! Each key is pinned to its algorithm; a token is never asked which one to trust, nor where to find its key. Keys inside
//! a token (`jwk`, `jku`, `x5c`, ...) are not looked at.

mod claims;
mod forge;
mod mint;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use motet_room::{Grants, Identity, ParticipantName};

use crate::config::{AccessKey, Config, KeyAlgorithm};
use claims::Claims;

#[doc(hidden)]
pub use forge::{base64url, forge};
pub use mint::{MintError, NewToken, mint};

/// Longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 8_192;

/// Verifies tokens.
pub struct Access {
    keys: Vec<Key>,
    expiry_required: bool,
    leeway_s: u64,
    token_required: bool,
}

struct Key {
    id: String,
    algorithm: Algorithm,
    decoding: DecodingKey,
}

/// What a good token says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pass {
    /// The room it opens; `None`: every room.
    pub room: Option<String>,
    /// What its bearer is called.
    pub name: Option<ParticipantName>,
    /// Who its bearer is.
    pub identity: Option<Identity>,
    /// What its bearer may do.
    pub grants: Grants,
}

impl Pass {
    /// Whether it opens `room`.
    pub fn opens(&self, room: &str) -> bool {
        self.room.as_deref().is_none_or(|own| own == room)
    }

    /// Whether its bearer may operate every room.
    pub fn is_operator(&self) -> bool {
        self.grants.admin && self.room.is_none()
    }

    /// What everyone may who has no token, where none is asked for.
    fn open_door() -> Self {
        let grants = Grants { publish: true, subscribe: true, admin: true };
        Self { room: None, name: None, identity: None, grants }
    }
}

/// Why a token opens nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Denial {
    /// None was shown.
    #[error("a token is needed")]
    Missing,
    /// It is no token, or of a kind that is not accepted.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// No key with its id, or none of its algorithm.
    #[error("the token names a key or an algorithm that is not accepted")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It opens another room.
    #[error("the token is for another room")]
    OtherRoom,
    /// It does not allow this.
    #[error("the token does not allow this")]
    NotAllowed,
}

impl Denial {
    /// The stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing => "tokenMissing",
            Self::Malformed(_) | Self::UnknownKey | Self::BadSignature => "tokenInvalid",
            Self::Expired => "tokenExpired",
            Self::NotYetValid => "tokenNotYetValid",
            Self::OtherRoom | Self::NotAllowed => "notAllowed",
        }
    }
}

impl Access {
    /// With one HS256 key, for tests and fuzzing.
    #[doc(hidden)]
    pub fn with_secret(secret: &[u8]) -> Self {
        let key = AccessKey { id: "k".into(), algorithm: KeyAlgorithm::Hs256, material: secret.to_vec() };
        Self {
            keys: Key::new(&key).into_iter().collect(),
            expiry_required: true,
            leeway_s: 0,
            token_required: true,
        }
    }

    /// With the keys and rules of `config`.
    pub fn new(config: &Config) -> Self {
        Self {
            keys: config.keys.iter().filter_map(Key::new).collect(),
            expiry_required: config.token_expiry_required,
            leeway_s: config.token_leeway.as_secs(),
            token_required: !config.dev,
        }
    }

    /// What the bearer of `token` may do at `now_unix_s`, seconds since 1970-01-01. Without a token: everything where
    /// none is asked for (`--dev`), nothing elsewhere.
    ///
    /// # Errors
    /// Why the token opens nothing.
    pub fn admit(&self, token: Option<&str>, now_unix_s: u64) -> Result<Pass, Denial> {
        match token.filter(|token| !token.is_empty()) {
            Some(token) => self.verify(token, now_unix_s),
            None if self.token_required => Err(Denial::Missing),
            None => Ok(Pass::open_door()),
        }
    }

    /// What a token says, once its signature and times are found good.
    ///
    /// # Errors
    /// Why it is not.
    pub fn verify(&self, token: &str, now_unix_s: u64) -> Result<Pass, Denial> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Denial::Malformed("it is too long"));
        }
        // An algorithm that jsonwebtoken does not know, `none` among them, is no header.
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| Denial::Malformed("it has no header, or one with an unknown algorithm"))?;
        if header.crit.is_some() || header.extras.inner().contains_key("crit") {
            return Err(Denial::Malformed("it asks for extensions that are not known"));
        }
        let claims = self.signed_claims(token, &header)?;
        claims.check_times(now_unix_s, self.leeway_s, self.expiry_required)?;
        claims.into_pass()
    }

    fn signed_claims(&self, token: &str, header: &Header) -> Result<Claims, Denial> {
        let mut denial = Denial::UnknownKey;
        let named = |key: &&Key| header.kid.as_ref().is_none_or(|id| *id == key.id);
        for key in self.keys.iter().filter(named).filter(|key| key.algorithm == header.alg) {
            match jsonwebtoken::decode::<Claims>(token, &key.decoding, &key.validation()) {
                Ok(token) => return Ok(token.claims),
                Err(error) => denial = denial_of(&error),
            }
        }
        Err(denial)
    }
}

impl Key {
    /// The configuration was checked when it was read, so nothing is left out here.
    fn new(key: &AccessKey) -> Option<Self> {
        let (algorithm, decoding) = match key.algorithm {
            KeyAlgorithm::Hs256 => (Algorithm::HS256, DecodingKey::from_secret(&key.material)),
            KeyAlgorithm::EdDsa => (Algorithm::EdDSA, DecodingKey::from_ed_pem(&key.material).ok()?),
        };
        Some(Self { id: key.id.clone(), algorithm, decoding })
    }

    /// Signature and algorithm alone: times and audience are looked at by [`Claims`], which is told the time.
    fn validation(&self) -> Validation {
        let mut validation = Validation::new(self.algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation
    }
}

fn denial_of(error: &jsonwebtoken::errors::Error) -> Denial {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature => Denial::BadSignature,
        ErrorKind::InvalidAlgorithm => Denial::UnknownKey,
        ErrorKind::Json(_) => Denial::Malformed("its claims are not the ones that are known here"),
        _ => Denial::Malformed("it is not three parts of base64url"),
    }
}

#[cfg(test)]
mod tests;
