//! What can be typed behind `motet turn`.

use clap::{Arg, ArgAction, Command};

/// `motet turn` and `motet turn credentials`.
pub fn command() -> Command {
    let one = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let many = |name, value, help| one(name, value, help).action(ArgAction::Append);
    Command::new("turn")
        .about("Runs the TURN server alone, without rooms and web app")
        .after_help(
            "Peers at loopback, private, link-local and other special addresses are refused unless --allow-peer names \
             them.\nAt least one --user or --secret must be given. Passwords on the command line can be seen by everyone \
             on the machine: @FILE reads them from a file.\nThe four quotas default to 0 where there is no --secret: a lasting user is \
             a service of yours, not one of many people.",
        )
        .subcommand_negates_reqs(true)
        .arg(many(
            "listen",
            "IP:PORT",
            "Where clients come, by UDP, TCP, TLS and DTLS [default: all addresses of this machine, port 3478]",
        ))
        .arg(many("relay-ip", "IP", "Where relayed addresses are [default: the addresses of --listen]"))
        .arg(many("announce", "IP", "What relayed addresses are called instead, behind NAT; one per IP family"))
        .arg(one("realm", "REALM", "The realm of the users").default_value("motet"))
        .arg(many("user", "NAME:PASSWORD", "Somebody with a lasting password; NAME:@FILE reads it from a file"))
        .arg(many(
            "secret",
            "SECRET",
            "What time-limited credentials are signed with, or @FILE; several verify, the first signs",
        ))
        .arg(many("allow-peer", "CIDR", "Peers that may be relayed to though they are private"))
        .arg(many("deny-peer", "CIDR", "Peers that may not be relayed to though they are public"))
        .arg(one("relay-ports", "FIRST-LAST", "The ports of relayed addresses").default_value("49152-65535"))
        .arg(one("threads", "N", "Threads; 0 means one per core [default: one for every four cores]"))
        .arg(one(
            "pause-us",
            "N",
            "How long a busy thread waits for more packets, in microseconds: longer costs less, 0 delays nothing [default: 2000]",
        ))
        .arg(one("allocations-per-user", "N", "Relayed addresses of one user at a time, 0: any number [default: 64]"))
        .arg(one(
            "allocations-per-address",
            "N",
            "Relayed addresses of one client address at a time, 0: any number [default: 1000]",
        ))
        .arg(one(
            "bytes-per-second-per-user",
            "N",
            "What one user may have relayed, both ways together, 0: as much as goes [default: 12500000]",
        ))
        .arg(one(
            "bytes-per-second-per-address",
            "N",
            "What one client address may have relayed, 0: as much as goes [default: 62500000]",
        ))
        .arg(one("tls-cert", "FILE", "PEM certificate chain for TLS and DTLS; generated where none is given"))
        .arg(one("tls-key", "FILE", "PEM private key of --tls-cert"))
        .subcommand(credentials())
}

fn credentials() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("credentials")
        .about("Makes time-limited credentials and prints them as an entry of iceServers")
        .after_help("Signs with --secret, or else with the first turn_secrets of the server's configuration.")
        .arg(option("secret", "SECRET", "What to sign with, or @FILE"))
        .arg(option("name", "NAME", "For whom").default_value("test"))
        .arg(
            option("expires-in", "TIME", "How long they are good for, such as 90s, 15m, 6h or 30d")
                .default_value("1h"),
        )
        .arg(option("host", "HOST:PORT", "The server they are for").default_value("127.0.0.1:3478"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
