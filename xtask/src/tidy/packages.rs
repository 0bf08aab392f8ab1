//! The workspace's packages as cargo sees them: names, floors, dependencies.

use std::path::PathBuf;

use serde_json::Value;

use crate::process::{Outcome, command, take};

/// Where a crate lives in the house.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Floor {
    /// 0 to 5: edges go down.
    Numbered(u8),
    /// A tool: may use any floor, and no floor uses it.
    Tool,
}

/// One package of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) floor: Option<Floor>,
    pub(crate) folder: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) has_features: bool,
}

/// What a package depends on.
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Only for tests, examples and benches.
    pub(crate) is_dev: bool,
    /// A crate of this workspace.
    pub(crate) is_own: bool,
}

/// Reads all packages of the workspace.
pub(crate) fn read() -> Outcome<Vec<Package>> {
    let text = take(&mut command("cargo", &["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
    Ok(packages.iter().map(package).collect())
}

fn package(value: &Value) -> Package {
    let manifest = PathBuf::from(text(&value["manifest_path"]));
    let empty = Vec::new();
    let dependencies = value["dependencies"].as_array().unwrap_or(&empty);
    Package {
        name: text(&value["name"]),
        floor: floor(&value["metadata"]["motet"]["floor"]),
        folder: manifest.parent().map_or_else(PathBuf::new, PathBuf::from),
        dependencies: dependencies
            .iter()
            .map(|dependency| Dependency {
                name: text(&dependency["name"]),
                is_dev: dependency["kind"] == "dev",
                is_own: dependency["path"].is_string(),
            })
            .collect(),
        has_features: value["features"].as_object().is_some_and(|features| !features.is_empty()),
    }
}

fn floor(value: &Value) -> Option<Floor> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|n| u8::try_from(n).ok()).map(Floor::Numbered),
        Value::String(word) if word == "T" => Some(Floor::Tool),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
