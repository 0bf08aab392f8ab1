//! The configuration: one YAML file, variables of the environment, flags. A flag counts before a variable, a variable
//! before the file, the file before the default. Everything that is wrong is named at once, with its line.

mod access_key;
mod file;
mod keys;
mod mixing;
mod problem;
mod raw;
mod turn;
mod typed;

#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ArgMatches;

pub use access_key::{AccessKey, DEV_KEY_ID, DEV_SECRET, KeyAlgorithm, SECRET_BYTES_MIN};
pub(crate) use keys::{KEYS, Shape};
pub use problem::{Place, Problem, Problems};
pub use turn::TurnConfig;
pub(crate) use typed::announced_for;

/// Everything that the owner of a server decides.
#[derive(Clone, PartialEq, Debug)]
pub struct Config {
    /// For trying out: see the key of this name.
    pub dev: bool,
    /// Where HTTP is served.
    pub listen: SocketAddr,
    /// The first worker's media port; 0 lets the system choose for each.
    pub rtc_port: u16,
    /// Where media is received; empty: all addresses of the machine.
    pub rtc_ip: Vec<IpAddr>,
    /// What peers are told instead, at most one of each family.
    pub announce: Vec<IpAddr>,
    /// Threads that move media; `None`: one per core.
    pub workers: Option<usize>,
    /// Certificate and private key for media; `None`: generated.
    pub dtls: Option<(PathBuf, PathBuf)>,
    /// How HTTP is secured.
    pub tls: Tls,
    /// What tokens are verified with; with `dev` the well-known key is among them.
    pub keys: Vec<AccessKey>,
    /// Whether a token without `exp` is refused.
    pub token_expiry_required: bool,
    /// How far clocks may differ.
    pub token_leeway: Duration,
    /// Pages besides the own that may signal; `*` is all.
    pub origins: Vec<String>,
    /// What is bounded in rooms.
    pub limits: motet_room::Limits,
    /// What rooms shall be where nobody says otherwise.
    pub topology: motet_room::Intent,
    /// How long two people of a mesh may take to connect.
    pub mesh_connect_timeout: Duration,
    /// How rooms are mixed where nobody says otherwise.
    pub mix: motet_room::MixSettings,
    /// Whether joining makes rooms.
    pub create_on_join: bool,
    /// How long a room without people stays.
    pub empty_grace: Duration,
    /// How long a dropped participant keeps its place.
    pub resume_grace: Duration,
    /// Signaling connections that one address may open in a minute; `None`: any number.
    pub connects_per_minute: Option<u32>,
    /// Who may read `/metrics`.
    pub metrics: Metrics,
    /// What is logged.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// Relays; `None`: none.
    pub turn: Option<TurnConfig>,
    /// A folder to serve instead of the built-in web app.
    pub web: Option<PathBuf>,
}

/// How HTTP is secured.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tls {
    /// Not here: for loopback, or behind a proxy that does it.
    Off,
    /// With a certificate that is generated at start; browsers warn.
    SelfSigned,
    /// With these PEM files.
    Files {
        /// The certificate chain.
        cert: PathBuf,
        /// The private key.
        key: PathBuf,
    },
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "each says itself")]
pub enum Metrics {
    Open,
    Admin,
    Off,
}

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

impl Config {
    /// Reads flags, the environment and the file that the flags or `MOTET_CONFIG` name.
    ///
    /// # Errors
    /// Everything that is wrong, with its place.
    pub fn load(matches: &ArgMatches, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Problems> {
        let flags = raw::from_flags(matches);
        let environment = raw::from_environment(variable);
        let mut problems = Vec::new();
        let path = matches.get_one::<PathBuf>("config").cloned();
        let path = path.or_else(|| variable("MOTET_CONFIG").map(PathBuf::from));
        let file = path.map(|path| read_file(&path, &mut problems)).unwrap_or_default();
        typed::read(&flags.over(environment).over(file), problems)
    }

    /// Reads one file alone, as `motet check-config` does.
    ///
    /// # Errors
    /// Everything that is wrong, with its line.
    pub fn from_file(path: &Path) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let values = read_file(path, &mut problems);
        typed::read(&values, problems)
    }

    /// Reads the text of a file alone; `path` is only named.
    ///
    /// # Errors
    /// Everything that is wrong, with its line.
    pub fn from_text(path: &Path, text: &str) -> Result<Self, Problems> {
        let (values, problems) = file::read(path, text);
        typed::read(&values, problems)
    }
}

fn read_file(path: &Path, problems: &mut Vec<Problem>) -> raw::Values {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let (values, found) = file::read(path, &text);
            problems.extend(found);
            values
        }
        Err(error) => {
            let text = format!("cannot read {}: {error}", path.display());
            problems.push(Problem { place: Place::Nowhere, key: String::new(), text });
            raw::Values::default()
        }
    }
}
