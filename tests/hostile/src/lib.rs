//! Components that each break one promise of the sandbox, or try to.
//!
//! Each lies in a file of its own, which says how it attacks: most as WebAssembly text in `components/`, which is put into a
//! small well-behaved plugin ([`well_behaved`]) in place of the parts of the same names; those whose text would be large in
//! `src/generated/`. What has to become of each says the table in `host/cli/tests/hostile/`.

mod assemble;
mod generated;

pub use assemble::AssembleError;

/// The outermost interfaces' names, as a component exports them.
pub const DETECTION: &str = "wardline:check/detection@0.1.0";
pub const REMEDIATION: &str = "wardline:check/remediation@0.1.0";

/// One component of the corpus.
#[derive(Clone, Copy, Debug)]
pub struct Hostile {
    /// The name of its file, and of the plugin.
    pub name: &'static str,
    source: Source,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    /// Parts of a core module, or a whole component, as text.
    Text(&'static str),
    /// What writes a whole component, as text or in binary; the file that it is in, and that file's name.
    Generated(fn() -> Vec<u8>, &'static str, &'static str),
}

impl Hostile {
    /// How it attacks: the comment that its source begins with, on one line.
    pub fn attack(&self) -> String {
        let comment = match self.source {
            Source::Text(text) => text,
            Source::Generated(_, about, _) => about,
        };
        let lines = comment.lines().map_while(|line| line.strip_prefix(";; ").or_else(|| line.strip_prefix("//! ")));
        lines.collect::<Vec<_>>().join(" ")
    }

    /// The file that it lies in, below `tests/hostile`.
    pub fn file(&self) -> String {
        match self.source {
            Source::Text(_) => format!("components/{}.wat", self.name),
            Source::Generated(_, _, module) => format!("src/generated/{module}.rs"),
        }
    }

    /// The component's bytes.
    ///
    /// # Errors
    ///
    /// When the source is no WebAssembly text, or does not fit the contract.
    pub fn bytes(&self) -> Result<Vec<u8>, AssembleError> {
        match self.source {
            Source::Text(text) => assemble::component(self.name, text),
            Source::Generated(component, ..) => assemble::whole(&component()),
        }
    }
}

/// The plugin that the hostile ones are made from, under its own name.
///
/// # Errors
///
/// See [`Hostile::bytes`].
pub fn well_behaved() -> Result<Vec<u8>, AssembleError> {
    assemble::component("well-behaved", "")
}

macro_rules! corpus {
    (text: $($text:literal)*; generated: $($module:ident $name:literal)*) => {
        /// Every hostile component.
        pub const CORPUS: &[Hostile] = &[
            $(Hostile { name: $text, source: Source::Text(include_str!(concat!("../components/", $text, ".wat"))) },)*
            $(Hostile {
                name: $name,
                source: Source::Generated(
                    generated::$module::component,
                    include_str!(concat!("generated/", stringify!($module), ".rs")),
                    stringify!($module),
                ),
            },)*
        ];
    };
}

corpus! {
    text:
        "endless-loop" "bulk-fill" "deep-recursion" "endless-start" "endless-describe" "endless-prepare"
        "endless-realloc" "endless-cleanup" "endless-remediate" "endless-rounds" "one-big-ask" "costly-questions"
        "scope-maze" "long-paths" "huge-memory" "memory-growth" "many-memories" "memories-in-sum" "table-growth"
        "huge-table" "noisy-snapshot" "huge-text" "long-subject" "long-remedy" "nested-lists" "many-checks"
        "invalid-utf8" "invalid-grade" "invalid-step" "invalid-question" "text-out-of-bounds" "list-out-of-bounds"
        "list-wraps-around" "result-unaligned" "result-out-of-bounds" "realloc-out-of-bounds" "realloc-unaligned"
        "realloc-traps" "trap-in-describe" "trap-in-prepare" "trap-in-detect" "trap-in-resume" "trap-in-remediate"
        "trap-in-start" "trap-in-cleanup" "out-of-bounds" "wild-call" "undeclared-check" "invented-evidence"
        "invented-update" "invented-product" "invented-test" "invented-finding" "foreign-install" "wrong-columns"
        "devious-name" "escapes-in-names" "twice-declared" "changing-description" "escape-sequences"
        "forged-panic" "outside-its-scopes" "leftovers"
        "busy-counting" "not-a-number" "one-target-only" "core-module" "wrong-world" "other-version" "no-version"
        "imports-wasi" "imports-unknown" "imports-of-a-module" "other-types" "missing-functions" "shared-memory";
    generated:
        compile_bomb "compile-bomb"
        growing_types "growing-types"
        many_exports "many-exports"
        many_instances "many-instances"
        nested_components "nested-components"
        nested_types "nested-types"
}

/// The component of a name.
pub fn named(name: &str) -> Option<&'static Hostile> {
    CORPUS.iter().find(|hostile| hostile.name == name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_component_can_be_built_and_says_how_it_attacks() {
        well_behaved().unwrap();
        for hostile in CORPUS {
            let bytes = hostile.bytes().unwrap_or_else(|error| panic!("{}: {error}", hostile.name));
            assert!(bytes.starts_with(b"\0asm"), "{}", hostile.name);
            assert!(hostile.attack().len() > 20, "{}", hostile.name);
        }
    }

    #[test]
    fn every_file_is_in_the_corpus() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("components");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            assert!(named(path.file_stem().unwrap().to_str().unwrap()).is_some(), "{}", path.display());
        }
    }
}
