//! What a room of talk costs: Motet's mixer against Janus's AudioBridge, in one run, the same plain RTP to and from each.
//!
//! Three participants speak all the time; the rest are in DTX silence, a packet each 400 ms as browsers send it. All hear the mix:
//! Opus, 48 kHz, mono, 20 ms, the same complexity and bitrate on both sides, no FEC and no DTX, which Janus's has not.
//! Measured is the CPU time of the whole server process, kernel included, by the scheduler's own count. Motet's is a
//! process of one thread with the mixer, the fan-out to each listener under numbers of its own, and the sockets through
//! `motet-net`, as in its engine; no signaling, and no SRTP, on either side. `forward` is the same process without the mixer:
//! one voice forwarded to all, which tells what a listener costs in itself.
//!
//! Words behind `--`: the seconds of each measurement, and the sizes of the room.

mod cpu;
mod http;
mod janus;
mod load;
mod report;
mod rig;

use std::time::Duration;

/// Of each room.
pub(crate) const SPEAKERS: usize = 3;
pub(crate) const BITRATE_BPS: u32 = 32_000;
/// Janus's own default.
pub(crate) const COMPLEXITY: u8 = 4;
const SIZES: [usize; 4] = [10, 50, 100, 200];
const SECONDS: u64 = 10;
const WARM_UP: Duration = Duration::from_secs(3);

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["rig", mode, ports] => rig::run(mode, ports),
        // For a profiler, which finds the process by its words.
        ["alone", participants, seconds] => {
            let time = Duration::from_secs(seconds.parse()?);
            let mix = measured(participants.parse()?, time, |ports| rig::Rig::start("mix", ports))?;
            report::tell_alone(&mix)
        }
        [] => compare(SECONDS, &SIZES),
        [seconds] => compare(seconds.parse()?, &SIZES),
        [seconds, sizes @ ..] => {
            let sizes: Result<Vec<usize>, _> = sizes.iter().map(|size| size.parse()).collect();
            compare(seconds.parse()?, &sizes?)
        }
    }
}

/// Each size, one server after the other, never two at once.
fn compare(seconds: u64, sizes: &[usize]) -> Outcome {
    let time = Duration::from_secs(seconds);
    let mut rows = Vec::new();
    for participants in sizes.iter().copied() {
        let janus = match measured(participants, time, janus::Janus::start) {
            Ok(figure) => Some(figure),
            Err(why) => {
                report::tell_janus_missing(participants, &why.to_string())?;
                None
            }
        };
        let mix = measured(participants, time, |ports| rig::Rig::start("mix", ports))?;
        let forward = measured(participants, time, |ports| rig::Rig::start("forward", ports))?;
        let row = report::Row { participants, janus, mix, forward };
        row.tell()?;
        rows.push(row);
    }
    report::tell_aims(&rows)
}

/// A server under load: its process, and where each participant sends to.
pub(crate) trait Server {
    fn pid(&self) -> u32;
    fn port_of(&self, participant: usize) -> u16;
}

fn measured<S: Server>(
    participants: usize,
    time: Duration,
    start: impl FnOnce(&[u16]) -> Outcome<S>,
) -> Outcome<report::Figure> {
    let mut load = load::Load::new(participants)?;
    let server = start(&load.ports()?)?;
    load.connect(|participant| server.port_of(participant))?;
    load.run(WARM_UP)?;
    load.forget();
    let before = cpu::of(server.pid())?;
    load.run(time)?;
    let used = cpu::of(server.pid())?.saturating_sub(before);
    Ok(report::Figure {
        cores: used.as_secs_f64() / time.as_secs_f64(),
        packets_per_second: load.packets_per_listener() / time.as_secs_f64(),
        loudness_db: load.loudness_db()?,
    })
}
