//! A participant that publishes what it gets of the first other one: what comes back was received, taken apart into
//! frames, packed anew and sent by str0m, so a viewer who can decode it proves both of str0m's directions.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::json;
use str0m::media::{KeyframeRequestKind, MediaData, MediaKind, Mid};
use str0m::{Event, Rtc, RtcConfig};

use crate::negotiation::{self, Pending};
use crate::peer::Peer;
use crate::signaling::Signaling;
use crate::told::{Failure, tell};

const TELL_EVERY: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(crate) struct EchoArguments {
    /// The signaling socket, such as `ws://127.0.0.1:7880/signal`.
    #[arg(long)]
    url: String,
    #[arg(long)]
    room: String,
    #[arg(long, default_value = "echo")]
    name: String,
    /// The only video codec that it offers to send.
    #[arg(long, default_value = "vp8", ignore_case = true)]
    codec: VideoCodec,
    /// The address that media goes over.
    #[arg(long, default_value = "127.0.0.1")]
    ip: IpAddr,
}

#[derive(Clone, Copy, ValueEnum)]
enum VideoCodec {
    Vp8,
    Vp9,
    H264,
    Av1,
}

pub(crate) async fn run(arguments: EchoArguments) -> Result<(), Failure> {
    str0m::crypto::from_feature_flags().install_process_default();
    let mut signaling = Signaling::connect(&arguments.url).await?;
    let joined = signaling.request("join", json!({ "room": arguments.room, "name": arguments.name })).await?;
    tell("joined", &json!({ "id": joined["participantId"] }));
    let mut echo = Echo::new(&arguments).await?;
    let pending = Pending::offer(&mut echo.publish.rtc)?;
    let answer = signaling.request("publish", pending.params()).await?;
    let sections = pending.answered(&mut echo.publish.rtc, &answer)?;
    echo.out = HashMap::from([(MediaKind::Audio, sections.audio), (MediaKind::Video, sections.video)]);
    tell("published", &json!({ "tracks": answer["tracks"] }));
    loop {
        echo.pump().await?;
        tokio::select! {
            told = signaling.told() => {
                let told = told?;
                if told["method"] == "offer" {
                    let answer = negotiation::answer(&mut echo.subscribe.rtc, &told["params"])?;
                    signaling.request("answer", answer).await?;
                }
            }
            done = echo.publish.wait() => done?,
            done = echo.subscribe.wait() => done?,
        }
    }
}

struct Echo {
    publish: Peer,
    subscribe: Peer,
    /// Our media section for each kind.
    out: HashMap<MediaKind, Mid>,
    /// The other's media section that is echoed, for each kind.
    echoed: HashMap<MediaKind, Mid>,
    kinds: HashMap<Mid, MediaKind>,
    seen: BTreeMap<&'static str, Seen>,
    told_at: Instant,
}

/// What came of one kind.
#[derive(Default)]
struct Seen {
    frames: u64,
    changes: u64,
    bytes: u64,
    last: Vec<u8>,
}

impl Echo {
    async fn new(arguments: &EchoArguments) -> Result<Self, Failure> {
        let sending = RtcConfig::new().clear_codecs().enable_opus(true, false);
        let sending = match arguments.codec {
            VideoCodec::Vp8 => sending.enable_vp8(true),
            VideoCodec::Vp9 => sending.enable_vp9(true),
            VideoCodec::H264 => sending.enable_h264(true),
            VideoCodec::Av1 => sending.enable_av1(true),
        };
        Ok(Self {
            publish: Peer::bind(arguments.ip, sending).await?,
            subscribe: Peer::bind(arguments.ip, Rtc::builder()).await?,
            out: HashMap::new(),
            echoed: HashMap::new(),
            kinds: HashMap::new(),
            seen: BTreeMap::new(),
            told_at: Instant::now(),
        })
    }

    /// Moves all that both machines have ready.
    async fn pump(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.subscribe.poll().await? {
            self.heard(event)?;
        }
        while let Some(event) = self.publish.poll().await? {
            if let Event::KeyframeRequest(_) = event {
                self.pass_keyframe_request();
            }
        }
        if self.told_at.elapsed() >= TELL_EVERY {
            self.told_at = Instant::now();
            self.tell();
        }
        Ok(())
    }

    fn heard(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::MediaAdded(added) => {
                self.kinds.insert(added.mid, added.kind);
                self.echoed.entry(added.kind).or_insert(added.mid);
            }
            Event::MediaData(data) => self.echo(data)?,
            _ => {}
        }
        Ok(())
    }

    fn echo(&mut self, data: MediaData) -> Result<(), Failure> {
        let Some(&kind) = self.kinds.get(&data.mid) else { return Ok(()) };
        self.count(kind, &data.data);
        if self.echoed.get(&kind) != Some(&data.mid) {
            return Ok(());
        }
        let Some(writer) = self.out.get(&kind).and_then(|mid| self.publish.rtc.writer(*mid)) else {
            return Ok(());
        };
        // The other may send a codec that this one does not offer to send.
        let Some(payload_type) = writer.match_params(data.params) else { return Ok(()) };
        writer.write(payload_type, data.network_time, data.time, data.data)?;
        Ok(())
    }

    fn count(&mut self, kind: MediaKind, frame: &[u8]) {
        let name = if kind.is_audio() { "audio" } else { "video" };
        let seen = self.seen.entry(name).or_default();
        seen.frames += 1;
        seen.bytes += frame.len() as u64;
        if seen.last != frame {
            seen.changes += 1;
            seen.last.clear();
            seen.last.extend_from_slice(frame);
        }
    }

    fn pass_keyframe_request(&mut self) {
        let writer = self.echoed.get(&MediaKind::Video).and_then(|mid| self.subscribe.rtc.writer(*mid));
        if let Some(mut writer) = writer {
            // Not possible before the first packet has told the SSRC; the request comes again.
            let _ = writer.request_keyframe(None, KeyframeRequestKind::Pli);
        }
    }

    fn tell(&self) {
        let remote: BTreeMap<_, _> = self
            .seen
            .iter()
            .map(|(kind, seen)| {
                let energy = if *kind == "audio" { seen.changes } else { 0 };
                (kind, json!({ "kind": kind, "frames": seen.frames, "changes": seen.changes, "bytes": seen.bytes, "energy": energy }))
            })
            .collect();
        tell("stats", &json!({ "remote": remote }));
    }
}
