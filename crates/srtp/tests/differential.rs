//! Each packet that one implementation protects, the other unprotects, and both write the same bytes.

use motet_rtp::{SeqNo, Ssrc};
use motet_srtp::{MasterKey, Profile, Protector, Unprotector};
use proptest::prelude::*;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;

const SSRC: u32 = 0x0102_0304;

#[derive(Clone, Debug)]
struct Keys {
    profile: Profile,
    key: Vec<u8>,
    salt: Vec<u8>,
}

impl Keys {
    fn master(&self) -> MasterKey {
        MasterKey::new(self.profile, &self.key, &self.salt).unwrap()
    }

    fn reference(&self) -> Context {
        let profile = match self.profile {
            Profile::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
            Profile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
            Profile::Aes128CmSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        };
        let provider = rtc_crypto::default_provider().unwrap();
        Context::new(&self.key, &self.salt, profile, None, None, provider.crypto()).unwrap()
    }
}

fn keys() -> impl Strategy<Value = Keys> {
    const PROFILES: [Profile; 3] = [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80];
    (prop::sample::select(&PROFILES[..]), any::<[u8; 32]>(), any::<[u8; 14]>()).prop_map(
        |(profile, key, salt)| Keys {
            profile,
            key: key[..profile.key_len()].to_vec(),
            salt: salt[..profile.salt_len()].to_vec(),
        },
    )
}

/// CSRCs, extension words and a payload.
fn packet_shape() -> impl Strategy<Value = (Vec<u32>, Option<Vec<u32>>, Vec<u8>)> {
    (
        prop::collection::vec(any::<u32>(), 0..4),
        prop::option::of(prop::collection::vec(any::<u32>(), 0..5)),
        prop::collection::vec(any::<u8>(), 1..300),
    )
}

fn rtp_header(seq: u16, csrcs: &[u32], extension: Option<&[u32]>) -> Vec<u8> {
    let mut header = vec![0x80 | csrcs.len() as u8, 96];
    header.extend(seq.to_be_bytes());
    header.extend([0, 0, 0, 1]);
    header.extend(SSRC.to_be_bytes());
    header.extend(csrcs.iter().flat_map(|csrc| csrc.to_be_bytes()));
    if let Some(words) = extension {
        header[0] |= 0x10;
        // A profile that neither form of RFC 8285 claims, so that nobody reads the words as elements.
        header.extend([0x12, 0x34]);
        header.extend((words.len() as u16).to_be_bytes());
        header.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    }
    header
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rtp_agrees_over_rollovers(
        keys in keys(),
        first in 0_u64..65_536,
        packets in prop::collection::vec((1_u64..9_000, packet_shape()), 1..24),
    ) {
        let (mut protector, mut unprotector) =
            (Protector::new(keys.profile, &keys.master()).unwrap(), Unprotector::new(keys.profile, &keys.master()).unwrap());
        let (mut their_protector, mut their_unprotector) = (keys.reference(), keys.reference());
        let mut index = SeqNo(first);
        for (step, (csrcs, extension, payload)) in packets {
            let header = rtp_header(index.wire(), &csrcs, extension.as_deref());
            let plain = [&header[..], &payload].concat();
            let mut sealed = vec![0; plain.len() + keys.profile.rtp_overhead()];
            let len = protector.protect_rtp(index, &header, &payload, &mut sealed).unwrap();
            prop_assert_eq!(len, sealed.len());
            prop_assert_eq!(&sealed, &their_protector.encrypt_rtp(&plain).unwrap());
            prop_assert_eq!(&plain, &their_unprotector.decrypt_rtp(&sealed).unwrap());

            let unprotected = unprotector.unprotect_rtp(&mut sealed).unwrap();
            prop_assert_eq!(unprotected.index, index);
            prop_assert_eq!(&sealed[..unprotected.len], &plain[..]);
            index = SeqNo(index.0 + step);
        }
    }

    #[test]
    fn rtcp_agrees(keys in keys(), bodies in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..40), 1..12)) {
        let (mut protector, mut unprotector) =
            (Protector::new(keys.profile, &keys.master()).unwrap(), Unprotector::new(keys.profile, &keys.master()).unwrap());
        let (mut their_protector, mut their_unprotector) = (keys.reference(), keys.reference());
        for body in bodies {
            let mut plain = vec![0x80, 200, 0, body.len() as u8 + 1];
            plain.extend(SSRC.to_be_bytes());
            plain.extend(body.iter().flat_map(|word| word.to_be_bytes()));
            let mut sealed = vec![0; plain.len() + keys.profile.rtcp_overhead()];
            let len = protector.protect_rtcp(&plain, &mut sealed).unwrap();
            prop_assert_eq!(len, sealed.len());
            prop_assert_eq!(&sealed, &their_protector.encrypt_rtcp(&plain).unwrap());
            prop_assert_eq!(&plain, &their_unprotector.decrypt_rtcp(&sealed).unwrap());
            let len = unprotector.unprotect_rtcp(&mut sealed).unwrap();
            prop_assert_eq!(&sealed[..len], &plain[..]);
        }
    }

    #[test]
    fn a_payload_in_parts_is_sealed_as_one(keys in keys(), parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..4)) {
        let mut protector = Protector::new(keys.profile, &keys.master()).unwrap();
        let header = rtp_header(7, &[], None);
        let whole = parts.concat();
        let mut sealed = vec![0; header.len() + whole.len() + keys.profile.rtp_overhead()];
        protector.protect_rtp(SeqNo(7), &header, &whole, &mut sealed).unwrap();

        let mut gathered = vec![0; sealed.len()];
        gathered[..header.len()].copy_from_slice(&header);
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let len = protector.protect_rtp_after_header(SeqNo(7), Ssrc(SSRC), header.len(), &parts, &mut gathered).unwrap();
        prop_assert_eq!(len, sealed.len());
        prop_assert_eq!(sealed, gathered);
    }
}
