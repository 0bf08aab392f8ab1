//! SRTP and SRTCP (RFC 3711, RFC 7714): [`Protector`] for what this side sends, [`Unprotector`] for what the peer sends.
//!
//! No packet costs an allocation. Session keys live inside the crypto library's own objects, which wipe themselves when
//! dropped; master keys and salts are wiped here; nothing here prints any of them.

mod cm;
mod error;
mod gcm;
mod kdf;
mod profile;
mod protect;
mod replay;
mod session;
mod streams;
mod unprotect;
mod wire;

pub use error::SrtpError;
pub use profile::{KeyingMaterial, MasterKey, Profile};
pub use protect::Protector;
pub use streams::STREAMS_MAX;
pub use unprotect::{Unprotected, Unprotector};

#[cfg(test)]
mod vectors;
