//! What the command line's words do.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use tokio::signal::unix::{SignalKind, signal};

use crate::access::{NewToken, mint};
use crate::config::{Config, DEV_KEY_ID};
use crate::http::unix_now_s;
use crate::logging;
use crate::serve::Server;

/// Exit code for a configuration that cannot be used, as `sysexits.h` has it.
pub(crate) const BAD_CONFIG: u8 = 78;
/// How long a stop may take; after that the process ends anyway.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);

/// `motet check-config FILE`.
pub fn check_config(arguments: &ArgMatches) -> ExitCode {
    let path: &PathBuf = arguments.get_one("file").expect("the command line asks for it");
    match Config::from_file(path) {
        Ok(_) => {
            say(&format!("{}: nothing is wrong", path.display()));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            complain(&problems.to_string());
            ExitCode::from(BAD_CONFIG)
        }
    }
}

/// `motet token`.
pub fn token(root: &ArgMatches, arguments: &ArgMatches) -> ExitCode {
    let Some(config) = load(root) else { return ExitCode::from(BAD_CONFIG) };
    match minted(&config, arguments) {
        Ok(token) => {
            say(&token);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn minted(config: &Config, arguments: &ArgMatches) -> Result<String, String> {
    let text = |name: &str| arguments.get_one::<String>(name).cloned();
    let key_id = text("key-id");
    let key = config.keys.iter().find(|key| key_id.as_ref().is_none_or(|id| *id == key.id));
    let key = key.ok_or_else(|| format!("there is no key {}", key_id.unwrap_or_default()))?;
    let private_key = arguments
        .get_one::<PathBuf>("private-key")
        .map(|path| std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display())))
        .transpose()?;
    let expires_in = text("expires-in").unwrap_or_default();
    let new = NewToken {
        room: text("room").unwrap_or_default(),
        name: text("name"),
        identity: text("identity"),
        publish: !arguments.get_flag("no-publish"),
        subscribe: !arguments.get_flag("no-subscribe"),
        admin: arguments.get_flag("admin"),
        now_unix_s: unix_now_s(),
        expires_in: duration(&expires_in).ok_or_else(|| {
            format!("--expires-in: expected a time such as 90s, 15m, 6h or 30d, not {expires_in:?}")
        })?,
    };
    mint(key, private_key.as_deref(), new).map_err(|error| error.to_string())
}

/// `motet turn credentials`: signs with the given secret, or else with the configured one.
pub fn turn_credentials(root: &ArgMatches, arguments: &ArgMatches) -> ExitCode {
    if arguments.contains_id("secret") {
        return crate::turn::credentials(None, arguments);
    }
    let Some(config) = load(root) else { return ExitCode::from(BAD_CONFIG) };
    let secret = config.turn.and_then(|turn| turn.secrets.into_iter().next());
    crate::turn::credentials(secret, arguments)
}

/// `90s`, `15m`, `6h`, `30d`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit_s: u64 = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 24 * 3_600,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit_s).map(Duration::from_secs)
}

/// `motet`: serves until it is told to stop.
pub fn serve(root: &ArgMatches) -> ExitCode {
    let Some(config) = load(root) else { return ExitCode::from(BAD_CONFIG) };
    logging::start(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(config, root));
    // Tasks that wait for clients that do not go are not waited for.
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

async fn run(config: Config, root: &ArgMatches) -> ExitCode {
    let dev = config.dev;
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
    let [mut terminate, mut interrupt, mut hangup] =
        match kinds.into_iter().map(signal).collect::<io::Result<Vec<_>>>() {
            Ok(signals) => signals.try_into().unwrap_or_else(|_| unreachable!("as many as kinds")),
            Err(error) => {
                complain(&format!("cannot listen for signals: {error}"));
                return ExitCode::FAILURE;
            }
        };
    let mut server = match Server::start(config).await {
        Ok(server) => server,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    greet(&server, dev);
    let told = loop {
        tokio::select! {
            _ = terminate.recv() => break true,
            _ = interrupt.recv() => break true,
            () = server.ended() => break false,
            _ = hangup.recv() => reload(&server, root).await,
        }
    };
    if !told {
        complain("this server is broken and ends; its log says why");
        return ExitCode::FAILURE;
    }
    tracing::info!("stopping");
    tokio::select! {
        stopped = tokio::time::timeout(STOP_TIMEOUT, server.stop()) => {
            if stopped.is_err() {
                complain("not everything stopped in time");
                return ExitCode::FAILURE;
            }
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        // Whoever asks twice does not want to wait.
        _ = interrupt.recv() => ExitCode::FAILURE,
        _ = terminate.recv() => ExitCode::FAILURE,
    }
}

/// Reads the configuration again for what may change while calls go on: the files of the certificate, the secrets of TURN
/// credentials.
async fn reload(server: &Server, root: &ArgMatches) {
    let Some(config) = load(root) else { return };
    match server.reload_certificate(&config).await {
        Ok(()) => tracing::info!("the certificate was read again"),
        Err(error) => complain(&error),
    }
    let secrets = config.turn.map(|turn| turn.secrets).unwrap_or_default();
    match server.set_turn_secrets(secrets) {
        Ok(()) => tracing::info!("the secrets of TURN credentials were read again"),
        Err(error) => complain(&format!("turn_secrets: {error}")),
    }
}

fn greet(server: &Server, dev: bool) {
    if dev {
        complain(
            "\n  *** --dev: FOR TRYING OUT ONLY ***\n  \
             The signing key is the well-known one, and joining needs no token: whoever reaches this server may do\n  \
             everything. Never run it like this where strangers can reach it.\n",
        );
        tracing::warn!(key = DEV_KEY_ID, "running with the well-known key");
    }
    say(&format!("motet {}", env!("CARGO_PKG_VERSION")));
    for url in server.urls() {
        say(&format!("  app    {url}"));
    }
    if server.is_plain_beyond_loopback() {
        say(
            "         browsers give the camera to https pages and localhost alone: others need --tls self-signed",
        );
    }
    let ports: Vec<String> = server.media_ports().iter().map(u16::to_string).collect();
    say(&format!("  media  UDP and TCP on {}", ports.join(", ")));
    let turn: Vec<String> = server.turn_addresses().iter().map(ToString::to_string).collect();
    if !turn.is_empty() {
        say(&format!("  turn   {}", turn.join(", ")));
    }
    tracing::info!(http = %server.address(), media = ports.join(","), "serving");
}

fn load(root: &ArgMatches) -> Option<Config> {
    let variable = |name: &str| std::env::var(name).ok();
    match Config::load(root, &variable) {
        Ok(config) => Some(config),
        Err(problems) => {
            complain(&problems.to_string());
            None
        }
    }
}

/// A closed pipe is no reason to stop serving.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("90"), Some(Duration::from_secs(90)));
        assert_eq!(duration("6h"), Some(Duration::from_secs(21_600)));
        for bad in ["", "h", "1y", "-1s", "1.5h", "99999999999999999999d"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
