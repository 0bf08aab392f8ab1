//! Two servers' answers, field by field, and whether each difference is a known one.

use std::collections::BTreeSet;
use std::fmt;

use crate::differences::Difference;
use crate::talk::{OUTCOME, Seen};

/// A field of one step's answer in which the servers differ. In a [`Difference`], [`ANY`] stands for every script or step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) script: &'a str,
    pub(crate) step: &'a str,
    pub(crate) field: &'a str,
    pub(crate) coturn: &'a str,
    pub(crate) motet: &'a str,
}

pub(crate) const ANY: &str = "*";
/// The value of a field that is not there.
const ABSENT: &str = "-";

/// One script's steps, as each server answered.
#[derive(Clone)]
pub(crate) struct Compared {
    pub(crate) script: &'static str,
    pub(crate) coturn: Vec<(&'static str, Seen)>,
    pub(crate) motet: Vec<(&'static str, Seen)>,
}

impl Compared {
    /// Where they differ. The fields of different outcomes are not compared: they belong to different messages.
    pub(crate) fn places(&self) -> Vec<Place<'_>> {
        assert_eq!(self.coturn.len(), self.motet.len(), "the steps of {}", self.script);
        let mut places = Vec::new();
        for ((step, coturn), (_, motet)) in self.coturn.iter().zip(&self.motet) {
            let is_other = coturn.get(OUTCOME) != motet.get(OUTCOME);
            let fields: BTreeSet<&String> = coturn.keys().chain(motet.keys()).collect();
            for field in fields.into_iter().filter(|field| !is_other || *field == OUTCOME) {
                let [coturn, motet] =
                    [coturn, motet].map(|seen| seen.get(field).map_or(ABSENT, String::as_str));
                if coturn != motet {
                    places.push(Place { script: self.script, step, field, coturn, motet });
                }
            }
        }
        places
    }
}

/// What is wrong: differences that nobody has explained, and explanations of what is not so.
pub(crate) fn judge(found: &[Place<'_>], known: &[Difference]) -> Vec<String> {
    let explanations = || known.iter().flat_map(|difference| difference.places);
    let unexplained = found.iter().filter(|found| !explanations().any(|place| place.covers(found)));
    let unfounded = explanations().filter(|place| !found.iter().any(|found| place.covers(found)));
    unexplained
        .map(|place| format!("a difference that is not listed: {place}"))
        .chain(unfounded.map(|place| format!("a listed difference that is none: {place}")))
        .collect()
}

impl Place<'_> {
    fn covers(&self, found: &Place<'_>) -> bool {
        let is_one = |known: &str, found: &str| known == ANY || known == found;
        is_one(self.script, found.script)
            && is_one(self.step, found.step)
            && (self.field, self.coturn, self.motet) == (found.field, found.coturn, found.motet)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { script, step, field, coturn, motet } = self;
        write!(f, "at({script:?}, {step:?}, {field:?}, {coturn:?}, {motet:?})")
    }
}
