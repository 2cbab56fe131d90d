//! Structural limits on a component's file.
//!
//! Tools that parse and compile WebAssembly were written for the output of compilers. In some of them, time or memory grows with
//! the square of the quantities counted here: a hundred thousand nested components (a file of one megabyte) make the snapshot tool
//! allocate all available memory.

use wardline_contract::Outcome;
use wasmparser::{Parser, Payload};

use super::Failure;

/// The maximum depth of nested components. Linkers nest them two or three deep.
const DEEPEST: usize = 16;

/// The maximum number of components and core modules. An interpreter linked from shared libraries has about forty.
const MAX_PARTS: usize = 1000;

/// The maximum size of one function's code in bytes. The largest known, the main loops of interpreters, have some hundred thousand;
/// compile time can grow faster than linearly with a function's size.
const LARGEST_FUNCTION: usize = 1 << 20;

/// Checks that a file is within these limits. It may still be invalid.
pub(super) fn check(bytes: &[u8]) -> Result<(), Failure> {
    let incompatible = |detail: String| Failure::new(Outcome::Incompatible, detail);
    let (mut depth, mut parts) = (0, 0);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| incompatible(format!("is damaged WebAssembly: {}", error.message())))? {
            Payload::Version { .. } => {
                depth += 1;
                parts += 1;
            }
            Payload::End(_) => depth = usize::saturating_sub(depth, 1),
            Payload::CodeSectionEntry(body) => {
                let size = body.range().len();
                if size > LARGEST_FUNCTION {
                    let detail = format!("has a function of {size} bytes: at most {LARGEST_FUNCTION} are allowed");
                    return Err(incompatible(detail));
                }
            }
            _ => {}
        }
        if depth > DEEPEST {
            return Err(incompatible(format!("nests components more than {DEEPEST} deep")));
        }
        if parts > MAX_PARTS {
            return Err(incompatible(format!("consists of more than {MAX_PARTS} components and modules")));
        }
    }
    Ok(())
}
