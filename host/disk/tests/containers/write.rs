//! Writers of containers, as small as the formats allow.

use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};

const MIB: usize = 1 << 20;

/// A parent's path, and which sectors the child has itself.
pub(crate) type Parent<'p> = Option<(&'p str, &'p [bool])>;

fn be(number: usize) -> [u8; 8] {
    (number as u64).to_be_bytes()
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Whether a range of sectors is stored: any that the child has, or any that is not zeros.
fn is_stored(block: &[u8], first: usize, parent: Parent<'_>) -> bool {
    match parent {
        Some((_, own)) => own[first..own.len().min(first + block.len().div_ceil(512))].contains(&true),
        None => block.iter().any(|byte| *byte != 0),
    }
}

fn vhd_checksum(bytes: &mut [u8], at: usize) {
    let sum = bytes.iter().fold(0u32, |sum, byte| sum.wrapping_add((*byte).into()));
    put(bytes, at, &(!sum).to_be_bytes());
}

fn vhd_footer(size: usize, kind: u8, header: usize) -> Vec<u8> {
    let mut footer = vec![0; 512];
    put(&mut footer, 0, b"conectix");
    put(&mut footer, 16, &be(header));
    put(&mut footer, 48, &be(size));
    footer[63] = kind;
    put(&mut footer, 68, &[7; 16]);
    vhd_checksum(&mut footer, 64);
    footer
}

pub(crate) fn vhd_fixed(disk: &[u8]) -> Vec<u8> {
    [disk, &vhd_footer(disk.len(), 2, usize::MAX)].concat()
}

pub(crate) fn vhd(disk: &[u8], parent: Parent<'_>) -> Vec<u8> {
    let block = MIB / 2;
    let count = disk.len().div_ceil(block);
    let footer = vhd_footer(disk.len(), if parent.is_some() { 4 } else { 3 }, 512);
    let mut header = vec![0; 1024];
    put(&mut header, 0, b"cxsparse");
    put(&mut header, 16, &be(2048));
    put(&mut header, 28, &(count as u32).to_be_bytes());
    put(&mut header, 32, &(block as u32).to_be_bytes());
    let mut locator = Vec::new();
    if let Some((path, _)) = parent {
        put(&mut header, 40, &[7; 16]);
        locator = utf16(path);
        put(&mut header, 576, b"W2ru");
        put(&mut header, 584, &(locator.len() as u32).to_be_bytes());
        put(&mut header, 592, &be(1536));
    }
    vhd_checksum(&mut header, 36);
    locator.resize(512, 0);
    let mut table = vec![0xff; 512];
    let mut data = Vec::new();
    for (number, bytes) in disk.chunks(block).enumerate() {
        let first = number * block / 512;
        if !is_stored(bytes, first, parent) {
            continue;
        }
        put(&mut table, number * 4, &(((2560 + data.len()) / 512) as u32).to_be_bytes());
        let mut bitmap = vec![if parent.is_some() { 0 } else { 0xff }; 512];
        let mut bytes = bytes.to_vec();
        bytes.resize(block, 0);
        if let Some((_, own)) = parent {
            for (sector, is_own) in own.iter().skip(first).take(block / 512).enumerate() {
                bitmap[sector / 8] |= u8::from(*is_own) << (7 - sector % 8);
                // Only the bitmap says that these are the parent's.
                if !is_own {
                    bytes[sector * 512..(sector + 1) * 512].fill(0xdd);
                }
            }
        }
        data.extend(bitmap);
        data.extend(bytes);
    }
    [footer.clone(), header, locator, table, data, footer].concat()
}

fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

fn guid(text: &str) -> Vec<u8> {
    let hex = text.replace('-', "");
    let mut bytes =
        (0..16).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hexadecimal")).collect::<Vec<_>>();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

pub(crate) fn vhdx(disk: &[u8], parent: Parent<'_>) -> Vec<u8> {
    let sectors_per_block = MIB / 512;
    // One entry of the table for each block, then one for the bitmap of the 4,096 blocks of a chunk.
    let ratio = 4096;
    let mut bytes = vec![0; 4 * MIB];
    put(&mut bytes, 0, b"vhdxfile");
    for (at, number) in [(64 << 10, 1u64), (128 << 10, 2)] {
        let mut header = vec![0; 4096];
        put(&mut header, 0, b"head");
        put(&mut header, 8, &number.to_le_bytes());
        put(&mut header, 32, &[9; 16]);
        put(&mut header, 66, &[1]);
        let crc = crc32c(&header);
        put(&mut header, 4, &crc.to_le_bytes());
        put(&mut bytes, at, &header);
    }
    let mut regions = vec![0; 64 << 10];
    put(&mut regions, 0, b"regi");
    regions[8] = 2;
    for (at, id, offset) in
        [(16, "2dc27766-f623-4200-9d64-115e9bfd4a08", 3 * MIB), (48, "8b7ca206-4790-4b9a-b8fe-575f050f886e", 2 * MIB)]
    {
        put(&mut regions, at, &guid(id));
        put(&mut regions, at + 16, &offset.to_le_bytes());
        put(&mut regions, at + 24, &(MIB as u32).to_le_bytes());
    }
    let crc = crc32c(&regions);
    put(&mut regions, 4, &crc.to_le_bytes());
    put(&mut bytes, 192 << 10, &regions);

    let mut items = vec![
        (
            "caa16737-fa36-4d43-b3b6-33f0aa44e76b",
            [MIB as u32, u32::from(parent.is_some()) * 2].map(u32::to_le_bytes).concat(),
        ),
        ("2fa54224-cd1b-4876-b211-5dbed83bf4b8", disk.len().to_le_bytes().to_vec()),
        ("8141bf1d-a96f-4709-ba47-f233a8faab5f", 512u32.to_le_bytes().to_vec()),
    ];
    if let Some((path, _)) = parent {
        items.push(("a8d35f2d-b30b-454d-abf7-d3d84834ab0c", locator(path)));
    }
    put(&mut bytes, 2 * MIB, b"metadata");
    bytes[2 * MIB + 10] = items.len() as u8;
    let mut offset = 64 << 10;
    for (number, (id, value)) in items.iter().enumerate() {
        let at = 2 * MIB + 32 + number * 32;
        put(&mut bytes, at, &guid(id));
        put(&mut bytes, at + 16, &(offset as u32).to_le_bytes());
        put(&mut bytes, at + 20, &(value.len() as u32).to_le_bytes());
        put(&mut bytes, 2 * MIB + offset, value);
        offset += 4096;
    }
    let mut bitmap = vec![0; MIB];
    for (number, block) in disk.chunks(MIB).enumerate() {
        let first = number * sectors_per_block;
        if !is_stored(block, first, parent) {
            continue;
        }
        let state = if parent.is_some() { 7 } else { 6 };
        let entry = bytes.len() as u64 | state;
        put(&mut bytes, 3 * MIB + number * 8, &entry.to_le_bytes());
        let mut block = block.to_vec();
        block.resize(MIB, 0);
        if let Some((_, own)) = parent {
            for (sector, is_own) in own.iter().skip(first).take(sectors_per_block).enumerate() {
                bitmap[(first + sector) / 8] |= u8::from(*is_own) << (sector % 8);
                if !is_own {
                    block[sector * 512..(sector + 1) * 512].fill(0xdd);
                }
            }
        }
        bytes.extend(block);
    }
    if parent.is_some() {
        let entry = bytes.len() as u64 | 6;
        put(&mut bytes, 3 * MIB + ratio * 8, &entry.to_le_bytes());
        bytes.extend(bitmap);
    }
    bytes
}

fn locator(path: &str) -> Vec<u8> {
    let linkage = format!("{{{}}}", "09090909-0909-0909-0909-090909090909");
    let mut bytes = guid("b04aefb7-d19e-4a81-b789-25b8e9445913");
    bytes.extend([0, 0, 2, 0]);
    let mut texts = Vec::new();
    for (key, value) in [("parent_linkage", linkage.as_str()), ("relative_path", path)] {
        let (key, value) = (utf16(key), utf16(value));
        let at = 20 + 24 + texts.len();
        bytes.extend([at as u32, (at + key.len()) as u32].map(u32::to_le_bytes).concat());
        bytes.extend([key.len() as u16, value.len() as u16].map(u16::to_le_bytes).concat());
        texts.extend([key, value].concat());
    }
    [bytes, texts].concat()
}

pub(crate) fn vmdk(disk: &[u8], is_stream: bool) -> Vec<u8> {
    let grain: usize = 64 << 10;
    let mut header = vec![0; 512];
    put(&mut header, 0, b"KDMV");
    put(&mut header, 4, &[if is_stream { 3 } else { 1 }]);
    put(&mut header, 8, &(if is_stream { 0x3_0001u32 } else { 1 }).to_le_bytes());
    put(&mut header, 12, &(disk.len() / 512).to_le_bytes());
    put(&mut header, 20, &(grain / 512).to_le_bytes());
    put(&mut header, 44, &512u32.to_le_bytes());
    header[77] = u8::from(is_stream);
    let mut table = vec![0; 2048];
    let mut data = Vec::new();
    // A stream has its tables after the data.
    let data_at = if is_stream { 512 } else { 512 * 6 };
    for (number, bytes) in disk.chunks(grain).enumerate() {
        if bytes.iter().all(|byte| *byte == 0) {
            continue;
        }
        put(&mut table, number * 4, &(((data_at + data.len()) / 512) as u32).to_le_bytes());
        if is_stream {
            let compressed = compress_to_vec_zlib(bytes, 1);
            data.extend((number * grain / 512).to_le_bytes());
            data.extend((compressed.len() as u32).to_le_bytes());
            data.extend(compressed);
        } else {
            data.extend(bytes);
        }
        data.resize(data.len().next_multiple_of(512), 0);
    }
    let directory = |table_at: usize| {
        let mut directory = ((table_at / 512) as u32).to_le_bytes().to_vec();
        directory.resize(512, 0);
        directory
    };
    if !is_stream {
        put(&mut header, 56, &1u64.to_le_bytes());
        return [header, directory(1024), table, data].concat();
    }
    let mut footer = header.clone();
    put(&mut header, 56, &[0xff; 8]);
    let table_at = data_at + data.len();
    put(&mut footer, 56, &((table_at + 2048) / 512).to_le_bytes());
    [header, data, table, directory(table_at), footer, vec![0; 512]].concat()
}

pub(crate) fn qcow2(disk: &[u8], is_compressed: bool, parent: Parent<'_>) -> Vec<u8> {
    let cluster: usize = 64 << 10;
    let mut header = vec![0; cluster];
    put(&mut header, 0, b"QFI\xfb");
    put(&mut header, 7, &[3]);
    put(&mut header, 23, &[16]);
    put(&mut header, 24, &be(disk.len()));
    put(&mut header, 36, &1u32.to_be_bytes());
    put(&mut header, 40, &be(cluster));
    put(&mut header, 100, &104u32.to_be_bytes());
    if let Some((name, _)) = parent {
        put(&mut header, 8, &be(1024));
        put(&mut header, 16, &(name.len() as u32).to_be_bytes());
        put(&mut header, 1024, name.as_bytes());
    }
    let mut first = vec![0; cluster];
    put(&mut first, 0, &be((2 * cluster) | (1 << 63)));
    let (mut second, mut data) = (vec![0; cluster], Vec::new());
    for (number, bytes) in disk.chunks(cluster).enumerate() {
        if !is_stored(bytes, number * cluster / 512, parent) {
            continue;
        }
        let mut bytes = bytes.to_vec();
        bytes.resize(cluster, 0);
        let at = 3 * cluster + data.len();
        let entry = if is_compressed {
            let compressed = compress_to_vec(&bytes, 1);
            data.extend(&compressed);
            // The number of further sectors that the data touches.
            let sectors = (at % 512 + compressed.len()).div_ceil(512) - 1;
            (1 << 62) | (sectors << 54) | at
        } else {
            data.extend(bytes);
            at | (1 << 63)
        };
        put(&mut second, number * 8, &be(entry));
    }
    data.resize(data.len().next_multiple_of(512), 0);
    [header, first, second, data].concat()
}

/// Writes an image in several segments, the names of which begin with their number.
pub(crate) fn ewf(disk: &[u8], segments: usize) -> Vec<(String, Vec<u8>)> {
    let chunk: usize = 32 << 10;
    let chunks = disk.chunks(chunk).collect::<Vec<_>>();
    let per_segment = chunks.len().div_ceil(segments);
    let section = |kind: &str, at: usize, size: usize, is_last: bool| {
        let mut header = vec![0; 76];
        put(&mut header, 0, kind.as_bytes());
        let next = if is_last { at } else { at + 76 + size };
        put(&mut header, 16, &next.to_le_bytes());
        put(&mut header, 24, &(76 + size).to_le_bytes());
        header
    };
    let parts = chunks.chunks(per_segment).enumerate().map(|(number, chunks)| {
        let mut bytes = b"EVF\t\r\n\xff\x00\x01".to_vec();
        bytes.extend([number as u8 + 1, 0, 0, 0]);
        if number == 0 {
            let at = bytes.len();
            bytes.extend(section("volume", at, 94, false));
            let mut volume = vec![0; 94];
            put(&mut volume, 8, &64u32.to_le_bytes());
            put(&mut volume, 12, &512u32.to_le_bytes());
            put(&mut volume, 16, &(disk.len() / 512).to_le_bytes());
            bytes.extend(volume);
        }
        let at = bytes.len();
        let (mut data, mut entries) = (Vec::new(), Vec::new());
        for (number, chunk) in chunks.iter().enumerate() {
            let offset = (at + 76 + data.len()) as u32;
            // Every other chunk is not compressed, and has a checksum.
            if number % 2 == 0 {
                entries.extend((offset | (1 << 31)).to_le_bytes());
                data.extend(compress_to_vec_zlib(chunk, 1));
            } else {
                entries.extend(offset.to_le_bytes());
                data.extend([chunk, &[0; 4][..]].concat());
            }
        }
        bytes.extend(section("sectors", at, data.len(), false));
        bytes.extend(data);
        let at = bytes.len();
        bytes.extend(section("table", at, 24 + entries.len() + 4, false));
        bytes.extend((chunks.len() as u32).to_le_bytes());
        bytes.extend([0; 20]);
        bytes.extend(entries);
        bytes.extend([0; 4]);
        let at = bytes.len();
        bytes.extend(section(if number + 1 == segments { "done" } else { "next" }, at, 0, true));
        (format!("{segments}.E{:02}", number + 1), bytes)
    });
    parts.collect()
}
