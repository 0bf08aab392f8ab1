//! Compiles the C side of the doors to libvpx and libdav1d against the headers of the system's own libraries.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    const DOOR: &str = "src/video/door.c";
    let mut build = cc::Build::new();
    for library in ["vpx", "dav1d"] {
        build.includes(pkg_config::Config::new().probe(library)?.include_paths);
    }
    build.file(DOOR).std("c11").compile("motet_codec_door");
    println!("cargo::rerun-if-changed={DOOR}");
    Ok(())
}
