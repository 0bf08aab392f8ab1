//! What forged, damaged, replayed and late packets may not do.

use motet_rtp::SeqNo;
use motet_srtp::{MasterKey, Profile, Protector, STREAMS_MAX, SrtpError, Unprotector};
use proptest::prelude::*;

const PROFILES: [Profile; 3] = [Profile::AeadAes256Gcm, Profile::AeadAes128Gcm, Profile::Aes128CmSha1_80];

fn master(profile: Profile) -> MasterKey {
    MasterKey::new(profile, &vec![7; profile.key_len()], &vec![9; profile.salt_len()]).unwrap()
}

fn pair(profile: Profile) -> (Protector, Unprotector) {
    let master = master(profile);
    (Protector::new(profile, &master).unwrap(), Unprotector::new(profile, &master).unwrap())
}

fn rtp(protector: &mut Protector, index: u64, ssrc: u32) -> Vec<u8> {
    let mut header = vec![0x80, 96];
    header.extend((index as u16).to_be_bytes());
    header.extend([0; 4]);
    header.extend(ssrc.to_be_bytes());
    let mut out = vec![0; 100];
    let len = protector.protect_rtp(SeqNo(index), &header, b"a payload", &mut out).unwrap();
    out.truncate(len);
    out
}

fn rtcp(protector: &mut Protector) -> Vec<u8> {
    let mut out = vec![0; 100];
    let len = protector.protect_rtcp(&[0x80, 201, 0, 1, 0, 0, 0, 1], &mut out).unwrap();
    out.truncate(len);
    out
}

#[test]
fn a_packet_is_accepted_once() {
    for profile in PROFILES {
        let (mut protector, mut unprotector) = pair(profile);
        let packet = rtp(&mut protector, 5, 1);
        assert!(unprotector.unprotect_rtp(&mut packet.clone()).is_ok());
        assert_eq!(unprotector.unprotect_rtp(&mut packet.clone()), Err(SrtpError::Replayed));
        let packet = rtcp(&mut protector);
        assert!(unprotector.unprotect_rtcp(&mut packet.clone()).is_ok());
        assert_eq!(unprotector.unprotect_rtcp(&mut packet.clone()), Err(SrtpError::Replayed));
    }
}

#[test]
fn a_packet_behind_the_window_is_refused() {
    let (mut protector, mut unprotector) = pair(Profile::AeadAes128Gcm);
    unprotector.unprotect_rtp(&mut rtp(&mut protector, 5000, 1)).unwrap();
    assert!(unprotector.unprotect_rtp(&mut rtp(&mut protector, 5000 - 1023, 1)).is_ok());
    assert_eq!(unprotector.unprotect_rtp(&mut rtp(&mut protector, 5000 - 1024, 1)), Err(SrtpError::TooOld));
}

#[test]
fn a_forged_packet_moves_neither_window_nor_rollover_counter() {
    for profile in PROFILES {
        let (mut protector, mut unprotector) = pair(profile);
        unprotector.unprotect_rtp(&mut rtp(&mut protector, 40_000, 1)).unwrap();
        // Were the second believed, the rollover counter would rise and the next honest packet be too old.
        for seq in [60_000, 72_000, 60_000, 72_700] {
            let mut forged = rtp(&mut protector, seq, 1);
            *forged.last_mut().unwrap() ^= 1;
            assert_eq!(unprotector.unprotect_rtp(&mut forged), Err(SrtpError::Unauthenticated));
        }
        assert!(unprotector.unprotect_rtp(&mut rtp(&mut protector, 40_001, 1)).is_ok());
        assert!(unprotector.unprotect_rtp(&mut rtp(&mut protector, 39_999, 1)).is_ok());
    }
}

#[test]
fn a_forged_stream_leaves_no_trace_in_a_full_table() {
    let (mut protector, mut unprotector) = pair(Profile::AeadAes128Gcm);
    for ssrc in 0..STREAMS_MAX as u32 {
        unprotector.unprotect_rtp(&mut rtp(&mut protector, 65_536, ssrc).clone()).unwrap_err();
        unprotector.unprotect_rtp(&mut rtp(&mut protector, 1, ssrc)).unwrap();
    }
    for ssrc in 1000..1100 {
        let mut forged = rtp(&mut protector, 1, ssrc);
        forged[13] ^= 1;
        unprotector.unprotect_rtp(&mut forged).unwrap_err();
    }
    for ssrc in 0..STREAMS_MAX as u32 {
        let result = unprotector.unprotect_rtp(&mut rtp(&mut protector, 1, ssrc));
        assert_eq!(result, Err(SrtpError::Replayed), "stream {ssrc} was forgotten");
    }
}

#[test]
fn a_reordered_packet_from_before_a_rollover_is_accepted() {
    let (mut protector, mut unprotector) = pair(Profile::AeadAes128Gcm);
    for index in [65_534, 65_537, 65_535, 65_536, 65_538] {
        let unprotected = unprotector.unprotect_rtp(&mut rtp(&mut protector, index, 1)).unwrap();
        assert_eq!(unprotected.index, SeqNo(index));
    }
}

#[test]
fn a_buffer_too_small_is_an_error() {
    for profile in PROFILES {
        let (mut protector, _) = pair(profile);
        let header = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
        for len in 0..12 + 9 + profile.rtp_overhead() {
            let result = protector.protect_rtp(SeqNo(1), &header, b"a payload", &mut vec![0; len]);
            assert_eq!(result, Err(SrtpError::BufferTooSmall));
        }
        let result = protector.protect_rtcp(&[0x80, 201, 0, 1, 0, 0, 0, 1], &mut [0; 17]);
        assert_eq!(result, Err(SrtpError::BufferTooSmall));
    }
}

#[test]
fn keys_of_another_profile_are_refused() {
    assert!(matches!(
        MasterKey::new(Profile::AeadAes256Gcm, &[0; 16], &[0; 12]),
        Err(SrtpError::BadKeyLength)
    ));
    let result = Protector::new(Profile::AeadAes256Gcm, &master(Profile::AeadAes128Gcm));
    assert!(matches!(result, Err(SrtpError::BadKeyLength)));
}

#[test]
fn nothing_prints_keys() {
    let (protector, unprotector) = pair(Profile::AeadAes128Gcm);
    let text = format!("{protector:?} {unprotector:?} {:?}", master(Profile::AeadAes128Gcm));
    assert_eq!(
        text,
        "Protector { profile: AeadAes128Gcm, .. } Unprotector { profile: AeadAes128Gcm, .. } MasterKey(..)"
    );
}

proptest! {
    #[test]
    fn any_changed_bit_is_noticed(profile in prop::sample::select(&PROFILES[..]), bit in any::<prop::sample::Index>()) {
        let (mut protector, mut unprotector) = pair(profile);
        let mut packet = rtp(&mut protector, 5, 1);
        let at = bit.index(packet.len() * 8);
        packet[at / 8] ^= 1 << (at % 8);
        prop_assert!(unprotector.unprotect_rtp(&mut packet).is_err());
        let mut packet = rtcp(&mut protector);
        let at = bit.index(packet.len() * 8);
        packet[at / 8] ^= 1 << (at % 8);
        prop_assert!(unprotector.unprotect_rtcp(&mut packet).is_err());
    }

    #[test]
    fn garbage_is_refused(profile in prop::sample::select(&PROFILES[..]), mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (_, mut unprotector) = pair(profile);
        prop_assert!(unprotector.unprotect_rtp(&mut bytes.clone()).is_err());
        prop_assert!(unprotector.unprotect_rtcp(&mut bytes).is_err());
    }
}
