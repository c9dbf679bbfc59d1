//! Tells cargo to build anew when the web app or the model inside the binary changes.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=geodata");
    // Without a built web app, its folder's own time tells when one appears.
    let dist = if std::path::Path::new("web/dist").exists() { "web/dist" } else { "web" };
    println!("cargo:rerun-if-changed={dist}");
}
