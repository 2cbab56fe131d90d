//! The contract's bindings for C. They are generated here because wit-bindgen's own program would be one more tool to install.

use std::fs;
use std::path::Path;

use wit_bindgen_core::Files;
use wit_parser::Resolve;

use super::BuildError;

/// Writes `plugin.h`, `plugin.c` and `plugin_component_type.o`, which describes the world to wit-component.
pub(super) fn write(wit: &Path, world: &str, folder: &Path) -> Result<(), BuildError> {
    let wrong = |reason: String| BuildError::Contract { path: wit.to_owned(), reason };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).map_err(|error| wrong(format!("{error:#}")))?;
    let world = resolve.select_world(&[package], Some(world)).map_err(|error| wrong(format!("{error:#}")))?;
    let mut files = Files::default();
    // The same file names and types for every world.
    wit_bindgen_c::Opts { rename_world: Some("plugin".to_owned()), ..Default::default() }
        .build()
        .generate(&mut resolve, world, &mut files)
        .map_err(|error| wrong(format!("{error:#}")))?;
    fs::create_dir_all(folder).map_err(|source| BuildError::File { path: folder.to_owned(), source })?;
    for (name, bytes) in files.iter() {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(|source| BuildError::File { path, source })?;
    }
    Ok(())
}
