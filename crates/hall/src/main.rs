//! `motet-hall COMMAND`: figures about mixers in whole rooms.

mod latency;
mod mixed;
mod neighbours;
mod spread;
mod threads;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// How much later sound and picture come by the mix than forwarded.
    Latency(latency::LatencyArguments),
    /// What mixers on the same machine do to the forwarding of a busy room.
    Neighbours(neighbours::NeighboursArguments),
}

fn main() {
    match Arguments::parse().command {
        Command::Latency(arguments) => latency::run(&arguments),
        Command::Neighbours(arguments) => neighbours::run(&arguments),
    }
}
