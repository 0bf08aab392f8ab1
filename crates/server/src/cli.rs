//! The command line: what can be typed, not what it does.

use clap::{Arg, ArgAction, Command, value_parser};
use std::path::PathBuf;

use crate::config::{KEYS, Shape};

/// `motet`, `motet check-config FILE`, `motet token`, `motet turn`.
pub fn command() -> Command {
    Command::new("motet")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A WebRTC media server: rooms, signaling, web app and media in one binary")
        .after_help("Every flag is also a key of the config file and a variable: --rtc-port is rtc_port and MOTET_RTC_PORT.")
        .args_conflicts_with_subcommands(false)
        .subcommand_negates_reqs(true)
        .args(config_arguments())
        .subcommand(check_config())
        .subcommand(token())
        .subcommand(crate::turn::command())
}

fn check_config() -> Command {
    Command::new("check-config")
        .about("Reads a config file and names the line and key of everything that is wrong with it")
        .arg(Arg::new("file").value_name("FILE").required(true).value_parser(value_parser!(PathBuf)))
}

fn token() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    Command::new("token")
        .about("Signs a token with one of the configured keys and prints it")
        .after_help("Give the same --config, --keys or --dev as the server, before the word token.")
        .arg(option("room", "ROOM", "The room it opens; * is every room").default_value("*"))
        .arg(option("name", "NAME", "What its bearer is called"))
        .arg(option("identity", "ID", "Who its bearer is: a second join of one identity replaces the first"))
        .arg(switch("no-publish", "Without the grant to publish"))
        .arg(switch("no-subscribe", "Without the grant to receive"))
        .arg(switch("admin", "With the grant to mute, remove and close, and to use the API"))
        .arg(
            option("expires-in", "TIME", "How long it is good for, such as 90s, 15m, 6h or 30d")
                .default_value("6h"),
        )
        .arg(option("key-id", "ID", "Which key to sign with; the first where none is given"))
        .arg(
            option(
                "private-key",
                "FILE",
                "PEM private key of an EdDSA key, which the server itself never needs",
            )
            .value_parser(value_parser!(PathBuf)),
        )
}

fn config_arguments() -> Vec<Arg> {
    let file = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help("The config file, YAML")
        .value_parser(value_parser!(PathBuf));
    let keys = KEYS.iter().map(|key| {
        let help = match key.default {
            "" => key.help.to_owned(),
            default => format!("{} [default: {default}]", key.help),
        };
        let argument = Arg::new(key.name).long(key.flag()).value_name(key.value).help(help);
        match key.shape {
            Shape::One => argument.action(ArgAction::Set),
            Shape::Switch => argument
                .action(ArgAction::Set)
                .num_args(0..=1)
                .default_missing_value("true")
                .require_equals(true),
            Shape::Many | Shape::AccessKeys => argument.action(ArgAction::Append),
        }
    });
    std::iter::once(file).chain(keys).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
