//! A participant that publishes synthetic media and counts what it gets of the others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use clap::Args;
use serde_json::json;
use str0m::media::{MediaKind, Mid};
use str0m::{Event, Rtc, RtcConfig};

use crate::negotiation::{self, Pending, Sections};
use crate::peer::Peer;
use crate::signaling::Signaling;
use crate::synthetic::Synthetic;
use crate::told::Failure;

/// Where to go.
#[derive(Args)]
pub(crate) struct Place {
    /// The signaling socket, such as `ws://127.0.0.1:7880/signal`.
    #[arg(long)]
    url: String,
    #[arg(long)]
    room: String,
    /// The address that media goes over.
    #[arg(long, default_value = "127.0.0.1")]
    ip: IpAddr,
}

pub(crate) struct Visitor {
    signaling: Signaling,
    publish: Peer,
    subscribe: Peer,
    sections: Sections,
    media: Synthetic,
    kinds: HashMap<Mid, MediaKind>,
    pub(crate) seen: Seen,
}

/// Whole frames that came.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) audio_frames: u64,
    pub(crate) video_frames: u64,
    pub(crate) bytes: u64,
}

impl Visitor {
    /// Joins and publishes.
    pub(crate) async fn join(place: &Place, name: &str) -> Result<Self, Failure> {
        let mut signaling = Signaling::connect(&place.url).await?;
        signaling.request("join", json!({ "room": place.room, "name": name, "topology": "sfu" })).await?;
        let sending = RtcConfig::new().clear_codecs().enable_opus(true, false).enable_vp8(true);
        let mut publish = Peer::bind(place.ip, sending).await?;
        let subscribe = Peer::bind(place.ip, Rtc::builder()).await?;
        let pending = Pending::offer(&mut publish.rtc)?;
        let result = signaling.request("publish", pending.params()).await?;
        let sections = pending.answered(&mut publish.rtc, &result)?;
        let media = Synthetic::new(Instant::now());
        let (kinds, seen) = (HashMap::new(), Seen::default());
        Ok(Self { signaling, publish, subscribe, sections, media, kinds, seen })
    }

    /// Sends and takes whatever is ready, then waits until there is more.
    pub(crate) async fn turn(&mut self) -> Result<(), Failure> {
        self.media.write(Instant::now(), &mut self.publish.rtc, self.sections)?;
        while let Some(event) = self.publish.poll().await? {
            if let Event::KeyframeRequest(_) = event {
                self.media.wish_keyframe();
            }
        }
        while let Some(event) = self.subscribe.poll().await? {
            self.count(event);
        }
        let frame_due = tokio::time::sleep_until(self.media.due().into());
        tokio::select! {
            told = self.signaling.told() => {
                let told = told?;
                if told["method"] == "offer" {
                    let answer = negotiation::answer(&mut self.subscribe.rtc, &told["params"])?;
                    self.signaling.request("answer", answer).await?;
                }
            }
            done = self.publish.wait() => done?,
            done = self.subscribe.wait() => done?,
            () = frame_due => {}
        }
        Ok(())
    }

    /// Whether both connections carry media.
    pub(crate) fn is_in_the_call(&self) -> bool {
        self.publish.rtc.is_connected() && self.seen.audio_frames >= 5 && self.seen.video_frames >= 5
    }

    /// Says goodbye.
    pub(crate) async fn leave(mut self) -> Result<(), Failure> {
        self.signaling.request("leave", json!({})).await?;
        Ok(())
    }

    fn count(&mut self, event: Event) {
        match event {
            Event::MediaAdded(added) => {
                self.kinds.insert(added.mid, added.kind);
            }
            Event::MediaData(data) => {
                self.seen.bytes += data.data.len() as u64;
                match self.kinds.get(&data.mid) {
                    Some(MediaKind::Audio) => self.seen.audio_frames += 1,
                    Some(MediaKind::Video) => self.seen.video_frames += 1,
                    None => {}
                }
            }
            _ => {}
        }
    }
}
