//! Writing an offer.

use motet_rtp::Mid;
use sdp_types::{Attribute, Media};

use super::{Slot, State, SubscribeSession, Track};
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

fn write_slot<K: Copy + Eq>(local: &LocalTransport, slot: &Slot<K>, is_carrier: bool) -> Media {
    let formats = format_list(&slot.last.codecs);
    if matches!(slot.state, State::Dead) {
        return rejected_section(slot.kind.as_str(), PROTO, &formats, Some(slot.mid));
    }
    let mut media = section(slot.kind.as_str(), PROTO, &formats, slot.mid);
    // RFC 8829 section 5.2.2: offers say actpass whatever was settled before.
    local.write(&mut media, Setup::ActPass, is_carrier);
    media.attributes.push(Attribute::new("rtcp-mux"));
    media.attributes.push(Attribute::new("rtcp-rsize"));
    media.attributes.push(Attribute::new(if slot.track().is_some() { "sendonly" } else { "inactive" }));
    write_extensions(&mut media, &slot.last.header_extensions);
    for codec in &slot.last.codecs {
        write_codec(&mut media, codec, &codec.fmtp);
    }
    if let Some(track) = slot.track() {
        write_streams(&mut media, track);
    }
    media
}

/// The track's names and SSRCs (RFC 8830 section 2, RFC 5576, RFC 4588 section 10).
fn write_streams<K>(media: &mut Media, track: &Track<K>) {
    let parameters = &track.media.rtp_parameters;
    let names = format!("{} {}", track.media.stream_id, track.media.track_id);
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
