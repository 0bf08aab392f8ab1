//! What both sides can do: pure functions from an offer and capabilities to the parameters of one track.

use motet_control::negotiate::extension_applies;
use motet_control::{
    Codec, CodecParameters, Fmtp, HeaderExtension, MediaKind, RtcpFeedback, RtpCapabilities,
};
use motet_rtp::ext::ExtensionKind;

use crate::extension::MappedExtension;

/// A codec that both sides have.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AgreedCodec {
    /// With the offer's payload types and format parameters, and the feedback that both have.
    pub(crate) parameters: CodecParameters,
    /// The format parameters to answer with.
    pub(crate) answer_fmtp: Fmtp,
}

/// The one codec to receive: the first that the peer offers and this side has, in the format of it that this side likes
/// best. One and no more: senders use the first of an answer anyway, so what is agreed is what is sent, and each consumer
/// is offered that and nothing that never comes.
pub(crate) fn agree_codec(
    capabilities: &RtpCapabilities,
    offered: &[CodecParameters],
    extensions: &[HeaderExtension],
) -> Option<AgreedCodec> {
    let is_known =
        |theirs: &&CodecParameters| capabilities.codecs.iter().any(|own| own.is_same_format(theirs));
    let preferred = offered.iter().find(is_known)?.codec;
    let own_formats = capabilities.codecs.iter().filter(|own| own.codec == preferred);
    let (own, theirs) = own_formats
        .filter_map(|own| Some((own, offered.iter().find(|theirs| theirs.is_same_format(own))?)))
        .next()?;
    let has_transport_seq = extensions.iter().any(|extension| extension.kind == ExtensionKind::TransportSeq);
    let parameters = CodecParameters {
        rtx_payload_type: own.rtx_payload_type.and(theirs.rtx_payload_type),
        rtcp_feedback: agree_feedback(&own.rtcp_feedback, &theirs.rtcp_feedback, has_transport_seq),
        ..theirs.clone()
    };
    Some(AgreedCodec { answer_fmtp: answer_fmtp(own, theirs), parameters })
}

/// Feedback that both have. Transport-wide feedback needs its header extension (webrtcbin offers the one without the
/// other); where it works, the receiver's own estimate is left out, so that a sender hears one opinion.
pub(crate) fn agree_feedback(
    own: &[RtcpFeedback],
    theirs: &[RtcpFeedback],
    has_transport_seq: bool,
) -> Vec<RtcpFeedback> {
    let mut both: Vec<RtcpFeedback> = own.iter().copied().filter(|own| theirs.contains(own)).collect();
    if !has_transport_seq {
        both.retain(|feedback| *feedback != RtcpFeedback::TransportCc);
    }
    if both.contains(&RtcpFeedback::TransportCc) {
        both.retain(|feedback| *feedback != RtcpFeedback::Remb);
    }
    both
}

/// What this side asks of the sender. A receiver of everything limits nothing, so that limits in the offer, which speak
/// of what the offerer receives, are not sent back; what tells formats apart has to be.
fn answer_fmtp(own: &CodecParameters, theirs: &CodecParameters) -> Fmtp {
    let (mut answer, echoed): (Fmtp, &[&str]) = match own.codec {
        // Asking for what the peer says it can do keeps stereo and DTX in the publisher's hands.
        Codec::Opus => (own.fmtp.clone(), &["stereo", "usedtx", "maxaveragebitrate", "cbr"]),
        // Parameters of a symmetric format have to come back as they were (RFC 6184 section 8.2.2).
        Codec::H264 => {
            (Fmtp::default(), &["profile-level-id", "packetization-mode", "level-asymmetry-allowed"])
        }
        Codec::Vp9 => (Fmtp::default(), &["profile-id"]),
        Codec::Av1 => (Fmtp::default(), &["profile", "level-idx", "tier"]),
        _ => (Fmtp::default(), &[]),
    };
    for name in echoed {
        if let Some(value) = theirs.fmtp.get(name) {
            answer.set(name, value);
        }
    }
    if own.codec == Codec::Opus && theirs.fmtp.get("sprop-stereo") == Some("1") {
        answer.set("stereo", "1");
    }
    answer
}

/// Extensions that the peer may send on `kind` and this side knows, with the offer's ids, in the capabilities' order.
pub(crate) fn agree_extensions(
    capabilities: &RtpCapabilities,
    offered: &[MappedExtension],
    kind: MediaKind,
) -> Vec<HeaderExtension> {
    capabilities
        .header_extensions
        .iter()
        .filter(|own| extension_applies(own.kind, kind))
        .filter_map(|own| {
            let theirs = offered.iter().find(|theirs| theirs.extension.kind == own.kind)?;
            theirs.direction.sends.then_some(theirs.extension)
        })
        .collect()
}
