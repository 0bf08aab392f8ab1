//! From values as written to values as meant, with every problem on the way.

use std::fmt::Display;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::access_key::{self, AccessKey};
use super::keys;
use super::problem::{Place, Problem, Problems};
use super::raw::{Raw, Values, Written};
use super::{Config, LogFormat, Metrics, Tls};

/// A year: longer is a slip of the pen.
const SECONDS_MAX: u64 = 366 * 24 * 3_600;

pub(super) fn read(values: &Values, problems: Vec<Problem>) -> Result<Config, Problems> {
    let mut reader = Reader { values, problems };
    let config = reader.config();
    // Of a file that could not be read nobody knows what it would have said.
    if !reader.problems.iter().any(|problem| problem.key.is_empty()) {
        reader.check_together(&config);
    }
    if reader.problems.is_empty() { Ok(config) } else { Err(Problems(reader.problems)) }
}

pub(super) struct Reader<'a> {
    values: &'a Values,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Where a value is wrong the problem is noted and something stands in for it.
    fn config(&mut self) -> Config {
        let dev = self.switch("dev");
        let mut access_keys = self.access_keys();
        if dev {
            access_keys.push(AccessKey::dev());
        }
        Config {
            dev,
            listen: self.one("listen", "an address with a port, such as 127.0.0.1:7880"),
            rtc_port: self.one("rtc_port", "a port, 0 to 65535"),
            rtc_ip: self.many("rtc_ip", "an IP address"),
            announce: self.many("announce", "an IP address"),
            workers: Some(self.bounded("workers", 0, 256)).filter(|workers| *workers > 0),
            dtls: self.pair("dtls_cert", "dtls_key"),
            tls: self.tls(),
            keys: access_keys,
            token_expiry_required: self.switch("token_expiry_required"),
            token_leeway: self.seconds("token_leeway_s"),
            origins: self.origins(),
            limits: motet_room::Limits {
                rooms_max: self.bounded("rooms_max", 1, 1_000_000),
                participants_max: self.bounded("participants_max", 1, 10_000),
                tracks_max: self.bounded("tracks_max", 1, 100),
                subscriptions_max: self.bounded("subscriptions_max", 1, 500),
                chat_bytes_max: self.bounded("chat_bytes_max", 1, 65_536),
                mesh_people_max: self.bounded("mesh_people_max", 0, 32),
                auto_mesh_people_max: self.bounded("auto_mesh_people_max", 0, 32),
                mixers_max: self.bounded("mixers_max", 0, 1_000),
            },
            topology: self.topology(),
            mesh_connect_timeout: self.seconds("mesh_connect_timeout_s"),
            mix: self.mix(),
            create_on_join: self.switch("create_on_join"),
            empty_grace: self.seconds("empty_grace_s"),
            resume_grace: self.seconds("resume_grace_s"),
            connects_per_minute: u32::try_from(self.bounded("connects_per_minute", 0, 1_000_000))
                .ok()
                .filter(|connects| *connects > 0),
            metrics: self.choice(
                "metrics",
                &[("open", Metrics::Open), ("admin", Metrics::Admin), ("off", Metrics::Off)],
            ),
            log: self.log(),
            log_format: self.choice("log_format", &[("human", LogFormat::Human), ("json", LogFormat::Json)]),
            turn: self.turn(),
            web: self.text("web").map(PathBuf::from),
        }
    }

    /// What is right alone and wrong together.
    fn check_together(&mut self, config: &Config) {
        if !config.dev && !self.has_problem_with("keys") {
            if config.keys.iter().any(AccessKey::is_dev) {
                self.problem("keys", "the well-known key of --dev protects nothing; give an own one".into());
            } else if config.keys.is_empty() {
                let text = "no key to verify tokens with; give one, or try Motet out with --dev";
                self.problem("keys", text.into());
            }
        }
        for is_v4 in [true, false] {
            if config.announce.iter().filter(|ip| ip.is_ipv4() == is_v4).count() > 1 {
                self.problem("announce", "more than one address of the same family".into());
            }
        }
        let workers = config.workers.unwrap_or(1);
        if config.rtc_port > 0 && usize::from(config.rtc_port) + workers - 1 > usize::from(u16::MAX) {
            self.problem("rtc_port", format!("there are no {workers} ports from here on"));
        }
        if let Some(turn) = config.turn.as_ref().filter(|turn| turn.listen.is_empty() && turn.port > 0) {
            let port = usize::from(turn.port);
            let first = usize::from(config.rtc_port);
            if config.rtc_port > 0 && (first..first + workers).contains(&port) {
                self.problem("turn_port", "is among the ports for media".into());
            }
        }
        if config.rtc_port > 0 {
            let media = usize::from(config.rtc_port)..usize::from(config.rtc_port) + workers;
            if media.contains(&usize::from(config.listen.port())) {
                self.problem("rtc_port", "the port of listen is among the ports for media".into());
            }
        }
    }

    fn tls(&mut self) -> Tls {
        let files = self.pair("tls_cert", "tls_key");
        match self.raw_text("tls").as_str() {
            "off" => Tls::Off,
            "self-signed" => Tls::SelfSigned,
            "files" => match files {
                Some((cert, key)) => Tls::Files { cert, key },
                None => {
                    self.problem("tls", "files needs tls_cert and tls_key".into());
                    Tls::Off
                }
            },
            _ => {
                self.problem("tls", "expected off, self-signed or files".into());
                Tls::Off
            }
        }
    }

    /// Two files that only make sense together, and that must be there.
    fn pair(&mut self, first: &str, second: &str) -> Option<(PathBuf, PathBuf)> {
        match (self.text(first), self.text(second)) {
            (Some(one), Some(other)) => {
                for (key, path) in [(first, &one), (second, &other)] {
                    if let Err(error) = std::fs::metadata(path) {
                        self.problem(key, format!("cannot read {path}: {error}"));
                    }
                }
                Some((one.into(), other.into()))
            }
            (None, None) => None,
            (Some(_), None) => {
                self.problem(first, format!("needs {second}"));
                None
            }
            (None, Some(_)) => {
                self.problem(second, format!("needs {first}"));
                None
            }
        }
    }

    fn access_keys(&mut self) -> Vec<AccessKey> {
        let Some(written) = self.values.get("keys") else { return Vec::new() };
        access_key::read(written, &mut self.problems)
    }

    fn origins(&mut self) -> Vec<String> {
        let origins: Vec<String> = self.many("origins", "an origin");
        for origin in &origins {
            let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let is_bare = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', '@']));
            if origin != "*" && !is_bare {
                let text = format!("expected * or an origin such as https://example.org, not {origin:?}");
                self.problem("origins", text);
            }
        }
        origins
    }

    fn log(&mut self) -> String {
        let log = self.raw_text("log");
        if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&log) {
            self.problem("log", error.to_string());
        }
        log
    }

    pub(super) fn one<T: FromStr>(&mut self, key: &str, expected: &str) -> T {
        let text = self.raw_text(key);
        self.parsed(key, &text, expected).unwrap_or_else(|| default_of(key))
    }

    pub(super) fn many<T: FromStr>(&mut self, key: &str, expected: &str) -> Vec<T> {
        let texts = match self.values.get(key).map(|written| written.raw.clone()) {
            Some(Raw::Many(texts)) => texts,
            Some(Raw::One(text)) => vec![text],
            Some(Raw::Maps(_)) | None => Vec::new(),
        };
        texts.iter().filter_map(|text| self.parsed(key, text, expected)).collect()
    }

    pub(super) fn bounded(&mut self, key: &str, min: usize, max: usize) -> usize {
        let value = self.one(key, "a number");
        if (min..=max).contains(&value) {
            return value;
        }
        self.problem(key, format!("expected a number from {min} to {max}, not {value}"));
        default_of(key)
    }

    pub(super) fn seconds(&mut self, key: &str) -> Duration {
        let max = usize::try_from(SECONDS_MAX).unwrap_or(usize::MAX);
        Duration::from_secs(self.bounded(key, 0, max) as u64)
    }

    pub(super) fn switch(&mut self, key: &str) -> bool {
        self.choice(
            key,
            &[("true", true), ("false", false), ("yes", true), ("no", false), ("1", true), ("0", false)],
        )
    }

    pub(super) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> T {
        let text = self.raw_text(key);
        if let Some((_, value)) = choices.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let words: Vec<&str> = choices.iter().take(3).map(|(word, _)| *word).collect();
        self.problem(key, format!("expected {}, not {text:?}", words.join(" or ")));
        choices[0].1
    }

    /// A value that may be missing.
    fn text(&self, key: &str) -> Option<String> {
        Some(self.raw_text(key)).filter(|text| !text.is_empty())
    }

    pub(super) fn raw_text(&self, key: &str) -> String {
        match self.values.get(key).map(|written| &written.raw) {
            Some(Raw::One(text)) => text.clone(),
            Some(Raw::Many(texts)) => texts.join(","),
            Some(Raw::Maps(_)) => String::new(),
            None => keys::find(key).map(|known| known.default.to_owned()).unwrap_or_default(),
        }
    }

    fn parsed<T: FromStr>(&mut self, key: &str, text: &str, expected: impl Display) -> Option<T> {
        let parsed = text.trim().parse().ok();
        if parsed.is_none() {
            self.problem(key, format!("expected {expected}, not {text:?}"));
        }
        parsed
    }

    fn has_problem_with(&self, key: &str) -> bool {
        self.problems.iter().any(|problem| problem.key == key)
    }

    pub(super) fn problem(&mut self, key: &str, text: String) {
        let place = self.values.get(key).map_or(Place::Nowhere, |Written { place, .. }| place.clone());
        self.problems.push(Problem { place, key: key.to_owned(), text });
    }
}

/// The default stands in for a value that is wrong, so that reading can go on and find the rest.
fn default_of<T: FromStr>(key: &str) -> T {
    let default = keys::find(key).map(|known| known.default).unwrap_or_default();
    default.parse().unwrap_or_else(|_| panic!("the default of {key} is of its own type"))
}

/// The announced address for one of the bound ones. Beside addresses that others can reach, loopback keeps its own; alone
/// in its family it has something in front of it that others reach.
pub(crate) fn announced_for(ip: IpAddr, bound: &[IpAddr], announce: &[IpAddr]) -> Option<IpAddr> {
    let is_of_family = |other: &IpAddr| other.is_ipv4() == ip.is_ipv4();
    if ip.is_loopback() && bound.iter().filter(|other| is_of_family(other)).any(|other| !other.is_loopback())
    {
        return None;
    }
    announce.iter().copied().find(is_of_family)
}
