//! Finds libchainrule in the folder that CHAINRULE_LIB_DIR names, or where pkg-config says, or where the linker looks.
//! CHAINRULE_STATIC=1 links the static library.

use std::env;
use std::process::Command;

fn main() {
    for name in ["CHAINRULE_LIB_DIR", "CHAINRULE_STATIC", "PKG_CONFIG_PATH"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    if let Some(folder) = env::var("CHAINRULE_LIB_DIR").ok().or_else(folder_of_pkg_config) {
        println!("cargo:rustc-link-search=native={folder}");
    }
    if env::var("CHAINRULE_STATIC").map_or(false, |value| value == "1") {
        println!("cargo:rustc-link-lib=static=chainrule");
        println!("cargo:rustc-link-lib=m");
    } else {
        println!("cargo:rustc-link-lib=chainrule");
    }
}

fn folder_of_pkg_config() -> Option<String> {
    let output = Command::new("pkg-config").args(["--variable=libdir", "chainrule"]).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?.trim().to_string();
    (output.status.success() && !folder.is_empty()).then_some(folder)
}
