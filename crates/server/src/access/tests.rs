//! Tokens that are good, and attacks by their names.

use std::time::Duration;

use jsonwebtoken::{EncodingKey, encode};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: u64 = 1_800_000_000;
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const OTHER: &[u8] = b"fedcba9876543210fedcba9876543210";

fn hs256(id: &str, secret: &[u8]) -> AccessKey {
    AccessKey { id: id.into(), algorithm: KeyAlgorithm::Hs256, material: secret.to_vec() }
}

/// An Ed25519 key pair: what the server gets, and what signs.
fn ed25519(id: &str) -> (AccessKey, Vec<u8>) {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let key = AccessKey {
        id: id.into(),
        algorithm: KeyAlgorithm::EdDsa,
        material: pair.public_key_pem().into_bytes(),
    };
    (key, pair.serialize_pem().into_bytes())
}

fn access(keys: &[AccessKey]) -> Access {
    Access {
        keys: keys.iter().filter_map(Key::new).collect(),
        expiry_required: true,
        leeway_s: 10,
        token_required: true,
    }
}

fn claims() -> Value {
    json!({"room": "r", "exp": NOW + 60})
}

fn signed(header: &Header, claims: &Value, secret: &[u8]) -> String {
    encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

fn plain(claims: &Value) -> String {
    signed(&Header::new(Algorithm::HS256), claims, SECRET)
}

/// Verified by a server that has one key.
fn verify(token: &str) -> Result<Pass, Denial> {
    access(&[hs256("a", SECRET)]).verify(token, NOW)
}

fn new_token(room: &str) -> NewToken {
    NewToken {
        room: room.into(),
        name: Some("Ada".into()),
        identity: Some("user-7".into()),
        publish: true,
        subscribe: false,
        admin: false,
        now_unix_s: NOW,
        expires_in: Duration::from_secs(60),
    }
}

#[test]
fn a_minted_token_says_what_it_was_told() {
    let token = mint(&hs256("a", SECRET), None, new_token("r")).unwrap();
    let pass = verify(&token).unwrap();
    assert_eq!(pass.grants, Grants { publish: true, subscribe: false, admin: false });
    assert_eq!(pass.name.unwrap().as_str(), "Ada");
    assert_eq!(pass.identity.unwrap().as_str(), "user-7");
    assert_eq!(pass.room.as_deref(), Some("r"));
}

#[test]
fn eddsa_tokens_are_verified_with_the_public_half() {
    let (key, private) = ed25519("e");
    let token = mint(&key, Some(&private), new_token("*")).unwrap();
    assert!(access(std::slice::from_ref(&key)).verify(&token, NOW).unwrap().opens("any room"));
    assert!(matches!(mint(&key, None, new_token("*")), Err(MintError::PrivateKeyMissing)));
}

#[test]
fn what_a_token_does_not_say_is_to_publish_and_receive_but_not_to_rule() {
    let pass = verify(&plain(&claims())).unwrap();
    assert_eq!(pass.grants, Grants { publish: true, subscribe: true, admin: false });
}

#[test]
fn only_the_star_with_the_grant_makes_an_operator() {
    let operator = |room: &str, admin: bool| {
        let claims = json!({"room": room, "admin": admin, "exp": NOW + 60});
        verify(&plain(&claims)).unwrap().is_operator()
    };
    assert!(operator("*", true));
    assert!(!operator("*", false));
    assert!(!operator("r", true));
}

#[test]
fn keys_may_be_rotated() {
    let access = access(&[hs256("old", SECRET), hs256("new", OTHER)]);
    for (id, secret) in [("old", SECRET), ("new", OTHER)] {
        let header = Header { kid: Some(id.into()), ..Header::default() };
        assert!(access.verify(&signed(&header, &claims(), secret), NOW).is_ok());
        assert!(
            access.verify(&signed(&Header::default(), &claims(), secret), NOW).is_ok(),
            "without a key id"
        );
    }
}

#[test]
fn attack_algorithm_none() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = base64url(format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#).as_bytes());
        let body = base64url(claims().to_string().as_bytes());
        for signature in ["", "AAAA"] {
            let token = format!("{header}.{body}.{signature}");
            assert!(matches!(verify(&token), Err(Denial::Malformed(_))), "{alg}");
        }
    }
}

