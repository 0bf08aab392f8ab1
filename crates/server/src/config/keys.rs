//! The keys of the configuration: each is a key of the file, a variable of the environment and a flag.

/// How a key's value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// One value.
    One,
    /// True or false; the flag alone means true.
    Switch,
    /// Several values: a list in the file, a flag given again and again, commas in the environment.
    Many,
    /// Several maps in the file; one line each elsewhere, as [`crate::config::AccessKey`] says.
    AccessKeys,
}

pub(crate) struct Key {
    /// As in the file. `rtc_port` is the flag `--rtc-port` and the variable `MOTET_RTC_PORT`.
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// As it would be written in the file; empty: none.
    pub(crate) default: &'static str,
    /// What stands in the usage for the value.
    pub(crate) value: &'static str,
    pub(crate) help: &'static str,
}

impl Key {
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    pub(crate) fn variable(&self) -> String {
        format!("MOTET_{}", self.name.to_ascii_uppercase())
    }
}

const fn one(name: &'static str, default: &'static str, value: &'static str, help: &'static str) -> Key {
    Key { name, shape: Shape::One, default, value, help }
}

const fn many(name: &'static str, value: &'static str, help: &'static str) -> Key {
    Key { name, shape: Shape::Many, default: "", value, help }
}

const fn switch(name: &'static str, default: &'static str, help: &'static str) -> Key {
    Key { name, shape: Shape::Switch, default, value: "BOOL", help }
}

