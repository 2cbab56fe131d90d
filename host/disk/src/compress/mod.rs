//! The compressions of Windows: LZNT1 of compressed NTFS files, XPRESS and LZX of system files (WOF).

mod bits;
mod huffman;
pub(crate) mod lznt1;
pub(crate) mod lzx;
pub(crate) mod xpress;

/// Compressed data is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the compressed data is damaged: {0}")]
pub struct Corrupt(&'static str);

/// Appends `length` bytes copied from `distance` bytes before the end. The two ranges may overlap.
fn repeat(output: &mut Vec<u8>, distance: usize, length: usize) -> Result<(), Corrupt> {
    let start = output.len().checked_sub(distance).filter(|_| distance > 0);
    let start = start.ok_or(Corrupt("a match begins before the data"))?;
    if distance >= length {
        output.extend_from_within(start..start + length);
        return Ok(());
    }
    for at in start..start + length {
        let Some(byte) = output.get(at).copied() else { break };
        output.push(byte);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
