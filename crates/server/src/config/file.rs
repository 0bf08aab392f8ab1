//! The YAML file: read into raw values with their lines. What the values mean is not looked at here.

use std::path::Path;

use saphyr::{MarkedYaml, ScalarStyle, YamlData, YamlLoader};
use saphyr_parser::Parser;

use super::keys::{self, KEYS, Shape};
use super::problem::{Place, Problem};
use super::raw::{Raw, Values, Written};

/// Largest file that is read, in bytes: this is a page of settings, not data.
const FILE_BYTES_MAX: usize = 1 << 20;

/// What the file says, and what is wrong with it as a file.
pub(super) fn read(path: &Path, text: &str) -> (Values, Vec<Problem>) {
    let mut reader = Reader { path, values: Values::default(), problems: Vec::new() };
    reader.read(text);
    (reader.values, reader.problems)
}

struct Reader<'a> {
    path: &'a Path,
    values: Values,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, text: &str) {
        if text.len() > FILE_BYTES_MAX {
            return self.problem(1, "", format!("the file is longer than {FILE_BYTES_MAX} bytes"));
        }
        let documents = match parse(text) {
            Ok(documents) => documents,
            Err((line, text)) => return self.problem(line, "", text),
        };
        let Some(document) = documents.first() else { return };
        if let Some(second) = documents.get(1) {
            self.problem(line_of(second), "", "only one document may be in the file".into());
        }
        match &document.data {
            YamlData::Mapping(map) => {
                for (name, value) in map {
                    self.entry(name, value);
                }
            }
            _ if is_nothing(document) => {}
            _ => self.problem(line_of(document), "", "expected keys with values, such as listen: ...".into()),
        }
    }

    fn entry(&mut self, name: &MarkedYaml<'_>, value: &MarkedYaml<'_>) {
        let line = line_of(name);
        let Some(text) = text_of(name) else {
            return self.problem(line, "", "a key must be a word".into());
        };
        let Some(key) = keys::find(&text) else {
            return self.unknown(line, &text, KEYS.iter().map(|key| key.name));
        };
        if is_nothing(value) {
            return;
        }
        let raw = match key.shape {
            Shape::One | Shape::Switch => self.scalar(key.name, value).map(Raw::One),
            Shape::Many => self.list(key.name, value).map(Raw::Many),
            Shape::AccessKeys => self.access_keys(key.name, value),
        };
        let place = Place::File { path: self.path.to_owned(), line };
        if let Some(raw) = raw {
            self.values.set(key.name, Written { place, raw });
        }
    }

    fn scalar(&mut self, key: &str, value: &MarkedYaml<'_>) -> Option<String> {
        let text = text_of(value);
        if text.is_none() {
            self.problem(line_of(value), key, "expected one value".into());
        }
        text
    }

    /// A lone value is a list of one.
    fn list(&mut self, key: &str, value: &MarkedYaml<'_>) -> Option<Vec<String>> {
        match &value.data {
            YamlData::Sequence(items) => items.iter().map(|item| self.scalar(key, item)).collect(),
            _ => self.scalar(key, value).map(|text| vec![text]),
        }
    }

    fn access_keys(&mut self, key: &str, value: &MarkedYaml<'_>) -> Option<Raw> {
        let YamlData::Sequence(items) = &value.data else {
            self.problem(
                line_of(value),
                key,
                "expected a list of keys, each with id, algorithm and secret".into(),
            );
            return None;
        };
        let mut maps = Vec::new();
        for item in items {
            let place = Place::File { path: self.path.to_owned(), line: line_of(item) };
            let YamlData::Mapping(map) = &item.data else {
                self.problem(line_of(item), key, "expected id, algorithm and secret".into());
                continue;
            };
            let mut fields = Vec::new();
            for (name, value) in map {
                let Some(name_text) = text_of(name) else { continue };
                if !super::access_key::FIELDS.contains(&name_text.as_str()) {
                    self.unknown(line_of(name), &name_text, super::access_key::FIELDS.iter().copied());
                    continue;
                }
                if let Some(text) = self.scalar(key, value) {
                    fields.push((name_text, text));
                }
            }
            maps.push((place, fields));
        }
        Some(Raw::Maps(maps))
    }

    fn unknown<'k>(&mut self, line: usize, name: &str, known: impl Iterator<Item = &'k str>) {
        let text = match keys::suggest(name, known) {
            Some(meant) => format!("there is no such key; did you mean {meant}?"),
            None => "there is no such key".to_owned(),
        };
        self.problem(line, name, text);
    }

    fn problem(&mut self, line: usize, key: &str, text: String) {
        let place = Place::File { path: self.path.to_owned(), line };
        self.problems.push(Problem { place, key: key.to_owned(), text });
    }
}

/// Scalars stay as they are written: `0123` in a secret is text, and `1e3` is nobody's port.
fn parse(text: &str) -> Result<Vec<MarkedYaml<'_>>, (usize, String)> {
    let mut loader = YamlLoader::<MarkedYaml<'_>>::default();
    loader.early_parse(false);
    let mut parser = Parser::new_from_str(text);
    match parser.load(&mut loader, true) {
        Ok(()) => match loader.error() {
            None => Ok(loader.into_documents()),
            Some(error) => Err((error.marker().line(), error.info().to_owned())),
        },
        Err(error) => Err((error.marker().line(), error.info().to_owned())),
    }
}

fn line_of(node: &MarkedYaml<'_>) -> usize {
    node.span.start.line()
}

fn text_of(node: &MarkedYaml<'_>) -> Option<String> {
    match &node.data {
        YamlData::Representation(text, _, _) => Some(text.to_string()),
        _ => None,
    }
}

/// `key:` with nothing behind it leaves the key as if it were not written.
fn is_nothing(node: &MarkedYaml<'_>) -> bool {
    match &node.data {
        YamlData::Representation(text, style, _) => {
            *style == ScalarStyle::Plain && matches!(text.as_ref(), "" | "~" | "null")
        }
        _ => false,
    }
}
