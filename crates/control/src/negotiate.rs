//! Who can send what to whom: pure functions from what a producer sends and a receiver can take to what a consumer sends.

use motet_rtp::ext::ExtensionKind;
use motet_rtp::{Mid, PayloadType, Ssrc};

use crate::codec::{Codec, CodecParameters, Fmtp, MediaKind, RtcpFeedback};
use crate::rtp_parameters::{Encoding, HeaderExtension, RtpCapabilities, RtpParameters};

/// What Motet forwards, with the payload types and extension ids that it offers where the choice is its own.
///
/// Payload types 96 to 127 are dynamic (RFC 3551 section 6); ids 1 to 14 fit the one-byte form (RFC 8285 section 4.2).
pub fn router_capabilities() -> RtpCapabilities {
    RtpCapabilities {
        codecs: vec![
            audio(Codec::Opus, 111, 48_000, 2, "minptime=10;useinbandfec=1"),
            audio(Codec::G722, 9, 8_000, 1, ""),
            audio(Codec::Pcmu, 0, 8_000, 1, ""),
            audio(Codec::Pcma, 8, 8_000, 1, ""),
            video(Codec::Vp8, 96, ""),
            video(Codec::Vp9, 98, "profile-id=0"),
            video(Codec::Vp9, 100, "profile-id=2"),
            h264(102, "42e01f", 1),
            h264(104, "42e01f", 0),
            h264(106, "42001f", 1),
            h264(108, "42001f", 0),
            h264(112, "4d001f", 1),
            h264(114, "4d001f", 0),
            h264(116, "64001f", 1),
            video(Codec::Av1, 118, "profile=0;level-idx=5;tier=0"),
        ],
        header_extensions: router_extensions(),
    }
}

/// The ids are one per kind for all media, as BUNDLE asks (RFC 8843 section 15).
fn router_extensions() -> Vec<HeaderExtension> {
    [
        (ExtensionKind::Mid, 1),
        (ExtensionKind::Rid, 2),
        (ExtensionKind::RepairedRid, 3),
        (ExtensionKind::AbsSendTime, 4),
        (ExtensionKind::TransportSeq, 5),
        (ExtensionKind::DependencyDescriptor, 8),
        (ExtensionKind::AudioLevel, 10),
        (ExtensionKind::VideoOrientation, 11),
        (ExtensionKind::AbsCaptureTime, 13),
        (ExtensionKind::PlayoutDelay, 14),
    ]
    .into_iter()
    .map(|(kind, id)| HeaderExtension { kind, id })
    .collect()
}

fn audio(codec: Codec, payload_type: u8, clock_rate: u32, channels: u8, fmtp: &str) -> CodecParameters {
    let mut rtcp_feedback = vec![RtcpFeedback::TransportCc];
    if codec == Codec::Opus {
        rtcp_feedback.insert(0, RtcpFeedback::Nack);
    }
    CodecParameters {
        codec,
        payload_type: PayloadType::new(payload_type).expect("the table's payload types fit seven bits"),
        rtx_payload_type: None,
        clock_rate,
        channels,
        fmtp: parse(fmtp),
        rtcp_feedback,
    }
}

fn video(codec: Codec, payload_type: u8, fmtp: &str) -> CodecParameters {
    CodecParameters {
        codec,
        payload_type: PayloadType::new(payload_type).expect("the table's payload types fit seven bits"),
        rtx_payload_type: PayloadType::new(payload_type + 1),
        clock_rate: 90_000,
        channels: 1,
        fmtp: parse(fmtp),
        rtcp_feedback: RtcpFeedback::ALL.to_vec(),
    }
}

fn h264(payload_type: u8, profile_level_id: &str, packetization_mode: u8) -> CodecParameters {
    let fmtp = format!(
        "level-asymmetry-allowed=1;packetization-mode={packetization_mode};profile-level-id={profile_level_id}"
    );
    video(Codec::H264, payload_type, &fmtp)
}

fn parse(fmtp: &str) -> Fmtp {
    match fmtp.parse() {
        Ok(fmtp) => fmtp,
        Err(never) => match never {},
    }
}

/// True for extensions that mean something on audio, on video, or on both.
pub fn extension_applies(kind: ExtensionKind, media: MediaKind) -> bool {
    match kind {
        ExtensionKind::Mid
        | ExtensionKind::AbsSendTime
        | ExtensionKind::TransportSeq
        | ExtensionKind::AbsCaptureTime => true,
        ExtensionKind::AudioLevel => media == MediaKind::Audio,
        ExtensionKind::Rid
        | ExtensionKind::RepairedRid
        | ExtensionKind::VideoOrientation
        | ExtensionKind::PlayoutDelay
        | ExtensionKind::DependencyDescriptor => media == MediaKind::Video,
    }
}

/// True for extensions that a consumer may carry: RIDs name a producer's encodings and end at the router.
pub fn extension_is_forwarded(kind: ExtensionKind) -> bool {
    !matches!(kind, ExtensionKind::Rid | ExtensionKind::RepairedRid)
}

/// What the asker chose for a new consumer.
#[derive(Clone, Debug)]
pub struct ConsumerIdentity {
    /// The media section that will carry it.
    pub mid: Option<Mid>,
    /// Its SSRC, unique on its transport.
    pub ssrc: Ssrc,
    /// The SSRC of its retransmissions, unique on its transport; used only where RTX is negotiated.
    pub rtx_ssrc: Ssrc,
    /// Its canonical name: tracks of one source that belong in sync share it.
    pub cname: String,
}

