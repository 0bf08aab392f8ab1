//! Writing an offer.

use motet_control::{MediaKind, RtpParameters};
use motet_rtp::Mid;
use sdp_types::{Attribute, Media};

use super::{Slot, State, SubscribeSession, SubscribedMedia};
use crate::extension::write_extensions;
use crate::format::{format_list, write_codec};
use crate::transport::{LocalTransport, Setup};
use crate::write::{Frame, rejected_section, section};

const PROTO: &str = "UDP/TLS/RTP/SAVPF";

/// The offer of all sections under the session's current credentials and version.
pub(super) fn write<K: Copy + Eq>(session: &SubscribeSession<K>) -> String {
    let mut in_use: Vec<&Slot<K>> =
        session.slots.iter().filter(|slot| !matches!(slot.state, State::Dead)).collect();
    // The transport belongs to the MID that the group names first. Chromium 156 opens a new one, DTLS and all, when that
    // becomes a MID it did not know.
    in_use.sort_by_key(|slot| slot.number);
    let bundle: Vec<Mid> = in_use.iter().map(|slot| slot.mid).collect();
    let carrier = bundle.first().copied();
    let sections = session
        .slots
        .iter()
        .map(|slot| write_slot(&session.local, slot, Some(slot.mid) == carrier))
        .collect();
    let frame = Frame { session_id: session.session_id, version: session.version, bundle, is_mixed: true };
    frame.write(sections)
}

/// How long a section that carries `media` is, candidates left out.
pub(super) fn section_bytes(local: &LocalTransport, media: &SubscribedMedia) -> usize {
    let mid = "000".parse().expect("three digits are a MID");
    let section = live_section(local, media.kind, mid, &media.rtp_parameters, false, Some(media));
    let attributes = section.attributes.iter();
    let lines = attributes
        .map(|attribute| attribute.attribute.len() + attribute.value.as_ref().map_or(0, String::len) + 5);
    lines.sum::<usize>() + section.fmt.len() + 64
}

fn write_slot<K: Copy + Eq>(local: &LocalTransport, slot: &Slot<K>, is_carrier: bool) -> Media {
    if matches!(slot.state, State::Dead) {
        let formats = format_list(&slot.last.codecs);
        return rejected_section(slot.kind.as_str(), PROTO, &formats, Some(slot.mid));
    }
    let track = slot.track().map(|track| &track.media);
    live_section(local, slot.kind, slot.mid, &slot.last, is_carrier, track)
}

fn live_section(
    local: &LocalTransport,
    kind: MediaKind,
    mid: Mid,
    parameters: &RtpParameters,
    is_carrier: bool,
    track: Option<&SubscribedMedia>,
) -> Media {
    let mut media = section(kind.as_str(), PROTO, &format_list(&parameters.codecs), mid);
    // RFC 8829 section 5.2.2: offers say actpass whatever was settled before.
    local.write(&mut media, Setup::ActPass, is_carrier);
    media.attributes.push(Attribute::new("rtcp-mux"));
    media.attributes.push(Attribute::new("rtcp-rsize"));
    media.attributes.push(Attribute::new(if track.is_some() { "sendonly" } else { "inactive" }));
    write_extensions(&mut media, &parameters.header_extensions);
    for codec in &parameters.codecs {
        write_codec(&mut media, codec, &codec.fmtp);
    }
    if let Some(track) = track {
        write_streams(&mut media, track);
    }
    media
}

/// The track's names and SSRCs (RFC 8830 section 2, RFC 5576, RFC 4588 section 10).
fn write_streams(media: &mut Media, track: &SubscribedMedia) {
    let parameters = &track.rtp_parameters;
    let names = format!("{} {}", track.stream_id, track.track_id);
    let mut push = |name: &str, value: String| media.attributes.push(Attribute::with_value(name, value));
    push("msid", names.clone());
    for encoding in &parameters.encodings {
        let Some(ssrc) = encoding.ssrc else { continue };
        if let Some(rtx_ssrc) = encoding.rtx_ssrc {
            push("ssrc-group", format!("FID {ssrc} {rtx_ssrc}"));
        }
        for ssrc in [Some(ssrc), encoding.rtx_ssrc].into_iter().flatten() {
            push("ssrc", format!("{ssrc} cname:{}", parameters.cname));
            // webrtcbin of GStreamer 1.22 reads the names here and not in a=msid.
            push("ssrc", format!("{ssrc} msid:{names}"));
        }
    }
}
