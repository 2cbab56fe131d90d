//! What a component's file may consist of.
//!
//! Tools that read and compile WebAssembly were written for files that compilers write. In some the work, or the memory, grows
//! with the square of what is counted here: a hundred thousand components within each other (a file of a megabyte) make the
//! one that takes snapshots ask for all the memory that there is.

use wardline_contract::Outcome;
use wasmparser::{Parser, Payload};

use super::Failure;

/// Components within components. Linkers nest them two or three deep.
const DEEPEST: usize = 16;

/// Components and core modules. An interpreter that was linked from shared libraries has some forty.
const MOST_PARTS: usize = 1000;

/// Bytes of one function's code. The largest that we know, the main loops of interpreters, have some hundred thousand;
/// compiling a function can take longer than in proportion to its size.
const LARGEST_FUNCTION: u64 = 1 << 20;

/// Makes sure that a file can be worked on. It need not be valid otherwise.
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
                let size = body.range().end - body.range().start;
                if size > LARGEST_FUNCTION {
                    let detail = format!("has a function of {size} bytes, {LARGEST_FUNCTION} are allowed");
                    return Err(incompatible(detail));
                }
            }
            _ => {}
        }
        if depth > DEEPEST {
            return Err(incompatible(format!("nests components more than {DEEPEST} deep")));
        }
        if parts > MOST_PARTS {
            return Err(incompatible(format!("consists of more than {MOST_PARTS} components and modules")));
        }
    }
    Ok(())
}
