//! Components within components, a hundred thousand deep: whoever walks them by calling itself runs out of stack.

const DEPTH: usize = 100_000;
const PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";
const COMPONENT_SECTION: u8 = 4;

pub(crate) fn component() -> Vec<u8> {
    // Backwards, from the innermost: a component is preceded by its size, which is known only then.
    let mut backwards: Vec<u8> = PREAMBLE.iter().rev().copied().collect();
    for _ in 1..DEPTH {
        let mut head = PREAMBLE.to_vec();
        section_head(&mut head, backwards.len());
        backwards.extend(head.iter().rev());
    }
    let nested: Vec<u8> = backwards.into_iter().rev().collect();

    // The same interface as in the others, after them.
    let mut bytes = PREAMBLE.to_vec();
    section_head(&mut bytes, nested.len());
    bytes.extend(nested);
    let outermost = wat::parse_str(format!("(component {})", super::EMPTY_INTERFACE)).unwrap_or_default();
    bytes.extend(outermost.into_iter().skip(PREAMBLE.len()));
    bytes
}

/// The kind of a section and its size, as LEB128.
fn section_head(bytes: &mut Vec<u8>, mut size: usize) {
    bytes.push(COMPONENT_SECTION);
    while size >= 0x80 {
        bytes.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    bytes.push(size as u8);
}
