//! `motet`: the server, a check of its config file, a mint for its tokens, and the TURN server alone.

use std::process::ExitCode;

use motet_server::{cli, commands, turn};

fn main() -> ExitCode {
    let matches = cli::command().get_matches();
    match matches.subcommand() {
        Some(("check-config", arguments)) => commands::check_config(arguments),
        Some(("token", arguments)) => commands::token(&matches, arguments),
        Some(("turn", arguments)) => match arguments.subcommand() {
            Some(("credentials", arguments)) => commands::turn_credentials(&matches, arguments),
            _ => turn::serve(arguments),
        },
        _ => commands::serve(&matches),
    }
}
