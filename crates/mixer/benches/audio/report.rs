//! The figures as a table, and what they say of the aims.

use std::io::Write;

use crate::Outcome;

/// What each listener should get.
const PACKETS_PER_SECOND: f64 = 50.0;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    /// CPU-seconds a second.
    pub(crate) cores: f64,
    /// What each listener received.
    pub(crate) packets_per_second: f64,
    /// How loud a listener heard the room.
    pub(crate) loudness_db: f64,
}

pub(crate) struct Row {
    pub(crate) participants: usize,
    /// None where it did not keep up with the joins.
    pub(crate) janus: Option<Figure>,
    pub(crate) mix: Figure,
    pub(crate) forward: Figure,
}

impl Row {
    pub(crate) fn tell(&self) -> Outcome {
        let Self { participants, janus, mix, forward } = self;
        let mut out = std::io::stdout().lock();
        let beside = match janus {
            Some(janus) => format!("1/{:.1} of Janus's {:.4}", janus.cores / mix.cores, janus.cores),
            None => "nothing of Janus to compare with".to_owned(),
        };
        writeln!(
            out,
            "{participants:4} participants: Motet {:.4} of a core, {beside}; forwarding alone {:.4}",
            mix.cores, forward.cores,
        )?;
        for (name, figure) in [("Motet", Some(mix)), ("Janus", janus.as_ref()), ("forwarding", Some(forward))]
        {
            let Some(figure) = figure else { continue };
            let Figure { packets_per_second, loudness_db, .. } = figure;
            let is_starved = *packets_per_second < PACKETS_PER_SECOND * 0.95;
            let verdict = if is_starved { " did not keep up" } else { "" };
            writeln!(
                out,
                "     {name}{verdict}: {packets_per_second:.1} of {PACKETS_PER_SECOND} packets/s to each listener, {loudness_db:.1} dBFS heard"
            )?;
        }
        Ok(())
    }
}

pub(crate) fn tell_janus_missing(participants: usize, why: &str) -> Outcome {
    writeln!(std::io::stdout(), "{participants:4} participants: Janus did not keep up: {why}")?;
    Ok(())
}

/// How much more CPU a packet delivered takes there than here: where Janus starves, its CPU alone flatters it.
fn ratio_by_packets(there: &Figure, here: &Figure) -> f64 {
    (there.cores / there.packets_per_second) / (here.cores / here.packets_per_second)
}

pub(crate) fn tell_alone(mix: &Figure) -> Outcome {
    let Figure { cores, packets_per_second, loudness_db } = mix;
    writeln!(
        std::io::stdout(),
        "Motet {cores:.4} of a core; {packets_per_second:.1} packets/s to each listener, {loudness_db:.1} dBFS heard"
    )?;
    Ok(())
}

pub(crate) fn tell_aims(rows: &[Row]) -> Outcome {
    let mut out = std::io::stdout().lock();
    for (participants, aim) in [(50, 5.0), (200, 15.0)] {
        let Some(row) = rows.iter().find(|row| row.participants == participants) else { continue };
        let Some(janus) = &row.janus else { continue };
        let (ratio, by_packets) = (janus.cores / row.mix.cores, ratio_by_packets(janus, &row.mix));
        let verdict = if ratio >= aim { "met" } else { "MISSED" };
        writeln!(
            out,
            "aim at {participants}: at most 1/{aim} of Janus's CPU; is 1/{ratio:.1} (1/{by_packets:.1} by packets delivered): {verdict}"
        )?;
    }
    let (Some(few), Some(many)) = (rows.iter().find(|row| row.participants == 50), rows.last()) else {
        return Ok(());
    };
    let listeners = many.participants.saturating_sub(few.participants) as f64;
    if listeners == 0.0 {
        return Ok(());
    }
    let slope = |of: fn(&Row) -> f64| (of(many) - of(few)) * 1e6 / listeners;
    let (mix, forward) = (slope(|row| row.mix.cores), slope(|row| row.forward.cores));
    let verdict = if mix <= 2.0 * forward { "met" } else { "MISSED" };
    writeln!(
        out,
        "a further listener costs {mix:.0} us of CPU a second, its own silence included; forwarding to one {forward:.0} us; aim at most twice: {verdict}"
    )?;
    Ok(())
}
