//! RTP packets: views agree with themselves, and what is read can be written and read again.

use motet_rtp::ext::{ExtensionMap, ExtensionValues};
use motet_rtp::{HEADER_LEN_MAX, RtpView, is_rtcp, packet_class, rtx, write_header};

/// Reads `data` as an RTP packet.
pub fn rtp(data: &[u8]) {
    let _ = (data.first().map(|first| packet_class(*first)), is_rtcp(data));
    let Ok(view) = RtpView::parse(data) else { return };
    assert_eq!(view.header_len() + view.payload().len() + view.padding_len(), data.len());
    assert!(view.csrcs().len() <= 15);
    assert!(view.extensions().all(|(id, value)| id != 0 && value.len() < 256));
    let _ = rtx::split_osn(view.payload());

    let mut out = [0; HEADER_LEN_MAX];
    let len = write_header(&view.header(), &ExtensionValues::default(), &ExtensionMap::default(), &mut out)
        .expect("the buffer is as large as any header");
    let written = RtpView::parse(&out[..len]).expect("what is written can be read");
    assert_eq!(written.header(), view.header());
}
