//! Test vectors of RFC 3711 appendix B and RFC 7714 sections 16 and 17.

use motet_rtp::SeqNo;
use zeroize::Zeroizing;

use crate::cm::Cm;
use crate::gcm::{Gcm, PacketId};
use crate::kdf::{Label, derive};
use crate::session::Session;
use crate::{MasterKey, Profile, Protector, SrtpError, Unprotector};

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// RFC 3711 appendix B.3.
#[test]
fn session_keys_are_those_of_rfc_3711() {
    let master = MasterKey::new(
        Profile::Aes128CmSha1_80,
        &hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
        &hex("0EC675AD498AFEEBB6960B3AABE6"),
    )
    .unwrap();
    let mut cipher = [0; 16];
    derive(&master, Label::RtpCipher, &mut cipher).unwrap();
    assert_eq!(cipher.to_vec(), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    let mut salt = [0; 14];
    derive(&master, Label::RtpSalt, &mut salt).unwrap();
    assert_eq!(salt.to_vec(), hex("30CBBC08863D8C85D49DB34A9AE1"));
    let mut auth = [0; 20];
    derive(&master, Label::RtpAuth, &mut auth).unwrap();
    assert_eq!(auth.to_vec(), hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
}

/// RFC 3711 appendix B.2.
#[test]
fn the_counter_mode_keystream_is_that_of_rfc_3711() {
    let mut salt = Zeroizing::new([0; 14]);
    salt.copy_from_slice(&hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
    let cm = Cm::new(&hex("2B7E151628AED2A6ABF7158809CF4F3C"), salt, &[0; 20]).unwrap();
    let mut keystream = [0; 48];
    cm.crypt(PacketId { ssrc: 0, index: 0 }, &mut keystream).unwrap();
    let expected = "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB
                    41E95B3BB0A2E8DD477901E4FCA894C0";
    assert_eq!(keystream.to_vec(), hex(expected));
}

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SALT: &str = "517569642070726f2071756f";
const RTP_HEADER: &str = "8040f17b8041f8d35501a0b2";
const RTP_PAYLOAD: &str = "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
const RTCP: &str = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
const RTCP_INDEX: u32 = 0x5d4;

/// RFC 7714 sections 16.1.1, 16.2.1.
const SRTP: [(Profile, &str); 2] = [
    (
        Profile::AeadAes128Gcm,
        "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833
         899d7f27beb16a9152cf765ee4390cce",
    ),
    (
        Profile::AeadAes256Gcm,
        "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b
         7aa3db36dfffd6b0f9bb7878d7a76c13",
    ),
];

/// RFC 7714 sections 17.1, 17.2.
const SRTCP: [(Profile, &str); 2] = [
    (
        Profile::AeadAes128Gcm,
        "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded
         0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
    ),
    (
        Profile::AeadAes256Gcm,
        "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de047
         6f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4",
    ),
];

/// RFC 7714 gives session keys, so that these begin below the key derivation.
fn session(profile: Profile) -> Session {
    let mut salt = Zeroizing::new([0; 12]);
    salt.copy_from_slice(&hex(SALT));
    Session::Gcm(Gcm::new(&hex(KEY)[..profile.key_len()], salt).unwrap())
}

fn protector(profile: Profile) -> Protector {
    Protector::from_sessions(profile, session(profile), session(profile), RTCP_INDEX)
}

fn unprotector(profile: Profile) -> Unprotector {
    Unprotector::from_sessions(profile, session(profile), session(profile))
}

#[test]
fn rtp_packets_are_those_of_rfc_7714() {
    for (profile, sealed) in SRTP {
        let (header, payload) = (hex(RTP_HEADER), hex(RTP_PAYLOAD));
        let mut out = [0; 100];
        let len = protector(profile).protect_rtp(SeqNo(0xf17b), &header, &payload, &mut out).unwrap();
        assert_eq!(out[..len].to_vec(), [header.clone(), hex(sealed)].concat(), "{profile:?}");

        let unprotected = unprotector(profile).unprotect_rtp(&mut out[..len]).unwrap();
        assert_eq!(out[..unprotected.len].to_vec(), [header, payload].concat(), "{profile:?}");
    }
}

#[test]
fn rtcp_packets_are_those_of_rfc_7714() {
    for (profile, sealed) in SRTCP {
        let plain = hex(RTCP);
        let mut out = [0; 100];
        let len = protector(profile).protect_rtcp(&plain, &mut out).unwrap();
        assert_eq!(out[..len].to_vec(), hex(sealed), "{profile:?}");

        let len = unprotector(profile).unprotect_rtcp(&mut out[..len]).unwrap();
        assert_eq!(out[..len].to_vec(), plain, "{profile:?}");
    }
}

/// RFC 7714 section 17.3: authentic, but in clear.
#[test]
fn unencrypted_rtcp_is_refused() {
    let mut packet = [hex(RTCP), hex("841dd9683dd78ec92ae58790125f62b3000005d4")].concat();
    let result = unprotector(Profile::AeadAes128Gcm).unprotect_rtcp(&mut packet);
    assert_eq!(result, Err(SrtpError::Unencrypted));
}

#[test]
fn keys_end_with_their_last_index() {
    let mut out = [0; 100];
    let mut protector = Protector::from_sessions(
        Profile::AeadAes128Gcm,
        session(Profile::AeadAes128Gcm),
        session(Profile::AeadAes128Gcm),
        u32::MAX >> 1,
    );
    assert!(protector.protect_rtcp(&hex(RTCP), &mut out).is_ok());
    assert_eq!(protector.protect_rtcp(&hex(RTCP), &mut out), Err(SrtpError::KeysExhausted));
    let past = SeqNo((1 << 48) + 0xf17b);
    assert_eq!(protector.protect_rtp(past, &hex(RTP_HEADER), &[], &mut out), Err(SrtpError::KeysExhausted));
}
