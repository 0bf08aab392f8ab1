//! The claims of a token, and what they mean.

use motet_room::{Grants, Identity, ParticipantName};
use serde::{Deserialize, Serialize};

use super::{Denial, Pass};

/// Who tokens are for, where they say so (RFC 7519 section 4.1.3).
const AUDIENCE: &str = "motet";
/// Stands for every room.
const EVERY_ROOM: &str = "*";

/// What a token holds. Claims that are not listed are not looked at.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Claims {
    /// The room that it opens, or `*`.
    pub(super) room: String,
    /// Whether its bearer may publish; yes where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) publish: Option<bool>,
    /// Whether its bearer may receive; yes where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subscribe: Option<bool>,
    /// Whether its bearer is an admin; no where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) admin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// The identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exp: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) iat: Option<serde_json::Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aud: Option<Audience>,
}

/// One name or several (RFC 7519 section 4.1.3).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    pub(super) fn check_times(
        &self,
        now_unix_s: u64,
        leeway_s: u64,
        expiry_required: bool,
    ) -> Result<(), Denial> {
        match &self.exp {
            Some(exp) if now_unix_s >= seconds(exp)?.saturating_add(leeway_s) => return Err(Denial::Expired),
            None if expiry_required => return Err(Denial::Malformed("it has no exp")),
            Some(_) | None => {}
        }
        match &self.nbf {
            Some(nbf) if now_unix_s.saturating_add(leeway_s) < seconds(nbf)? => Err(Denial::NotYetValid),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn into_pass(self) -> Result<Pass, Denial> {
        let is_for_us = match &self.aud {
            None => true,
            Some(Audience::One(name)) => name == AUDIENCE,
            Some(Audience::Several(names)) => names.iter().any(|name| name == AUDIENCE),
        };
        if !is_for_us {
            return Err(Denial::Malformed("it is for another audience"));
        }
        // A room that nobody can name opens nothing, rather than everything.
        let room = match self.room.trim() {
            "" => return Err(Denial::Malformed("its room is empty")),
            EVERY_ROOM => None,
            room => Some(room.to_owned()),
        };
        let name = self.name.as_deref().map(ParticipantName::new).transpose();
        let identity = self.sub.as_deref().map(Identity::new).transpose();
        Ok(Pass {
            room,
            name: name.map_err(|_| Denial::Malformed("its name cannot be used"))?,
            identity: identity.map_err(|_| Denial::Malformed("its sub cannot be used"))?,
            grants: Grants {
                publish: self.publish.unwrap_or(true),
                subscribe: self.subscribe.unwrap_or(true),
                admin: self.admin.unwrap_or(false),
            },
        })
    }
}

/// A NumericDate (RFC 7519 section 2), which may have a fraction and may not be before 1970 here.
fn seconds(date: &serde_json::Number) -> Result<u64, Denial> {
    if let Some(seconds) = date.as_u64() {
        return Ok(seconds);
    }
    match date.as_f64() {
        // Anything beyond u64 saturates, which is as far away.
        Some(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(seconds as u64),
        _ => Err(Denial::Malformed("one of its times is no time")),
    }
}
