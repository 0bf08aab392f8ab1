use std::path::Path;

use super::*;
use crate::cli;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn from_text(text: &str) -> Result<Config, String> {
    Config::from_text(Path::new("m.yaml"), text).map_err(|problems| problems.to_string())
}

fn problems(text: &str) -> String {
    from_text(&format!("dev: true\n{text}")).expect_err("something wrong")
}

fn load(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Config, String> {
    let matches = cli::command()
        .try_get_matches_from([&["motet"], arguments].concat())
        .map_err(|error| error.to_string())?;
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::load(&matches, &variable).map_err(|problems| problems.to_string())
}

#[test]
fn dev_needs_nothing_else() {
    let config = load(&["--dev"], &[]).unwrap();
    assert!(config.keys.iter().any(AccessKey::is_dev));
    assert_eq!(config.listen.to_string(), "127.0.0.1:7880");
    assert_eq!(config.limits, motet_room::Limits::default());
    assert_eq!(config.resume_grace, Duration::from_secs(30));
}

#[test]
fn without_dev_a_key_is_needed_and_not_the_well_known_one() {
    assert!(load(&[], &[]).unwrap_err().contains("no key to verify tokens with"));
    let known = format!("mine:HS256:{DEV_SECRET}");
    assert!(load(&["--keys", &known], &[]).unwrap_err().contains("well-known"));
    let own = format!("mine:HS256:{SECRET}");
    assert_eq!(load(&["--keys", &own], &[]).unwrap().keys.len(), 1);
}

#[test]
fn a_short_secret_is_refused_even_with_dev_and_never_printed() {
    let refused = load(&["--dev", "--keys", "mine:HS256:hunter2hunter2"], &[]).unwrap_err();
    assert_eq!(refused, "--keys: key mine: the secret is shorter than 32 bytes");
    let config = load(&["--keys", &format!("mine:HS256:{SECRET}")], &[]).unwrap();
    assert!(!format!("{config:?}").contains(SECRET));
}

#[test]
fn a_flag_counts_before_a_variable_before_the_file_before_the_default() {
    let folder = crate::testing::folder("precedence");
    let path = folder.join("m.yaml");
    std::fs::write(&path, "dev: true\nrtc_port: 1000\nworkers: 3\nlisten: 127.0.0.1:1\n").unwrap();
    let config = ["--config", path.to_str().unwrap(), "--rtc-port", "3000"];
    let variables = [("MOTET_RTC_PORT", "2000"), ("MOTET_WORKERS", "2")];
    let config = load(&config, &variables).unwrap();
    assert_eq!((config.rtc_port, config.workers), (3000, Some(2)));
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.limits.tracks_max, 8);
}

#[test]
fn every_key_is_a_flag_and_a_variable() {
    for key in KEYS {
        let value = match key.shape {
            Shape::AccessKeys => format!("k:HS256:{SECRET}"),
            Shape::Switch | Shape::One | Shape::Many => match key.name {
                "rtc_ip" | "announce" => "127.0.0.1".to_owned(),
                "origins" => "https://example.org".to_owned(),
                "mix_sizes" => "640x360:500000".to_owned(),
                "turn_listen" => "127.0.0.1:3478".to_owned(),
                "turn_host" => "turn.example.org".to_owned(),
                "turn_secrets" => SECRET.to_owned(),
                "turn_users" => format!("ada:{SECRET}"),
                "turn_allow_peer" | "turn_deny_peer" => "192.0.2.0/24".to_owned(),
                // Files that must be there; checked elsewhere.
                name if name.ends_with("_cert") || name.ends_with("_key") || name == "web" => continue,
                _ => key.default.to_owned(),
            },
        };
        let flag = format!("--{}={value}", key.flag());
        let arguments: Vec<&str> = if key.name == "dev" { vec!["--dev"] } else { vec!["--dev", &flag] };
        load(&arguments, &[]).unwrap_or_else(|error| panic!("{flag}: {error}"));
        let variable = key.variable();
        let dev = ("MOTET_DEV", "true");
        let variables: Vec<(&str, &str)> =
            if key.name == "dev" { vec![dev] } else { vec![dev, (&variable, &value)] };
        load(&[], &variables).unwrap_or_else(|error| panic!("{variable}: {error}"));
    }
}

#[test]
fn sizes_of_the_mix_are_read_and_checked() {
    let config =
        from_text("dev: true\ntopology: mcu\nmix_sizes: [640x360:500000, 320x180:150000]\n").unwrap();
    assert_eq!(config.topology, motet_room::Intent::Mcu);
    let sizes: Vec<u16> = config.mix.video.unwrap().sizes.iter().map(|size| size.width).collect();
    assert_eq!(sizes, [640, 320]);
    for wrong in ["640", "640x360", "641x360:500000", "640x360:1"] {
        assert!(from_text(&format!("dev: true\nmix_sizes: ['{wrong}']\n")).is_err(), "{wrong}");
    }
}

