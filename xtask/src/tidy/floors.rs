//! Edges go down: which crate may depend on which.

use super::Finding;
use super::packages::{Floor, Package};

/// Edges within a floor that the house has on purpose.
const EDGES_WITHIN: &[(&str, &str)] = &[
    ("motet-worker", "motet-net"),
    ("motet", "motet-worker"),
    ("motet", "motet-net"),
    ("motet-relay", "motet-net"),
    ("motet", "motet-relay"),
];

/// The stairwell: floor 1 may speak its words too.
const STAIRWELL: &str = "motet-control";

/// What services and binaries reach only through the `motet` crate.
const ENGINE_ROOMS: &[&str] = &[
    "motet-net",
    "motet-worker",
    "motet-router",
    "motet-srtp",
    "motet-ice",
    "motet-dtls",
    "motet-sctp",
    "motet-layers",
    "motet-bwe",
    "motet-codec",
    "motet-mixer",
    "motet-relay",
    "motet-turn",
];

/// The binary that is made of the worker's loop alone.
const WORKER_BINARY: &str = "motet-worker-bin";

pub(crate) fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| package.name != "xtask") {
        let Some(floor) = package.floor else {
            findings.push(Finding::new(
                &package.name,
                "has no floor: [package.metadata.motet] floor = 0..5 or \"T\"",
            ));
            continue;
        };
        for dependency in
            package.dependencies.iter().filter(|dependency| dependency.is_own && !dependency.is_dev)
        {
            let below =
                packages.iter().find(|other| other.name == dependency.name).and_then(|other| other.floor);
            if let Some(why) = why_not(&package.name, floor, &dependency.name, below) {
                findings.push(Finding::new(&package.name, format!("depends on {}: {why}", dependency.name)));
            }
        }
    }
    findings
}

fn why_not(name: &str, floor: Floor, dependency: &str, below: Option<Floor>) -> Option<String> {
    let (Floor::Numbered(upper), Some(below)) = (floor, below) else { return None };
    let Floor::Numbered(lower) = below else {
        return Some("nothing of the product depends on a tool".to_owned());
    };
    if upper >= 4 && ENGINE_ROOMS.contains(&dependency) && name != WORKER_BINARY {
        return Some("services and binaries reach the engine through the motet crate".to_owned());
    }
    let is_stairwell = dependency == STAIRWELL && upper == lower;
    let is_allowed = lower < upper || is_stairwell || EDGES_WITHIN.contains(&(name, dependency));
    (!is_allowed).then(|| format!("floor {upper} to floor {lower} is no way down"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(name: &str, upper: u8, dependency: &str, lower: u8) -> Option<String> {
        why_not(name, Floor::Numbered(upper), dependency, Some(Floor::Numbered(lower)))
    }

    #[test]
    fn edges_go_down_only() {
        assert!(edge("motet-router", 2, "motet-rtp", 0).is_none());
        assert!(edge("motet-rtp", 0, "motet-router", 2).is_some());
        assert!(edge("motet-room", 2, "motet-sdp", 2).is_some());
        assert!(edge("motet-worker", 3, "motet-net", 3).is_none());
        assert!(edge("motet-dtls", 1, "motet-control", 1).is_none());
        assert!(edge("motet-signal", 4, "motet-router", 2).is_some());
    }

    #[test]
    fn nothing_depends_on_a_tool() {
        assert!(why_not("motet-worker", Floor::Numbered(3), "motet-sim", Some(Floor::Tool)).is_some());
        assert!(why_not("motet-sim", Floor::Tool, "motet-worker", Some(Floor::Numbered(3))).is_none());
    }
}
