//! What this crate's own tests share.

use std::path::PathBuf;

/// An empty folder of its own for the test of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("motet-server-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the system lets tests write to its folder for temporary files");
    folder
}
