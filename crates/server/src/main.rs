//! `motet`: the server, a check of its config file, and a mint for its tokens.

use std::process::ExitCode;

use motet_server::{cli, commands};

fn main() -> ExitCode {
    let matches = cli::command().get_matches();
    match matches.subcommand() {
        Some(("check-config", arguments)) => commands::check_config(arguments),
        Some(("token", arguments)) => commands::token(&matches, arguments),
        _ => commands::serve(&matches),
    }
}
