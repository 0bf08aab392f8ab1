//! `motet-loadgen COMMAND`: participants without a screen, made of str0m, which shares no code with the server.

mod churn;
mod echo;
mod negotiation;
mod peer;
mod signaling;
mod synthetic;
mod told;
mod turn;
mod visitor;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Joins a room and publishes what it hears and sees of the first other participant.
    Echo(echo::EchoArguments),
    /// Joins a room many times, a few at a time, each time with media both ways, and leaves it again.
    Churn(churn::ChurnArguments),
    /// Measures Motet's TURN server beside coturn.
    TurnBench(turn::BenchArguments),
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let outcome = match Arguments::parse().command {
        Command::Echo(arguments) => echo::run(arguments).await,
        Command::Churn(arguments) => churn::run(arguments).await,
        Command::TurnBench(arguments) => turn::bench(&arguments),
    };
    if let Err(error) = outcome {
        told::tell("error", &serde_json::json!({ "what": error.to_string() }));
        std::process::exit(1);
    }
}
