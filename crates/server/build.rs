//! Builds again when a file of the web app comes or goes: the macro that builds them in sees changes of known ones only.

use std::fs;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let Ok(entries) = fs::read_dir("../../web") else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        // Not built in, and large.
        if name != "node_modules" && name != "test" {
            println!("cargo::rerun-if-changed={}", entry.path().display());
        }
    }
}
