//! DCEP: what is read can be written, and reads the same; names keep to their limits.

use motet_sctp::{DcepMessage, LABEL_BYTES_MAX, PROTOCOL_BYTES_MAX};

/// Takes one message.
pub fn dcep(data: &[u8]) {
    match DcepMessage::parse(data) {
        Ok(message) => {
            if let DcepMessage::Open(parameters) = &message {
                assert!(parameters.label.len() <= LABEL_BYTES_MAX);
                assert!(parameters.protocol.len() <= PROTOCOL_BYTES_MAX);
            }
            let written = message.write().expect("what was read keeps to the limits");
            assert_eq!(written.len(), data.len());
            assert_eq!(DcepMessage::parse(&written), Ok(message));
        }
        Err(reason) => assert!(reason.as_str().starts_with("dcep_")),
    }
}
