//! SRTP and SRTCP (RFC 3711, RFC 7714): [`Protector`] for what this side sends, [`Unprotector`] for what the peer sends.

mod error;
mod profile;
mod protect;
mod unprotect;

pub use error::SrtpError;
pub use profile::{KeyingMaterial, MasterKey, Profile};
pub use protect::Protector;
pub use unprotect::{Unprotected, Unprotector};
