//! RTP and RTCP as bytes: views and writers, header extensions, payload descriptors. No state, no clock, no allocation.
//!
//! Reading: [`packet_class`] and [`is_rtcp`] tell what a datagram is; [`RtpView::parse`] and [`rtcp::packets`] check a
//! packet once, after which every accessor is infallible. Writing: [`write_header`] and [`rtcp::Writer`] fill a buffer
//! of the caller's.

mod demux;
pub mod ext;
mod header;
mod ids;
pub mod payload;
pub mod rtcp;
pub mod rtx;
mod view;
mod wire;

pub use demux::{PacketClass, is_rtcp, packet_class};
pub use header::{HEADER_LEN_MAX, RtpHeader, WriteError, write_header};
pub use ids::{BadShortId, Mid, NtpTime, PayloadType, Rid, RtpTime, SeqNo, ShortId, Ssrc};
pub use view::{RtpError, RtpView};