#[test]
fn attack_stripped_signature() {
    let token = plain(&claims());
    let stripped = &token[..=token.rfind('.').unwrap()];
    assert_eq!(verify(stripped), Err(Denial::BadSignature));
    assert!(verify(stripped.trim_end_matches('.')).is_err());
}

#[test]
fn attack_algorithm_confusion_signs_hs256_with_the_public_key() {
    let (key, _) = ed25519("e");
    let forged = signed(&Header::default(), &claims(), &key.material);
    assert_eq!(access(std::slice::from_ref(&key)).verify(&forged, NOW), Err(Denial::UnknownKey));
    let named = Header { kid: Some("e".into()), ..Header::default() };
    let forged = signed(&named, &claims(), &key.material);
    assert_eq!(access(&[key, hs256("a", SECRET)]).verify(&forged, NOW), Err(Denial::UnknownKey));
}

#[test]
fn attack_another_algorithm_of_the_same_family() {
    let token = signed(&Header::new(Algorithm::HS512), &claims(), SECRET);
    assert_eq!(verify(&token), Err(Denial::UnknownKey));
}

#[test]
fn attack_key_inside_the_token() {
    let (_, private) = ed25519("e");
    let header = Header {
        jku: Some("https://evil.example/keys".into()),
        x5u: Some("https://evil.example/cert".into()),
        ..Header::new(Algorithm::EdDSA)
    };
    let token = encode(&header, &claims(), &EncodingKey::from_ed_pem(&private).unwrap()).unwrap();
    assert_eq!(verify(&token), Err(Denial::UnknownKey));
}

#[test]
fn attack_key_id_of_another_key_or_a_path() {
    for id in ["b", "../../dev/null", "' OR 1=1 --", ""] {
        let header = Header { kid: Some(id.into()), ..Header::default() };
        assert_eq!(verify(&signed(&header, &claims(), SECRET)), Err(Denial::UnknownKey), "{id}");
    }
}

#[test]
fn attack_changed_claims_under_an_old_signature() {
    let token = plain(&claims());
    let parts: Vec<&str> = token.split('.').collect();
    let body = base64url(json!({"room": "*", "admin": true, "exp": NOW + 60}).to_string().as_bytes());
    assert_eq!(verify(&format!("{}.{body}.{}", parts[0], parts[2])), Err(Denial::BadSignature));
}

#[test]
fn attack_wrong_secret_empty_secret_and_dev_secret() {
    for secret in [OTHER, b"".as_slice(), crate::config::DEV_SECRET.as_bytes()] {
        let token = signed(&Header::default(), &claims(), secret);
        assert_eq!(verify(&token), Err(Denial::BadSignature));
    }
}

#[test]
fn attack_critical_extensions() {
    let header = Header { crit: Some(vec!["exp".into()]), ..Header::default() };
    assert!(matches!(verify(&signed(&header, &claims(), SECRET)), Err(Denial::Malformed(_))));
}

#[test]
fn attack_replay_after_expiry() {
    let exp = |exp: Value| verify(&plain(&json!({"room": "r", "exp": exp})));
    assert_eq!(exp(json!(NOW - 11)), Err(Denial::Expired));
    assert_eq!(exp(json!(NOW - 10)), Err(Denial::Expired));
    assert!(exp(json!(NOW - 9)).is_ok(), "within the leeway");
    assert_eq!(exp(json!(NOW as f64 - 11.5)), Err(Denial::Expired));
    assert_eq!(exp(json!(0)), Err(Denial::Expired));
}

#[test]
fn attack_expiry_that_is_no_time() {
    for exp in [json!(-1), json!("never"), json!([]), json!({}), json!(true)] {
        let token = plain(&json!({"room": "r", "exp": exp}));
        assert!(matches!(verify(&token), Err(Denial::Malformed(_))), "{exp}");
    }
    assert!(verify(&plain(&json!({"room": "r", "exp": u64::MAX}))).is_ok(), "far away does not wrap");
}

