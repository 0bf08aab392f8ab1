//! Nonces that need no memory: they say when they were made, and a tag proves that we made them for that address.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::Tick;
use crate::Settings;

/// What a nonce begins with whose maker knows RFC 8489's security features (section 9.2).
const COOKIE: &[u8; 9] = b"obMatJos2";
/// Security feature: PASSWORD-ALGORITHMS is offered.
const FEATURE_PASSWORD_ALGORITHMS: u8 = 1;
/// Security feature: USERHASH is understood.
const FEATURE_USERNAME_ANONYMITY: u8 = 2;
/// Four bytes of time and eight of tag.
const BODY_LEN: usize = 12;
/// The cookie, the features, and the body in Base64.
const NONCE_LEN: usize = COOKIE.len() + 4 + BODY_LEN / 3 * 4;
/// A step of a nonce's time.
const STEP_NS: Tick = 1_000_000_000;

/// PASSWORD-ALGORITHMS as offered: SHA-256, then MD5, neither with parameters.
pub(crate) const PASSWORD_ALGORITHMS: [u8; 8] = [0, 2, 0, 0, 0, 1, 0, 0];

/// Makes and knows nonces.
#[derive(Debug)]
pub(crate) struct Nonces {
    key: hmac::Key,
    features: u8,
    lifetime_s: u64,
}

impl Nonces {
    pub(super) fn new(seed: &hmac::Key, settings: &Settings, knows_hashes: bool) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(seed, b"nonce").as_ref());
        let algorithms = if settings.sha256 { FEATURE_PASSWORD_ALGORITHMS } else { 0 };
        let anonymity = if knows_hashes { FEATURE_USERNAME_ANONYMITY } else { 0 };
        Self { key, features: algorithms | anonymity, lifetime_s: settings.lifetimes.nonce.as_secs() }
    }

    /// A nonce for this address.
    pub(crate) fn make(&self, now: Tick, ip: IpAddr) -> [u8; NONCE_LEN] {
        self.make_at((now / STEP_NS) as u32, ip)
    }

    fn make_at(&self, made_s: u32, ip: IpAddr) -> [u8; NONCE_LEN] {
        let mut body = [0; BODY_LEN];
        body[..4].copy_from_slice(&made_s.to_be_bytes());
        body[4..].copy_from_slice(&self.tag(made_s, ip));
        let mut nonce = [0; NONCE_LEN];
        nonce[..COOKIE.len()].copy_from_slice(COOKIE);
        let text = &mut nonce[COOKIE.len()..];
        encode(&[0, 0, self.features], &mut text[..4]);
        encode(&body, &mut text[4..]);
        nonce
    }

    /// Whether a nonce is ours, for this address, and young enough.
    pub(crate) fn is_fresh(&self, nonce: &[u8], now: Tick, ip: IpAddr) -> bool {
        let Some(body) = nonce.get(COOKIE.len() + 4..).filter(|_| nonce.len() == NONCE_LEN) else {
            return false;
        };
        let mut decoded = [0; BODY_LEN];
        if BASE64_STANDARD.decode_slice(body, &mut decoded) != Ok(BODY_LEN) {
            return false;
        }
        let made_s = u32::from_be_bytes([decoded[0], decoded[1], decoded[2], decoded[3]]);
        let age_s = (now / STEP_NS).checked_sub(u64::from(made_s));
        age_s.is_some_and(|age_s| age_s <= self.lifetime_s)
            && verify_slices_are_equal(&self.make_at(made_s, ip), nonce).is_ok()
    }

    fn tag(&self, made_s: u32, ip: IpAddr) -> [u8; 8] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&made_s.to_be_bytes());
        match ip {
            IpAddr::V4(ip) => context.update(&ip.octets()),
            IpAddr::V6(ip) => context.update(&ip.octets()),
        }
        let mut tag = [0; 8];
        tag.copy_from_slice(&context.sign().as_ref()[..8]);
        tag
    }
}

/// Three bytes become four letters; lengths fit by construction.
fn encode(bytes: &[u8], out: &mut [u8]) {
    let written = BASE64_STANDARD.encode_slice(bytes, out);
    debug_assert!(written.is_ok());
}