/// The receiver takes none of the producer's codecs.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the receiver takes none of the codecs that are sent: {sent}")]
pub struct CannotConsume {
    /// Names of the producer's codecs, comma separated.
    pub sent: String,
}

/// What a consumer of `producer` sends to a receiver of `capabilities`: for each codec of the producer that the receiver
/// takes, the receiver's payload types with the producer's format parameters; extensions that both know, with the
/// receiver's ids; feedback that the receiver has.
///
/// # Errors
/// When no codec is left.
pub fn consumer_parameters(
    producer: &RtpParameters,
    capabilities: &RtpCapabilities,
    identity: ConsumerIdentity,
) -> Result<RtpParameters, CannotConsume> {
    let codecs: Vec<CodecParameters> = producer
        .codecs
        .iter()
        .filter_map(|sent| {
            let taken = capabilities.codecs.iter().find(|codec| codec.is_same_format(sent))?;
            let mut codec = CodecParameters { fmtp: sent.fmtp.clone(), ..taken.clone() };
            if codec.rtx_payload_type.is_none() {
                // Without RTX a router answers no NACK: see its invariant that a nonce is used once.
                codec.rtcp_feedback.retain(|feedback| *feedback != RtcpFeedback::Nack);
            }
            Some(codec)
        })
        .collect();
    let Some(first) = codecs.first() else {
        let names: Vec<&str> = producer.codecs.iter().map(|codec| codec.codec.name()).collect();
        return Err(CannotConsume { sent: names.join(", ") });
    };
    let media = first.codec.kind();
    let has_rtx = codecs.iter().any(|codec| codec.rtx_payload_type.is_some());
    Ok(RtpParameters {
        mid: identity.mid,
        header_extensions: consumer_extensions(producer, capabilities, media),
        encodings: vec![Encoding {
            ssrc: Some(identity.ssrc),
            rtx_ssrc: has_rtx.then_some(identity.rtx_ssrc),
            ..Encoding::default()
        }],
        codecs,
        cname: identity.cname,
        reduced_size_rtcp: true,
    })
}

/// MID, send times and transport sequence are written by the consumer's own transport; the rest pass only if they come in.
fn consumer_extensions(
    producer: &RtpParameters,
    capabilities: &RtpCapabilities,
    media: MediaKind,
) -> Vec<HeaderExtension> {
    let is_own =
        |kind| matches!(kind, ExtensionKind::Mid | ExtensionKind::AbsSendTime | ExtensionKind::TransportSeq);
    capabilities
        .header_extensions
        .iter()
        .filter(|extension| {
            extension_applies(extension.kind, media) && extension_is_forwarded(extension.kind)
        })
        .filter(|extension| is_own(extension.kind) || producer.extension_id(extension.kind).is_some())
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> ConsumerIdentity {
        ConsumerIdentity { mid: "0".parse().ok(), ssrc: Ssrc(1), rtx_ssrc: Ssrc(2), cname: "c".into() }
    }

    fn produced(codec: Codec, payload_type: u8) -> RtpParameters {
        let mut codec = router_capabilities()
            .codecs
            .into_iter()
            .find(|known| known.codec == codec)
            .expect("in the table");
        codec.payload_type = PayloadType::new(payload_type).unwrap();
        RtpParameters {
            codecs: vec![codec],
            header_extensions: vec![HeaderExtension { kind: ExtensionKind::AudioLevel, id: 7 }],
            encodings: vec![Encoding::default()],
            ..RtpParameters::default()
        }
    }

    #[test]
    fn payload_types_and_ids_of_the_table_are_unique() {
        let capabilities = router_capabilities();
        let mut types: Vec<u8> = capabilities
            .codecs
            .iter()
            .flat_map(|codec| [Some(codec.payload_type), codec.rtx_payload_type])
            .flatten()
            .map(PayloadType::get)
            .collect();
        let all = types.len();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), all);
        let mut ids: Vec<u8> = capabilities.header_extensions.iter().map(|extension| extension.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ExtensionKind::ALL.len());
    }

    #[test]
    fn a_consumer_gets_the_receivers_payload_type_and_ids() {
        let consumer =
            consumer_parameters(&produced(Codec::Opus, 63), &router_capabilities(), identity()).unwrap();
        assert_eq!(consumer.codecs[0].payload_type.get(), 111);
        assert_eq!(consumer.extension_id(ExtensionKind::AudioLevel), Some(10));
        assert_eq!(consumer.extension_id(ExtensionKind::VideoOrientation), None);
        assert_eq!(consumer.encodings[0].rtx_ssrc, None, "Opus has no RTX in the table");
        assert!(!consumer.codecs[0].rtcp_feedback.contains(&RtcpFeedback::Nack), "nobody would answer");
    }

    #[test]
    fn a_codec_that_the_receiver_lacks_is_refused_by_name() {
        let mut capabilities = router_capabilities();
        capabilities.codecs.retain(|codec| codec.codec != Codec::H264);
        let refused = consumer_parameters(&produced(Codec::H264, 99), &capabilities, identity());
        assert_eq!(refused.unwrap_err().sent, "H264");
    }
}
