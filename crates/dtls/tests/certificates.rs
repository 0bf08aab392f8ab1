//! Which certificates are taken, and why others are not.

mod peers;

use motet_dtls::{Certificate, CertificateError};
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::symm::Cipher;

use peers::Identity;

fn pem(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn certificate_pem(identity: &Identity) -> String {
    pem(identity.x509.to_pem().unwrap())
}

#[test]
fn another_certificates_key_is_refused() {
    let key = pem(Identity::ecdsa().key.private_key_to_pem_pkcs8().unwrap());
    let result = Certificate::from_pem(&certificate_pem(&Identity::ecdsa()), &key);
    assert_eq!(result.err(), Some(CertificateError::Mismatch));
}

#[test]
fn a_short_rsa_key_is_refused() {
    let weak = Identity::of(PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap());
    let key = pem(weak.key.private_key_to_pem_pkcs8().unwrap());
    let result = Certificate::from_pem(&certificate_pem(&weak), &key);
    assert_eq!(result.err(), Some(CertificateError::UnsupportedKey));
}

#[test]
fn an_encrypted_key_is_refused_without_asking_for_its_password() {
    let identity = Identity::ecdsa();
    let key =
        pem(identity.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"secret").unwrap());
    let result = Certificate::from_pem(&certificate_pem(&identity), &key);
    assert!(matches!(result, Err(CertificateError::BadPem(_))));
}

#[test]
fn what_is_printed_of_a_certificate_is_its_fingerprint() {
    let certificate = Certificate::generate().unwrap();
    let fingerprint = certificate.fingerprint(motet_control::FingerprintHash::Sha256);
    assert_eq!(format!("{certificate:?}"), format!("Certificate({fingerprint})"));
}
