//! What an association may take and hold.

use std::time::Duration;

use dcsctp::api::{Options, ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS};

use crate::gate::STREAMS_MAX;

/// The largest packet that is sent, in bytes: what one message of DTLS application data holds.
pub const PACKET_BYTES_MAX: usize = 1160;
/// What a peer takes that announces no `a=max-message-size` (RFC 8841 section 6.1), in bytes.
pub const PEER_MESSAGE_BYTES_UNSAID: usize = 65_536;
/// What a message costs in a buffer besides its bytes, so that many tiny ones fill it too.
pub const MESSAGE_OVERHEAD_BYTES: usize = 128;
/// The largest message that is ever sent or taken, whatever the settings say: a buffer has to hold it whole.
const MESSAGE_BYTES_CEILING: usize = 16 * 1024 * 1024;

/// How long a silent peer is left in peace before it is tried again.
const RETRANSMISSION_INTERVAL_MAX: Duration = Duration::from_secs(3);
/// How often a silent peer is tried, about a minute in all, before it is given up. ICE's consent ends sooner.
const RETRANSMISSIONS_MAX: u32 = 20;

/// How long a peer may take to answer the first request to connect; the library doubles it each time, without a limit.
const CONNECT_INTERVAL: Duration = Duration::from_millis(500);
/// How often the request is repeated: half a minute in all, for each of the two that it takes.
const CONNECT_RETRANSMISSIONS_MAX: u32 = 5;

/// The limits of one association. The defaults suit browsers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `a=sctp-port` of this side.
    pub local_port: u16,
    /// `a=sctp-port` of the peer.
    pub remote_port: u16,
    /// The peer's `a=max-message-size`, [`PEER_MESSAGE_BYTES_UNSAID`] where it has none; 0 for any size (RFC 8841
    /// section 6.1).
    pub peer_message_bytes_max: usize,
    /// This side's `a=max-message-size`: a longer message is dropped. The receive window is twice this, so it also says
    /// what a peer can make this side hold.
    pub message_bytes_max: usize,
    /// What may wait here to be sent and acknowledged, over all channels, each message with
    /// [`MESSAGE_OVERHEAD_BYTES`] on top. Full means that [`crate::Association::send`] refuses.
    pub send_buffer_bytes_max: usize,
    /// How many channels there may be at once, those that are closing among them. At the limit, channels that the peer
    /// opens are closed at once.
    pub channels_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            local_port: 5000,
            remote_port: 5000,
            peer_message_bytes_max: PEER_MESSAGE_BYTES_UNSAID,
            message_bytes_max: 256 * 1024,
            send_buffer_bytes_max: 2 * 1024 * 1024,
            channels_max: 256,
        }
    }
}

impl Settings {
    /// The most bytes that one message to the peer may have.
    pub(crate) fn sent_message_bytes_max(&self) -> usize {
        match self.peer_message_bytes_max {
            0 => MESSAGE_BYTES_CEILING,
            max => max.min(MESSAGE_BYTES_CEILING),
        }
    }

    /// The most bytes that one message of the peer may have.
    pub(crate) fn received_message_bytes_max(&self) -> usize {
        self.message_bytes_max.clamp(1, MESSAGE_BYTES_CEILING)
    }

    pub(crate) fn options(&self) -> Options {
        // The library closes its window at nine tenths and drops what comes then, so that a message must fit below that.
        let window = (self.received_message_bytes_max() * 2).max(64 * 1024);
        // DCEP's own messages are exempt from the caller's limit; the association counts before the library does.
        let unlimited = i32::MAX as usize;
        Options {
            local_port: self.local_port,
            remote_port: self.remote_port,
            announced_maximum_incoming_streams: STREAMS_MAX,
            announced_maximum_outgoing_streams: STREAMS_MAX,
            mtu: PACKET_BYTES_MAX,
            max_message_size: MESSAGE_BYTES_CEILING,
            max_receiver_window_buffer_size: window,
            max_send_buffer_size: unlimited,
            per_stream_send_queue_limit: unlimited,
            // A call goes on as soon as its path does, not a minute later as SCTP's own back-off would have it.
            max_timer_backoff_duration: Some(RETRANSMISSION_INTERVAL_MAX),
            max_retransmissions: Some(RETRANSMISSIONS_MAX),
            t1_init_timeout: CONNECT_INTERVAL,
            t1_cookie_timeout: CONNECT_INTERVAL,
            max_init_retransmits: Some(CONNECT_RETRANSMISSIONS_MAX),
            // RFC 9653: DTLS below detects every change already.
            zero_checksum_alternate_error_detection_method:
                ZERO_CHECKSUM_ALTERNATE_ERROR_DETECTION_METHOD_LOWER_LAYER_DTLS,
            ..Options::default()
        }
    }
}
