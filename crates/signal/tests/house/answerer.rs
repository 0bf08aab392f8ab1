//! A willing receiver: the offer turned round.

/// The answer to an offer, save that sections of `rejected` MIDs are refused.
pub(crate) fn answered(offer: &str, rejected: &[&str]) -> String {
    let (head, sections) = offer.split_once("m=").expect("an offer has sections");
    let mut kept = Vec::new();
    let mut answer = String::new();
    for section in sections.split("\r\nm=") {
        let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:")).expect("a section has a mid");
        let (media_line, rest) = section.split_once("\r\n").expect("a section has lines");
        let words: Vec<&str> = media_line.split(' ').collect();
        if rejected.contains(&mid) || words[1] == "0" {
            answer += &format!("m={} 0 {}\r\na=mid:{mid}\r\na=inactive\r\n", words[0], words[2..].join(" "));
            continue;
        }
        kept.push(mid);
        answer += &format!("m={media_line}\r\n{}\r\n", turned(rest).join("\r\n"));
    }
    let head: String = head
        .split_inclusive("\r\n")
        .filter(|line| !line.starts_with("a=ice-lite") && !line.starts_with("a=group"))
        .collect();
    format!("{head}a=group:BUNDLE {}\r\n{answer}", kept.join(" "))
}

fn turned(lines: &str) -> Vec<String> {
    lines
        .lines()
        .filter(|line| !line.starts_with("a=ssrc") && !line.starts_with("a=msid"))
        .map(|line| match line.split_once(':') {
            Some(("a=setup", _)) => "a=setup:active".to_owned(),
            Some(("a=ice-ufrag", _)) => "a=ice-ufrag:peer".to_owned(),
            _ if line == "a=sendonly" => "a=recvonly".to_owned(),
            _ => line.to_owned(),
        })
        .collect()
}