#[test]
fn lists_are_flags_again_and_again_or_commas_in_a_variable() {
    let flags = load(&["--dev", "--rtc-ip", "127.0.0.1", "--rtc-ip", "::1"], &[]).unwrap();
    let variables = load(&["--dev"], &[("MOTET_RTC_IP", "127.0.0.1, ::1")]).unwrap();
    let file = from_text("dev: true\nrtc_ip:\n  - 127.0.0.1\n  - '::1'\n").unwrap();
    assert_eq!(flags.rtc_ip.len(), 2);
    assert_eq!(flags.rtc_ip, variables.rtc_ip);
    assert_eq!(flags.rtc_ip, file.rtc_ip);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_what_was_meant() {
    assert_eq!(
        problems("\nrtc-port: 1\n"),
        "m.yaml:3: rtc-port: there is no such key; did you mean rtc_port?"
    );
    assert_eq!(problems("zzz: 1"), "m.yaml:2: zzz: there is no such key");
}

#[test]
fn every_bad_value_is_named_with_its_line_at_once() {
    let text = problems("listen: here\nrtc_port: 70000\ntls: maybe\nworkers: 1000\nlog: '=='\nkeys: 5\n");
    let lines: Vec<&str> = text.lines().collect();
    for (line, key) in [(2, "listen"), (3, "rtc_port"), (4, "tls"), (5, "workers"), (6, "log"), (7, "keys")] {
        let start = format!("m.yaml:{line}: {key}: ");
        assert!(lines.iter().any(|found| found.starts_with(&start)), "{start} in {text}");
    }
}

#[test]
fn broken_yaml_and_doubled_keys_are_named_with_their_line() {
    assert!(problems("a: [1\nb: 2\n").starts_with("m.yaml:"));
    assert!(problems("workers: 1\nworkers: 2\n").starts_with("m.yaml:3: "));
    assert!(from_text("- a\n- b\n").unwrap_err().starts_with("m.yaml:1: expected keys"));
}

#[test]
fn keys_in_the_file_are_maps_whose_problems_have_lines() {
    let good = format!("keys:\n  - id: a\n    algorithm: HS256\n    secret: {SECRET}\n");
    assert_eq!(from_text(&good).unwrap().keys[0].id, "a");
    let text = problems("keys:\n  - id: a\n    algorithm: none\n  - id: b\n    algoritm: HS256\n");
    assert!(text.contains("m.yaml:3: keys: key a: the algorithm is HS256 or EdDSA, not none"), "{text}");
    assert!(text.contains("m.yaml:6: algoritm: there is no such key; did you mean algorithm?"), "{text}");
}

#[test]
fn a_number_that_looks_like_a_number_in_yaml_stays_a_secret() {
    let text = "keys:\n  - {id: a, algorithm: HS256, secret: 00000000000000000000000000000001e5}\n";
    assert_eq!(from_text(text).unwrap().keys[0].material, b"00000000000000000000000000000001e5");
}

#[test]
fn files_of_tls_must_come_together_and_be_there() {
    assert!(problems("tls: files\n").contains("files needs tls_cert and tls_key"));
    assert!(problems("tls_cert: /nowhere/c.pem\n").contains("tls_cert: needs tls_key"));
    let text = problems("tls: files\ntls_cert: /nowhere/c.pem\ntls_key: /nowhere/k.pem\n");
    assert!(text.contains("m.yaml:3: tls_cert: cannot read /nowhere/c.pem"), "{text}");
}

#[test]
fn ports_for_media_must_fit_and_not_meet_http() {
    assert!(problems("rtc_port: 65535\nworkers: 2\n").contains("there are no 2 ports"));
    assert!(problems("rtc_port: 7879\nworkers: 2\n").contains("port of listen"));
}

#[test]
fn an_origin_is_scheme_and_host_alone() {
    assert!(from_text("dev: true\norigins: [https://a.example, 'http://localhost:3000', '*']\n").is_ok());
    for bad in ["a.example", "https://a.example/path", "ftp://a.example"] {
        assert!(problems(&format!("origins: ['{bad}']\n")).contains("origins: expected"), "{bad}");
    }
}

#[test]
fn announced_addresses_replace_those_of_their_family_but_not_loopback_beside_others() {
    let announce: Vec<IpAddr> = vec!["203.0.113.5".parse().unwrap()];
    let bound: Vec<IpAddr> = ["10.0.0.1", "127.0.0.1", "fd00::1"].map(|ip| ip.parse().unwrap()).into();
    let announced = |ip: &IpAddr, bound: &[IpAddr]| typed::announced_for(*ip, bound, &announce);
    assert_eq!(announced(&bound[0], &bound), Some(announce[0]));
    assert_eq!(announced(&bound[1], &bound), None);
    assert_eq!(announced(&bound[2], &bound), None);
    assert_eq!(announced(&bound[1], &bound[1..2]), Some(announce[0]), "behind a relay on the same machine");
}

#[test]
fn the_documentation_lists_every_key_with_its_default() {
    let page = include_str!("../../../../docs/server.md");
    let rows: Vec<String> = KEYS
        .iter()
        .map(|key| {
            let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
            format!("| `{}` | {default} | {} |", key.name, key.help.replace('|', "\\|"))
        })
        .collect();
    let missing: Vec<&String> = rows.iter().filter(|row| !page.lines().any(|line| line == *row)).collect();
    assert!(missing.is_empty(), "docs/server.md lacks these rows:\n{}", rows.join("\n"));
}

#[test]
fn the_example_of_the_documentation_is_good() {
    let page = include_str!("../../../../docs/server.md");
    let (_, rest) = page.split_once("```yaml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("the example's end");
    // The files that it names are not on this machine.
    let problems = from_text(example).expect_err("files that are not here");
    assert!(problems.lines().all(|problem| problem.contains("cannot read /etc/motet/")), "{problems}");
}