/// Each key once, in the order of the usage.
pub(crate) const KEYS: &[Key] = &[
    switch(
        "dev",
        "false",
        "For trying out: a well-known key, joins without a token, the web app read from disk",
    ),
    one("listen", "127.0.0.1:7880", "IP:PORT", "Where the app, the API and signaling are served"),
    one("rtc_port", "7881", "PORT", "Where media goes, UDP and TCP; one port per worker from here on"),
    many("rtc_ip", "IP", "Where media is received; all addresses of this machine where none is given"),
    many("announce", "IP", "What peers are told instead, behind NAT; one per IP family"),
    one("workers", "0", "N", "Threads that move media; 0 means one per core"),
    one("dtls_cert", "", "FILE", "PEM certificate for media; generated where none is given"),
    one("dtls_key", "", "FILE", "PEM private key of dtls_cert"),
    one("tls", "off", "off|self-signed|files", "How HTTP is secured"),
    one("tls_cert", "", "FILE", "PEM certificate chain, with tls: files"),
    one("tls_key", "", "FILE", "PEM private key, with tls: files"),
    Key {
        name: "keys",
        shape: Shape::AccessKeys,
        default: "",
        value: "ID:ALGORITHM:SECRET",
        help: "Keys that tokens are signed with; @FILE for SECRET reads it from a file",
    },
    switch("token_expiry_required", "true", "Whether a token without exp is refused"),
    one("token_leeway_s", "10", "SECONDS", "How far clocks may differ when exp and nbf are looked at"),
    many(
        "origins",
        "ORIGIN",
        "Pages that may signal, such as https://example.org, or *; the own page always may",
    ),
    one("rooms_max", "1000", "N", "Rooms on this server"),
    one("participants_max", "100", "N", "People in one room"),
    one("tracks_max", "8", "N", "Tracks that one participant publishes"),
    one("subscriptions_max", "400", "N", "Tracks that one participant receives"),
    one("chat_bytes_max", "4096", "BYTES", "Length of a chat text"),
    one("topology", "auto", "auto|mesh|sfu|mcu", "How rooms move media where nobody says otherwise"),
    one(
        "mesh_people_max",
        "6",
        "N",
        "People in a mesh, who learn each other's addresses; 0: no room is a mesh",
    ),
    one("auto_mesh_people_max", "2", "N", "People in a mesh that topology auto makes"),
    one("mesh_connect_timeout_s", "5", "SECONDS", "How long two people of a mesh may take to connect"),
    one("mixers_max", "8", "N", "Rooms that are mixed at a time; 0: none"),
    one("mix_fps", "25", "N", "Frames per second of a mix's picture, 1 to 30"),
    one("mix_audio_bps", "48000", "BPS", "Bits per second of a mix's sound"),
    many(
        "mix_sizes",
        "WxH:BPS",
        "Sizes of a mix's picture, such as 1280x720:1500000, the largest first, at most 3; \
         where none is given 1280x720, 640x360 and 320x180",
    ),
    one(
        "mix_source_pixels_max",
        "9437184",
        "N",
        "Pixels in a frame that is mixed; of larger ones a placeholder is shown",
    ),
    one(
        "mix_source_pixels_per_second_max",
        "248832000",
        "N",
        "Pixels in a second of one camera or screen that is mixed; one that sends more waits",
    ),
    switch("create_on_join", "true", "Whether joining makes a room that is not there"),
    one("empty_grace_s", "60", "SECONDS", "How long a room without people stays"),
    one("resume_grace_s", "30", "SECONDS", "How long a dropped participant keeps its place"),
    one("connects_per_minute", "300", "N", "Signaling connections that one address may open; 0: any number"),
    one("metrics", "open", "open|admin|off", "Who may read /metrics"),
    one("log", "info", "FILTER", "What is logged, such as info or motet_signal=debug,warn"),
    one("log_format", "human", "human|json", "How it is logged"),
    switch(
        "turn",
        "true",
        "Whether TURN is served, for people whose network lets media through no other way",
    ),
    one("turn_port", "3478", "PORT", "Where TURN clients come, UDP and TCP, and with tls DTLS and TLS too"),
    many("turn_listen", "IP:PORT", "Where they come instead of turn_port at every address for media"),
    one("turn_relay_ports", "49152-65535", "FIRST-LAST", "The ports of relayed addresses, UDP and TCP"),
    many(
        "turn_host",
        "HOST",
        "What browsers reach TURN by; the announced or own addresses where none is given",
    ),
    one("turn_realm", "motet", "REALM", "The realm of TURN's users"),
    many(
        "turn_secrets",
        "SECRET",
        "What credentials are signed with, or @FILE; several verify, the first signs; made at start where none is given",
    ),
    many(
        "turn_users",
        "NAME:PASSWORD",
        "Users of TURN with lasting passwords; NAME:@FILE reads one from a file",
    ),
    one("turn_credentials_s", "43200", "SECONDS", "How long credentials from a join are good for"),
    many("turn_allow_peer", "CIDR", "Peers that may be relayed to though they are private"),
    many("turn_deny_peer", "CIDR", "Peers that may not be relayed to though they are public"),
    one("turn_threads", "1", "N", "Threads that relay; 0 means one per core"),
    one("turn_allocations_max", "20000", "N", "Relayed addresses at a time"),
    one("turn_allocations_per_user_max", "64", "N", "Relayed addresses of one participant at a time"),
    one(
        "turn_bytes_per_second_max",
        "12500000",
        "BYTES",
        "What one participant may have relayed, both ways together",
    ),
    one("web", "", "DIR", "A folder to serve instead of the web app that is built in"),
];

pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The known name that `unknown` was most likely meant to be.
pub(crate) fn suggest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let unknown = unknown.to_ascii_lowercase().replace('-', "_");
    let (distance, name) = known.map(|name| (edits(&unknown, name), name)).min()?;
    (distance <= 1 + name.len() / 4).then_some(name)
}

/// How many letters must be added, taken or changed to make one of the other (Levenshtein).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    // An absurdly long key costs no more than a long one.
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_key() {
        let suggest = |unknown| suggest(unknown, KEYS.iter().map(|key| key.name));
        assert_eq!(suggest("rtc-port"), Some("rtc_port"));
        assert_eq!(suggest("rtcport"), Some("rtc_port"));
        assert_eq!(suggest("lisen"), Some("listen"));
        assert_eq!(suggest("bananas_and_pears"), None);
    }
}
