//! Messages of signaling clients: what is read can be written and read again.

use motet_signal::wire::Inbound;

/// Reads `data` as a client's message; other than UTF-8 never comes out of a WebSocket's text.
pub fn signaling_json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let inbound = Inbound::parse(text);
    let request = match inbound.request {
        Ok(request) => request,
        Err(error) => {
            assert!(error.message.len() < 1_000);
            return;
        }
    };
    let mut written = serde_json::to_value(&request).expect("requests are plain data");
    written["jsonrpc"] = "2.0".into();
    assert!(Inbound::parse(&written.to_string()).request.is_ok(), "{written}");
}
