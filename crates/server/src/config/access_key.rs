//! A key that tokens are signed with, as it is configured.

use std::fmt;

use super::problem::{Place, Problem};
use super::raw::{Raw, Written};

/// The fields of a key in the file.
pub(super) const FIELDS: &[&str] =
    &["id", "algorithm", "secret", "secret_file", "public_key", "public_key_file"];

/// Shortest secret of HS256 in bytes: as long as the hash (RFC 7518 section 3.2).
pub const SECRET_BYTES_MIN: usize = 32;
/// Most keys at a time. A token without a key id is tried with each of its algorithm.
const KEYS_MAX: usize = 16;
/// The key of `--dev`: known to all, so it protects nothing.
pub const DEV_KEY_ID: &str = "dev";
/// See [`DEV_KEY_ID`].
pub const DEV_SECRET: &str = "motet-development-key-known-to-all";

/// The algorithm that a key is pinned to: a token that names another is refused, whatever its signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyAlgorithm {
    /// HMAC with SHA-256 (RFC 7518 section 3.2); one secret signs and verifies.
    Hs256,
    /// Ed25519 (RFC 8037); only the public half is here.
    EdDsa,
}

/// A key that tokens are verified with.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The token header's `kid`.
    pub id: String,
    /// What it is for.
    pub algorithm: KeyAlgorithm,
    /// The secret of HS256, or the PEM of EdDSA's public key. Never logged.
    pub material: Vec<u8>,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl AccessKey {
    /// The key of `--dev`.
    pub fn dev() -> Self {
        let material = DEV_SECRET.as_bytes().to_vec();
        Self { id: DEV_KEY_ID.to_owned(), algorithm: KeyAlgorithm::Hs256, material }
    }

    /// Whether this key is known to all.
    pub fn is_dev(&self) -> bool {
        self.material == DEV_SECRET.as_bytes()
    }
}

/// Reads all keys; what is wrong with any of them goes to `problems`, without its secret.
pub(super) fn read(written: &Written, problems: &mut Vec<Problem>) -> Vec<AccessKey> {
    let described: Vec<(Place, Vec<(String, String)>)> = match &written.raw {
        Raw::Maps(maps) => maps.clone(),
        Raw::Many(lines) => lines.iter().map(|line| (written.place.clone(), fields_of(line))).collect(),
        Raw::One(line) => vec![(written.place.clone(), fields_of(line))],
    };
    let mut keys: Vec<AccessKey> = Vec::new();
    for (place, fields) in described {
        let outcome = read_one(&fields).and_then(|key| {
            let taken = keys.iter().any(|known| known.id == key.id);
            if taken { Err(format!("there are two keys with the id {}", key.id)) } else { Ok(key) }
        });
        match outcome {
            Ok(key) => keys.push(key),
            Err(text) => problems.push(Problem { place, key: "keys".into(), text }),
        }
    }
    if keys.len() > KEYS_MAX {
        let text = format!("no more than {KEYS_MAX} keys may be there at a time");
        problems.push(Problem { place: written.place.clone(), key: "keys".into(), text });
    }
    keys
}

/// `ID:ALGORITHM:SECRET` or `ID:ALGORITHM:@FILE`.
fn fields_of(line: &str) -> Vec<(String, String)> {
    let mut parts = line.splitn(3, ':');
    let mut fields = Vec::new();
    for name in ["id", "algorithm"] {
        if let Some(part) = parts.next() {
            fields.push((name.to_owned(), part.to_owned()));
        }
    }
    if let Some(rest) = parts.next() {
        let is_public = fields.iter().any(|(name, value)| name == "algorithm" && value == "EdDSA");
        let name = match (is_public, rest.strip_prefix('@')) {
            (true, Some(_)) => "public_key_file",
            (true, None) => "public_key",
            (false, Some(_)) => "secret_file",
            (false, None) => "secret",
        };
        fields.push((name.to_owned(), rest.strip_prefix('@').unwrap_or(rest).to_owned()));
    }
    fields
}

fn read_one(fields: &[(String, String)]) -> Result<AccessKey, String> {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let id = field("id").filter(|id| !id.is_empty()).ok_or("a key needs an id")?.to_owned();
    let algorithm = match field("algorithm") {
        Some("HS256") => KeyAlgorithm::Hs256,
        Some("EdDSA") => KeyAlgorithm::EdDsa,
        Some(other) => return Err(format!("key {id}: the algorithm is HS256 or EdDSA, not {other}")),
        None => return Err(format!("key {id}: the algorithm is missing: HS256 or EdDSA")),
    };
    let (inline, file) = match algorithm {
        KeyAlgorithm::Hs256 => ("secret", "secret_file"),
        KeyAlgorithm::EdDsa => ("public_key", "public_key_file"),
    };
    let material = match (field(inline), field(file)) {
        (Some(text), None) => text.as_bytes().to_vec(),
        (None, Some(path)) => {
            read_file(path).map_err(|error| format!("key {id}: cannot read {path}: {error}"))?
        }
        (Some(_), Some(_)) => return Err(format!("key {id}: {inline} and {file} cannot both be given")),
        (None, None) => return Err(format!("key {id}: {inline} or {file} is missing")),
    };
    if algorithm == KeyAlgorithm::Hs256 && material.len() < SECRET_BYTES_MIN {
        return Err(format!("key {id}: the secret is shorter than {SECRET_BYTES_MIN} bytes"));
    }
    if algorithm == KeyAlgorithm::EdDsa && jsonwebtoken::DecodingKey::from_ed_pem(&material).is_err() {
        return Err(format!("key {id}: this is no Ed25519 public key in PEM"));
    }
    Ok(AccessKey { id, algorithm, material })
}

/// Editors end files with a line end that nobody means as part of a secret.
fn read_file(path: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = std::fs::read(path)?;
    let end = bytes.trim_ascii_end().len();
    bytes.truncate(end);
    Ok(bytes)
}
