//! A read-only library for disk images of Windows machines, from the file of the image to the files in its volumes.
//!
//! - Containers: raw, VHD, VHDX (both also differencing), VMDK, QCOW2 (with backing files) and E01 (split), recognised by content.
//! - Partition tables: MBR with logical partitions, GPT with its copy, none.
//! - File systems: NTFS (compressed, sparse and fragmented files, attribute lists, links, system files compressed with XPRESS or LZX,
//!   security descriptors) and its volume shadow copies, FAT12, FAT16, FAT32 and exFAT. BitLocker, ReFS, Storage Spaces, dynamic
//!   disks and LUKS are named.
//!
//! Designed for untrusted images:
//!
//! - Everything is read by place. No structure is read as a whole unless its size has a limit, and no size is believed.
//! - Chains of parents, of tables and of clusters are bounded and may not have circles. Parents and extents are opened in the
//!   image's own folder only.
//! - An error names the structure that is at fault. Damage affects only what is stored there.
//!
//! ```no_run
//! use wardline_disk::{Contents, Image, ReadAt as _};
//!
//! let image = Image::open("server.vhdx".as_ref())?;
//! for volume in image.volumes()? {
//!     if let Contents::Readable(files) = volume.open()? {
//!         let root = files.root();
//!         if let Some(folder) = files.find(&root, "Windows")? {
//!             println!("partition {:?}, {}: {:?}", volume.number, files.name(), folder.name);
//!         }
//!     }
//! }
//! println!("{} bytes read", image.bytes_read());
//! # Ok::<(), wardline_disk::Error>(())
//! ```

mod bytes;
mod compress;
mod container;
mod crc;
mod error;
mod fat;
mod file_system;
mod image;
mod ntfs;
mod partition;
mod place;
mod read_at;
mod shadow;
mod tree;

pub use container::Format;
pub use container::siblings::{HostFolder, Siblings};
pub use error::Error;
pub use file_system::{Doubt, Entry, FileSystem, Kind, Metadata, Node, Target};
pub use image::{Contents, Image, Volume};
pub use read_at::{Counter, HostFile, ReadAt};
pub use shadow::{Shadow, ShadowCopy};
pub use tree::{Found, Tree};

/// Decompression, for tests and fuzzing.
pub mod compression {
    pub use crate::compress::Corrupt;
    pub use crate::compress::lznt1::decompress as lznt1;
    pub use crate::compress::lzx::decompress as lzx;
    pub use crate::compress::xpress::decompress as xpress;
}
