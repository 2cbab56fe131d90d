/// Builds a cabinet of one folder ([MS-CAB], section 2).
#[derive(Clone, Debug, Default)]
pub(crate) struct CabinetBuilder {
    files: Vec<(String, Vec<u8>)>,
    method: Method,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Method {
    #[default]
    Stored,
    MsZip,
    Lzx,
}

/// The offsets of fields in a header.
pub(crate) const CABINET_BYTES: usize = 8;
pub(crate) const FILES_AT: usize = 16;
pub(crate) const FLAGS: usize = 30;
/// The offset of the first folder's entry, in a cabinet without a reserve.
pub(crate) const FOLDER: usize = 36;

impl CabinetBuilder {
    pub(crate) fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    /// Packs the data with MSZIP, in deflate's stored blocks, instead of not at all.
    pub(crate) fn mszip(mut self) -> Self {
        self.method = Method::MsZip;
        self
    }

    /// Packs the data with LZX, in one of its uncompressed blocks: up to 32 KiB.
    pub(crate) fn lzx(mut self) -> Self {
        self.method = Method::Lzx;
        self
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let unpacked: Vec<u8> = self.files.iter().flat_map(|(_, content)| content.clone()).collect();
        let mut entries = Vec::new();
        let mut offset = 0u32;
        for (name, content) in &self.files {
            entries.extend((content.len() as u32).to_le_bytes());
            entries.extend(offset.to_le_bytes());
            entries.extend([0, 0, 0x7b, 0x5d, 0x72, 0x0c, 0x20, 0x00]);
            entries.extend(name.bytes());
            entries.push(0);
            offset += content.len() as u32;
        }
        let mut data = Vec::new();
        let blocks: Vec<&[u8]> = unpacked.chunks(0x8000).collect();
        for block in &blocks {
            let length = (block.len() as u16).to_le_bytes();
            let packed = match self.method {
                Method::Stored => block.to_vec(),
                Method::MsZip => {
                    let complement = (!(block.len() as u16)).to_le_bytes();
                    [&[b'C', b'K', 1][..], &length, &complement, block].concat()
                }
                Method::Lzx => {
                    // No translation of calls, a block of type 3 with its size, in bits of 16-bit words; three offsets.
                    let bits = 3 << 28 | (block.len() as u32) << 4;
                    let words = [(bits >> 16) as u16, bits as u16].map(u16::to_le_bytes).concat();
                    let pad = vec![0; block.len() % 2];
                    [words, 1u32.to_le_bytes().repeat(3), block.to_vec(), pad].concat()
                }
            };
            data.extend(0u32.to_le_bytes());
            data.extend((packed.len() as u16).to_le_bytes());
            data.extend(length);
            data.extend(packed);
        }
        let files_at = FOLDER + 8;
        let data_at = files_at + entries.len();
        let mut cabinet = b"MSCF\0\0\0\0".to_vec();
        cabinet.extend(((data_at + data.len()) as u32).to_le_bytes());
        cabinet.extend([0; 4]);
        cabinet.extend((files_at as u32).to_le_bytes());
        cabinet.extend([0, 0, 0, 0, 3, 1, 1, 0]);
        cabinet.extend((self.files.len() as u16).to_le_bytes());
        cabinet.extend([0; 6]);
        cabinet.extend((data_at as u32).to_le_bytes());
        cabinet.extend((blocks.len() as u16).to_le_bytes());
        cabinet.extend(match self.method {
            Method::Stored => [0, 0],
            Method::MsZip => [1, 0],
            Method::Lzx => [3, 15],
        });
        [cabinet, entries, data].concat()
    }
}
