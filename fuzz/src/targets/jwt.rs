//! JWT: no bytes open anything that their signer did not mean to open, and a signer may sign anything at all.

use std::sync::OnceLock;

use motet_server::access::{Access, forge};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
/// Every seed's times are around this one.
const NOW_UNIX_S: u64 = 1_800_000_000;

/// Takes `data` as a token, and then as header and claims, a line each, that the holder of the key signed.
pub fn jwt(data: &[u8]) {
    static ACCESS: OnceLock<Access> = OnceLock::new();
    let access = ACCESS.get_or_init(|| Access::with_secret(SECRET));
    let text = String::from_utf8_lossy(data);
    if let Ok(pass) = access.verify(&text, NOW_UNIX_S) {
        // The one good token of the corpus is for this room; nobody else has the key.
        assert!(pass.room.as_deref() == Some("fuzz"), "a token that was never signed passes");
    }
    let (header, claims) = match data.iter().position(|byte| *byte == b'\n') {
        Some(line_end) => (&data[..line_end], &data[line_end + 1..]),
        None => (&br#"{"alg":"HS256"}"#[..], data),
    };
    if let Ok(pass) = access.verify(&forge(header, claims, SECRET), NOW_UNIX_S) {
        let header = String::from_utf8_lossy(header);
        assert!(header.contains("HS256") || header.contains("\\u"), "another algorithm passes: {header}");
        assert!(pass.room.as_deref() != Some(""), "a room without a name");
    }
}