#[test]
fn attack_no_expiry() {
    for claims in [json!({"room": "r"}), json!({"room": "r", "exp": null})] {
        assert!(matches!(verify(&plain(&claims)), Err(Denial::Malformed(_))));
    }
    let lenient = Access { expiry_required: false, ..access(&[hs256("a", SECRET)]) };
    assert!(lenient.verify(&plain(&json!({"room": "r"})), NOW).is_ok());
}

#[test]
fn attack_before_its_time() {
    let nbf = |nbf: u64| verify(&plain(&json!({"room": "r", "exp": NOW + 600, "nbf": nbf})));
    assert_eq!(nbf(NOW + 11), Err(Denial::NotYetValid));
    assert!(nbf(NOW + 10).is_ok());
}

#[test]
fn attack_token_for_somebody_else() {
    let aud = |aud: Value| verify(&plain(&json!({"room": "r", "exp": NOW + 60, "aud": aud})));
    assert!(matches!(aud(json!("billing")), Err(Denial::Malformed(_))));
    assert!(matches!(aud(json!([])), Err(Denial::Malformed(_))));
    assert!(aud(json!("motet")).is_ok());
    assert!(aud(json!(["billing", "motet"])).is_ok());
}

#[test]
fn attack_no_room_opens_no_room() {
    for claims in [
        json!({"exp": NOW + 60}),
        json!({"room": "", "exp": NOW + 60}),
        json!({"room": " ", "exp": NOW + 60}),
    ] {
        assert!(matches!(verify(&plain(&claims)), Err(Denial::Malformed(_))));
    }
    let pass = verify(&plain(&claims())).unwrap();
    assert!(pass.opens("r"));
    for other in ["R", "r2", "", "*", "r\0"] {
        assert!(!pass.opens(other), "{other:?}");
    }
}

#[test]
fn attack_grants_of_the_wrong_type() {
    for admin in [json!("true"), json!(1), json!({})] {
        let token = plain(&json!({"room": "r", "admin": admin, "exp": NOW + 60}));
        assert!(matches!(verify(&token), Err(Denial::Malformed(_))), "{admin}");
    }
}

#[test]
fn attack_doubled_claims() {
    let body = format!(r#"{{"room":"r","room":"*","exp":{}}}"#, NOW + 60);
    let token = signed_raw(&body);
    assert!(matches!(verify(&token), Err(Denial::Malformed(_))), "which one counts must not be a question");
}

/// Signed well, whatever the text.
fn signed_raw(body: &str) -> String {
    forge(br#"{"alg":"HS256"}"#, body.as_bytes(), SECRET)
}

#[test]
fn attack_oversized_and_deep_tokens() {
    assert!(matches!(verify(&"a".repeat(TOKEN_BYTES_MAX + 1)), Err(Denial::Malformed(_))));
    let deep = format!(r#"{{"room":"r","exp":1,"x":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    assert!(verify(&signed_raw(&deep)).is_err());
}

#[test]
fn without_a_token_only_a_server_for_trying_out_is_open() {
    let mut access = access(&[]);
    assert_eq!(access.admit(None, NOW), Err(Denial::Missing));
    assert_eq!(access.admit(Some(""), NOW), Err(Denial::Missing));
    access.token_required = false;
    assert!(access.admit(None, NOW).is_ok());
    assert!(access.admit(Some("bad"), NOW).is_err(), "one that is shown must be good");
}

proptest! {
    #[test]
    fn no_text_is_a_token_and_none_panics(text in ".{0,200}") {
        prop_assert!(verify(&text).is_err());
    }

    #[test]
    fn no_change_of_a_good_token_passes(place in any::<prop::sample::Index>(), byte in 0x21u8..0x7f) {
        let good = plain(&claims());
        let mut bytes = good.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        let changed = String::from_utf8(bytes).unwrap();
        // The last digit of base64url has two bits that no byte takes; jsonwebtoken refuses them set.
        prop_assert!(verify(&changed).is_err());
    }
}
