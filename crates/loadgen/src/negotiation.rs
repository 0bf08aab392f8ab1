//! Session descriptions in both directions: the own offer for what is published, and answers to the server's offers.

use serde_json::{Value, json};
use str0m::Rtc;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};

use crate::told::Failure;

/// The media sections that a participant publishes.
#[derive(Clone, Copy)]
pub(crate) struct Sections {
    pub(crate) audio: Mid,
    pub(crate) video: Mid,
}

/// An offer that the server has not answered yet.
pub(crate) struct Pending {
    sdp: SdpOffer,
    offer: SdpPendingOffer,
    sections: Sections,
}

impl Pending {
    /// Offers one audio and one video.
    pub(crate) fn offer(rtc: &mut Rtc) -> Result<Self, Failure> {
        let mut changes = rtc.sdp_api();
        let audio = changes.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        let video = changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
        let (sdp, offer) = changes.apply().ok_or("there is nothing to offer")?;
        Ok(Self { sdp, offer, sections: Sections { audio, video } })
    }

    /// The params of `publish`.
    pub(crate) fn params(&self) -> Value {
        json!({
            "sdp": self.sdp.to_sdp_string(),
            "tracks": [
                { "mid": self.sections.audio.to_string(), "source": "microphone" },
                { "mid": self.sections.video.to_string(), "source": "camera" },
            ],
        })
    }

    /// Takes the result of `publish`.
    pub(crate) fn answered(self, rtc: &mut Rtc, result: &Value) -> Result<Sections, Failure> {
        let sdp = result["sdp"].as_str().ok_or("the answer has no sdp")?;
        rtc.sdp_api().accept_answer(self.offer, SdpAnswer::from_sdp_string(sdp)?)?;
        Ok(self.sections)
    }
}

/// Takes the params of the server's `offer` and gives those of `answer`.
pub(crate) fn answer(rtc: &mut Rtc, offer: &Value) -> Result<Value, Failure> {
    let sdp = offer["sdp"].as_str().ok_or("the offer has no sdp")?;
    let answer = rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(sdp)?)?;
    Ok(json!({ "sdp": answer.to_sdp_string(), "offerId": offer["offerId"] }))
}
