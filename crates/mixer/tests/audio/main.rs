//! Voices in, mixes out, on a simulated clock and network: what each member hears, by its spectrum.

mod announcements;
mod bad_input;
mod loss_and_jitter;
mod placing;
mod sharing;
mod silence;
mod stage;
