//! GStreamer's side: the same frames from files, decoded, composed and encoded by its own elements.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use motet_mixer::video::PictureCodec;

use super::cpu::children_seconds;
use super::footage::{self, Footage};
use super::judge::{Judge, cell};
use super::{BITRATE_BPS, FPS, Figures, HEIGHT, WIDTH, ours};

pub(crate) fn run(footage: &Footage, judge: &Judge, frames_of_start: usize) -> Result<Figures, String> {
    let folder = std::env::temp_dir().join(format!("motet-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let result = measure(footage, judge, frames_of_start, &folder);
    let _ = fs::remove_dir_all(&folder);
    result
}

fn measure(
    footage: &Footage,
    judge: &Judge,
    frames_of_start: usize,
    folder: &Path,
) -> Result<Figures, String> {
    let frames = footage.streams[0].len();
    let (start, _) = launch(footage, frames_of_start, folder)?;
    let (whole, coded) = launch(footage, frames, folder)?;
    let seconds = (frames - frames_of_start) as f64 / f64::from(FPS);
    let bytes: usize = coded.iter().map(Vec::len).sum();
    Ok(Figures {
        cores: (whole - start) / seconds,
        bitrate_bps: bytes as f64 * 8.0 / (frames as f64 / f64::from(FPS)),
        psnr: ours::psnr(judge, PictureCodec::Vp8, &coded),
        parts: format!("{start:.2} s of start taken off"),
    })
}

/// CPU-seconds of a run over the first `frames` frames, and what came out.
fn launch(footage: &Footage, frames: usize, folder: &Path) -> Result<(f64, Vec<Vec<u8>>), String> {
    let out = folder.join("out.ivf");
    let mut pipeline = vec![
        "-q".to_owned(),
        "compositor".into(),
        "name=mix".into(),
        "max-threads=1".into(),
        "background=black".into(),
    ];
    for source in 0..footage.streams.len() {
        let rect = cell(source);
        for (name, value) in
            [("xpos", rect.x), ("ypos", rect.y), ("width", rect.width), ("height", rect.height)]
        {
            pipeline.push(format!("sink_{source}::{name}={value}"));
        }
    }
    let raw = format!("video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate={FPS}/1");
    let encode = format!(
        "! {raw} ! vp8enc deadline=1 cpu-used=-8 threads=1 end-usage=cbr target-bitrate={BITRATE_BPS} keyframe-max-dist=3000 ! avmux_ivf ! filesink location={}",
        out.display()
    );
    pipeline.extend(encode.split(' ').map(str::to_owned));
    for (source, stream) in footage.streams.iter().enumerate() {
        let file = write_ivf(folder, source, &stream[..frames])?;
        let decode = format!("filesrc location={} ! ivfparse ! vp8dec ! mix.sink_{source}", file.display());
        pipeline.extend(decode.split(' ').map(str::to_owned));
    }
    let before = children_seconds();
    let status = Command::new("gst-launch-1.0").args(&pipeline).stdout(Stdio::null()).status();
    let seconds = children_seconds() - before;
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("gst-launch-1.0: {status}")),
        Err(error) => return Err(format!("gst-launch-1.0: {error}")),
    }
    let bytes = fs::read(&out).map_err(|error| error.to_string())?;
    let coded = read_ivf(&bytes);
    if coded.len() + 5 < frames {
        return Err(format!("{} frames of {frames} came out", coded.len()));
    }
    Ok((seconds, coded))
}

fn write_ivf(folder: &Path, source: usize, frames: &[Vec<u8>]) -> Result<PathBuf, String> {
    let file = folder.join(format!("{source}.ivf"));
    let mut bytes = b"DKIF\0\0\x20\0VP80".to_vec();
    bytes.extend((footage::WIDTH as u16).to_le_bytes());
    bytes.extend((footage::HEIGHT as u16).to_le_bytes());
    bytes.extend(FPS.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend((frames.len() as u64).to_le_bytes());
    for (number, frame) in frames.iter().enumerate() {
        bytes.extend((frame.len() as u32).to_le_bytes());
        bytes.extend((number as u64).to_le_bytes());
        bytes.extend_from_slice(frame);
    }
    fs::write(&file, bytes).map_err(|error| error.to_string())?;
    Ok(file)
}

fn read_ivf(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes.get(32..).unwrap_or_default();
    let mut frames = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<12>() {
        let len = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let Some((frame, after)) = after.split_at_checked(len) else { break };
        frames.push(frame.to_vec());
        rest = after;
    }
    frames
}
