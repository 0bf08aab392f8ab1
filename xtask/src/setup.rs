//! What the system must have: Debian packages, and what npm and PyPI bring for tests. Quick when all is there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Outcome, command, root, say, show, succeeds, target};

/// What building the server needs: a C compiler for aws-lc, OpenSSL's headers for the DTLS door, cmake for libopus.
const BUILD_PACKAGES: &[&str] =
    &["cmake", "gcc", "g++", "libc6-dev", "libdav1d-dev", "libssl-dev", "libvpx-dev", "nasm", "pkg-config"];

/// What the tests need besides: the browsers, coturn for its tools, GStreamer with its WebRTC element, Python for it and for aiortc.
const TEST_PACKAGES: &[&str] = &[
    "chromium",
    "coturn",
    "firefox-esr",
    "fonts-dejavu-core",
    "gir1.2-gst-plugins-bad-1.0",
    "gstreamer1.0-libav",
    "gstreamer1.0-nice",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-ugly",
    "python3",
    "python3-gst-1.0",
    "python3-pip",
    "python3-venv",
];

/// The rivals that the benches measure beside Motet, where the tests do not need them anyway.
const BENCH_PACKAGES: &[&str] = &["coturn", "gstreamer1.0-plugins-bad", "gstreamer1.0-plugins-good", "janus"];

/// Installs what the build needs.
pub(crate) fn for_build() -> Outcome {
    install_packages(BUILD_PACKAGES)
}

/// Installs what the benches need, the build's needs included.
pub(crate) fn for_bench() -> Outcome {
    install_packages(&[BUILD_PACKAGES, BENCH_PACKAGES].concat())
}

/// Installs what the tests need, the build's needs included.
pub(crate) fn for_test() -> Outcome {
    let mut packages = [BUILD_PACKAGES, TEST_PACKAGES].concat();
    if !succeeds(&mut command("node", &["--version"])) {
        packages.push("nodejs");
    }
    if !succeeds(&mut command("npm", &["--version"])) {
        packages.push("npm");
    }
    install_packages(&packages)?;
    install_npm(&root().join("web"))?;
    install_npm(&root().join("interop"))?;
    install_python()
}

/// The interpreter that has aiortc.
pub(crate) fn python() -> PathBuf {
    target().join("interop-python/bin/python")
}

fn install_packages(packages: &[&str]) -> Outcome {
    let lacking: Vec<&str> = packages.iter().copied().filter(|package| !is_installed(package)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let list = lacking.join(" ");
    if !succeeds(&mut command("apt-get", &["--version"])) {
        return Err(format!("please install what these Debian packages bring, then run this again: {list}"));
    }
    let is_root = crate::process::take(&mut command("id", &["-u"]))?.trim() == "0";
    if !is_root && !succeeds(&mut command("sudo", &["-n", "true"])) {
        return Err(format!("please run this, then try again:\n  sudo apt-get install -y {list}"));
    }
    say(&format!("installing: {list}"));
    // An old list of packages names versions that are gone from the mirrors.
    show(&mut apt(is_root, &["update", "-qq"]))?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(lacking);
    show(&mut apt(is_root, &arguments))
}

fn apt(is_root: bool, arguments: &[&str]) -> std::process::Command {
    let mut apt = if is_root {
        command("apt-get", arguments)
    } else {
        let mut words = vec!["-n", "apt-get"];
        words.extend(arguments);
        command("sudo", &words)
    };
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

fn is_installed(package: &str) -> bool {
    let mut query = command("dpkg-query", &["-W", "-f=${Status}", package]);
    crate::process::take(&mut query).is_ok_and(|status| status.ends_with(" installed"))
}

/// Installs what a folder's lock file names, unless that was done for this very lock file.
fn install_npm(folder: &Path) -> Outcome {
    let stamp = folder.join("node_modules/.motet-lock");
    let lock = fs::read(folder.join("package-lock.json"))
        .map_err(|error| format!("{}/package-lock.json: {error}", folder.display()))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // Install scripts would fetch browsers of their own.
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    show(command("npm", &arguments).current_dir(folder))?;
    fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// A virtual environment with what `interop/requirements.txt` pins.
fn install_python() -> Outcome {
    let wanted_file = root().join("interop/requirements.txt");
    let wanted = fs::read(&wanted_file).map_err(|error| format!("{}: {error}", wanted_file.display()))?;
    let folder = target().join("interop-python");
    let stamp = folder.join("requirements.txt");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let folder_name = folder.to_string_lossy().into_owned();
    show(&mut command(
        "/usr/bin/python3",
        &["-m", "venv", "--clear", "--system-site-packages", &folder_name],
    ))?;
    let requirements = wanted_file.to_string_lossy().into_owned();
    show(&mut command(python(), &["-m", "pip", "install", "--quiet", "--requirement", &requirements]))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}
