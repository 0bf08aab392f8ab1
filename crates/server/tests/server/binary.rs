//! The binary itself: its words, its exit codes, its stop.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::stage::SECRET;

fn motet() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_motet"));
    command.env_remove("MOTET_CONFIG").env_remove("MOTET_DEV");
    command
}

fn run(arguments: &[&str]) -> Output {
    motet().args(arguments).output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn file(name: &str, content: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("motet-{}-{name}", std::process::id()));
    std::fs::write(&path, content).expect("a file");
    path
}

#[test]
fn the_version_is_told() {
    assert_eq!(text(&run(&["--version"]).stdout).trim(), concat!("motet ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_config_file_is_checked_and_the_bad_line_named() {
    let good = file("good.yaml", "dev: true\nlisten: 127.0.0.1:0\n");
    let answer = run(&["check-config", good.to_str().unwrap()]);
    assert!(answer.status.success(), "{}", text(&answer.stderr));
    let bad = file("bad.yaml", "dev: true\nlisten: 127.0.0.1:0\nrtcport: 1\n");
    let answer = run(&["check-config", bad.to_str().unwrap()]);
    assert_eq!(answer.status.code(), Some(78));
    let expected = format!("{}:3: rtcport: there is no such key; did you mean rtc_port?", bad.display());
    assert_eq!(text(&answer.stderr).trim(), expected);
}

#[test]
fn without_a_key_of_its_own_the_server_does_not_start() {
    let answer = run(&["--listen", "127.0.0.1:0", "--rtc-port", "0"]);
    assert_eq!(answer.status.code(), Some(78));
    assert!(text(&answer.stderr).contains("no key to verify tokens with"));
    let known = format!("k:HS256:{}", motet_server::config::DEV_SECRET);
    let answer = run(&["--listen", "127.0.0.1:0", "--rtc-port", "0", "--keys", &known]);
    assert_eq!(answer.status.code(), Some(78));
}

#[test]
fn a_token_is_minted_and_its_secret_not_shown() {
    let keys = format!("k:HS256:{SECRET}");
    let answer = run(&["--keys", &keys, "token", "--room", "r", "--name", "Ada", "--expires-in", "1h"]);
    assert!(answer.status.success(), "{}", text(&answer.stderr));
    assert_eq!(text(&answer.stdout).trim().split('.').count(), 3);
    assert!(!text(&answer.stdout).contains(SECRET));
    let answer = run(&["--keys", &keys, "token", "--expires-in", "soon"]);
    assert!(!answer.status.success());
    assert!(text(&answer.stderr).contains("--expires-in"));
}

#[test]
fn the_server_says_where_it_is_and_how_unsafe_and_ends_well_when_told() {
    let mut child = motet()
        .args([
            "--dev",
            "--listen",
            "127.0.0.1:0",
            "--turn-port",
            "0",
            "--rtc-port",
            "0",
            "--rtc-ip",
            "127.0.0.1",
            "--workers",
            "1",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let url = lines.find(|line| line.contains("http://127.0.0.1:"));
    assert!(url.is_some(), "the URL of the app");
    // Read on, so that the server's last words find a reader.
    let rest = std::thread::spawn(move || lines.count());
    let signalled =
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(signalled.success());
    let mut warnings = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut warnings).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{warnings}");
    assert!(warnings.contains("FOR TRYING OUT ONLY"), "{warnings}");
    rest.join().expect("read to its end");
}
