//! Values as they were written, and which of several writings counts.

use std::collections::BTreeMap;

use clap::ArgMatches;
use clap::parser::ValueSource;

use super::keys::{KEYS, Shape};
use super::problem::Place;

/// A value as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Raw {
    One(String),
    Many(Vec<String>),
    /// Each map's place and fields, as the file has them.
    Maps(Vec<(Place, Vec<(String, String)>)>),
}

/// A value and where it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Written {
    pub(super) place: Place,
    pub(super) raw: Raw,
}

/// What one source says, by key.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Values(BTreeMap<&'static str, Written>);

impl Values {
    pub(super) fn set(&mut self, key: &'static str, written: Written) {
        self.0.insert(key, written);
    }

    pub(super) fn get(&self, key: &str) -> Option<&Written> {
        self.0.get(key)
    }

    /// What `self` says, and what `weaker` says where `self` says nothing.
    pub(super) fn over(mut self, weaker: Values) -> Values {
        for (key, written) in weaker.0 {
            self.0.entry(key).or_insert(written);
        }
        self
    }
}

/// What the flags say.
pub(super) fn from_flags(matches: &ArgMatches) -> Values {
    let mut values = Values::default();
    for key in KEYS {
        if matches.try_contains_id(key.name).is_err()
            || matches.value_source(key.name) != Some(ValueSource::CommandLine)
        {
            continue;
        }
        let given: Vec<String> = matches.get_many(key.name).into_iter().flatten().cloned().collect();
        let raw = match key.shape {
            Shape::One | Shape::Switch => Raw::One(given.into_iter().next_back().unwrap_or_default()),
            Shape::Many | Shape::AccessKeys => Raw::Many(given),
        };
        values.set(key.name, Written { place: Place::Flag(format!("--{}", key.flag())), raw });
    }
    values
}

/// What the environment says, through `variable`. A variable that is set to nothing counts as not set.
pub(super) fn from_environment(variable: &dyn Fn(&str) -> Option<String>) -> Values {
    let mut values = Values::default();
    for key in KEYS {
        let name = key.variable();
        let Some(text) = variable(&name).filter(|text| !text.is_empty()) else { continue };
        let raw = match key.shape {
            Shape::One | Shape::Switch => Raw::One(text),
            Shape::Many | Shape::AccessKeys => Raw::Many(
                text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect(),
            ),
        };
        values.set(key.name, Written { place: Place::Variable(name), raw });
    }
    values
}
