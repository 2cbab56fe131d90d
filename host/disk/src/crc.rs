//! The checksums of partition tables (CRC-32) and of VHDX (CRC-32C).

/// The reflected polynomials.
const CRC32: u32 = 0xedb8_8320;
const CRC32C: u32 = 0x82f6_3b78;

/// CRC-32 as in Ethernet and GPT.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    reflected(CRC32, bytes)
}

/// CRC-32C (Castagnoli).
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    reflected(CRC32C, bytes)
}

/// Whether the CRC-32C at offset 4 is that of all bytes with itself as zero, as in the structures of VHDX.
pub(crate) fn checksum_is_right(bytes: &[u8]) -> bool {
    let mut copy = bytes.to_vec();
    let Some(stored) = copy.get_mut(4..8) else { return false };
    let expected = stored.to_vec();
    stored.fill(0);
    crc32c(&copy).to_le_bytes() == *expected
}

fn reflected(polynomial: u32, bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { polynomial } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_catalogue_of_crcs() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
