//! `cargo xtask bench mixer --bench video`: nine cameras of 640x360 at 25 frames a second and 500 kb/s become one picture of
//! 1280x720 at 1.5 Mb/s, VP8 in and out, beside GStreamer doing the same with the same bytes on the same machine.
//!
//! CPU is all that a side's threads took; GStreamer's start is measured by a run of a few frames and taken off. PSNR is that of
//! the decoded output against the cameras' own pictures, scaled by Lanczos and composed, before any coding.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod cpu;
mod footage;
mod gstreamer;
mod judge;
mod ours;

use footage::{Footage, SOURCES};
use judge::Judge;
use motet_mixer::video::PictureCodec;

pub(crate) const FPS: u32 = 25;
pub(crate) const WIDTH: usize = 1280;
pub(crate) const HEIGHT: usize = 720;
pub(crate) const BITRATE_BPS: u32 = 1_500_000;
/// Frames of a run, and of the run that is taken off.
const FRAMES: usize = 500;
const FRAMES_OF_START: usize = 25;
const ROUNDS: usize = 3;

/// What one side did.
#[derive(Clone, Default)]
pub(crate) struct Figures {
    /// CPU-seconds for each second of the room.
    pub(crate) cores: f64,
    pub(crate) bitrate_bps: f64,
    pub(crate) psnr: f64,
    pub(crate) parts: String,
}

fn main() {
    println!(
        "{SOURCES} cameras 640x360 at {FPS} fps, 500 kb/s, VP8 -> {WIDTH}x{HEIGHT}, {} kb/s",
        BITRATE_BPS / 1000
    );
    println!("{FRAMES} frames; the median of {ROUNDS} rounds, side by side");
    let footage = Footage::shoot(FRAMES);
    let judge = Judge::new(&footage);
    let (mut motet, mut gstreamer) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        motet.push(ours::run(&footage, &judge, PictureCodec::Vp8));
        match gstreamer::run(&footage, &judge, FRAMES_OF_START) {
            Ok(figures) => gstreamer.push(figures),
            Err(why) => println!("GStreamer did not run: {why}"),
        }
    }
    let h264 = median(vec![ours::run(&footage, &judge, PictureCodec::H264)]);
    println!("\n{:28} {:>8} {:>10} {:>9}", "", "cores", "kb/s out", "PSNR dB");
    let motet = median(motet);
    print("Motet, VP8 out", &motet);
    print("Motet, H264 out", &h264);
    if gstreamer.is_empty() {
        return;
    }
    let gstreamer = median(gstreamer);
    print("GStreamer, VP8 out", &gstreamer);
    println!(
        "\nMotet takes {:.2} of GStreamer's CPU, PSNR {:+.2} dB",
        motet.cores / gstreamer.cores,
        motet.psnr - gstreamer.psnr
    );
}

fn print(who: &str, figures: &Figures) {
    println!(
        "{who:28} {:8.3} {:10.0} {:9.2}   {}",
        figures.cores,
        figures.bitrate_bps / 1000.0,
        figures.psnr,
        figures.parts
    );
}

fn median(mut rounds: Vec<Figures>) -> Figures {
    rounds.sort_by(|one, other| one.cores.total_cmp(&other.cores));
    rounds.get(rounds.len() / 2).cloned().unwrap_or_default()
}
