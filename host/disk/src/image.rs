//! An image: its disk, and the volumes on it.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::container::siblings::{Family, HostFolder, Siblings, open_regular};
use crate::container::{self, Format};
use crate::error::Result;
use crate::fat::{self, Fat};
use crate::file_system::FileSystem;
use crate::ntfs::{self, Ntfs};
use crate::partition::{self, Kind};
use crate::read_at::{Cached, Counter, HostFile, ReadAt, Slice};
use crate::shadow::{self, Shadow, ShadowCopy};

/// The size of the cache of an image, in bytes.
const CACHE: usize = 8 << 20;

/// The number of bytes at the start of a volume that show its file system.
const START: usize = 2048;

/// A disk image.
pub struct Image {
    format: Format,
    disk: Arc<dyn ReadAt>,
    damage: Vec<String>,
    counter: Counter,
}

impl fmt::Debug for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.disk.size();
        formatter.debug_struct("Image").field("format", &self.format).field("size", &size).finish_non_exhaustive()
    }
}

/// A volume on a disk: a partition, or the whole disk if it has no partition table.
pub struct Volume {
    /// The number of the partition; `None` for the whole disk.
    pub number: Option<u32>,
    /// The offset from the start of the disk, in bytes.
    pub start: u64,
    /// The length in bytes.
    pub size: u64,
    kind: Kind,
    disk: Arc<dyn ReadAt>,
}

impl fmt::Debug for Volume {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Volume");
        debug.field("number", &self.number).field("start", &self.start).field("size", &self.size);
        debug.finish_non_exhaustive()
    }
}

/// The contents of a volume.
pub enum Contents {
    Readable(Box<dyn FileSystem>),
    /// Contents that are recognised but cannot be read: `BitLocker`.
    Unsupported(&'static str),
    /// Contents that are not recognised.
    Unknown,
}

impl fmt::Debug for Contents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Contents::Readable(files) => write!(formatter, "Readable({})", files.name()),
            Contents::Unsupported(name) => write!(formatter, "Unsupported({name})"),
            Contents::Unknown => formatter.write_str("Unknown"),
        }
    }
}

/// Signatures of contents that are recognised to be refused by name, and their offsets.
const REFUSED: [(usize, &[u8], &str); 6] = [
    (3, b"-FVE-FS-", "BitLocker"),
    // BitLocker To Go, on a volume that looks like FAT: the identifier of BitLocker.
    (424, b"\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", "BitLocker"),
    (3, b"ReFS\0\0\0\0", "ReFS"),
    (0, b"LUKS\xba\xbe", "LUKS"),
    (1080, b"\x53\xef", "ext2, ext3 or ext4"),
    (0, b"XFSB", "XFS"),
];

impl Image {
    /// Opens the image in a file. Parents and extents are searched for in its folder.
    ///
    /// # Errors
    ///
    /// If the file or one that it needs cannot be opened, or is damaged or of an unsupported kind.
    pub fn open(path: &Path) -> Result<Image> {
        let counter = Counter::default();
        let file = Arc::new(HostFile::new(open_regular(path)?, counter.clone())?);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let siblings = HostFolder::new(folder.to_owned(), counter.clone());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Image::open_in(&siblings, &name, file, counter)
    }

    /// Opens the image in a file of any kind. `name` is its name in the folder, and `counter` counts what is read from both.
    ///
    /// # Errors
    ///
    /// Same as [`Image::open`].
    pub fn open_in(siblings: &dyn Siblings, name: &str, file: Arc<dyn ReadAt>, counter: Counter) -> Result<Image> {
        let names = [name.to_owned()];
        let opened = container::open(Family::new(siblings, &names), file, None)?;
        let disk: Arc<dyn ReadAt> = Arc::new(Cached::new(opened.disk, CACHE));
        Ok(Image { format: opened.format, disk, damage: opened.damage, counter })
    }

    /// Returns whether the contents of a file are those of a disk image. A raw image is recognised by its first sector.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or is an image of an unsupported format.
    pub fn is_image(path: &Path) -> Result<bool> {
        let file = HostFile::new(open_regular(path)?, Counter::default())?;
        if container::recognise(&file)? != Format::Raw {
            return Ok(true);
        }
        let start = file.bytes_at(0, START)?;
        let is_refused = |(at, signature, _): &(usize, &[u8], &str)| starts_at(&start, *at, signature);
        let has_boot_signature = starts_at(&start, 510, &[0x55, 0xaa]);
        Ok(has_boot_signature || fat::is_boot_sector(&start) || REFUSED.iter().any(is_refused))
    }

    /// The format of the file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The memory that the image may take for caches, in bytes.
    pub fn memory(&self) -> u64 {
        (CACHE as u64).min(self.disk.size().next_multiple_of(4096)) + (2 << 20)
    }

    /// The bytes of the disk.
    pub fn disk(&self) -> Arc<dyn ReadAt> {
        Arc::clone(&self.disk)
    }

    /// The number of bytes read from the host's files so far.
    pub fn bytes_read(&self) -> u64 {
        self.counter.bytes()
    }

    /// The counter of the bytes read from the host's files, to be kept longer than the image.
    pub fn counter(&self) -> Counter {
        self.counter.clone()
    }

    /// Damage of the container that did not prevent opening it.
    pub fn damage(&self) -> &[String] {
        &self.damage
    }

    /// Lists the volumes: the partitions in the order of their numbers, or the whole disk.
    ///
    /// # Errors
    ///
    /// If the partition table cannot be read.
    pub fn volumes(&self) -> Result<Vec<Volume>> {
        let whole = || Volume {
            number: None,
            start: 0,
            size: self.disk.size(),
            kind: Kind::Plain,
            disk: Arc::clone(&self.disk),
        };
        // The first sector of a volume has the signature of an MBR too.
        if !matches!(whole().open(), Ok(Contents::Unknown)) {
            return Ok(vec![whole()]);
        }
        let Some(partitions) = partition::partitions(&self.disk, &mut Vec::new())? else { return Ok(vec![whole()]) };
        let volume = |partition: partition::Partition| Volume {
            number: Some(partition.number),
            start: partition.start,
            size: partition.size,
            kind: partition.kind,
            disk: Arc::clone(&self.disk),
        };
        Ok(partitions.into_iter().filter(|partition| partition.kind != Kind::Reserved).map(volume).collect())
    }
}

impl Volume {
    /// The bytes of the volume.
    pub fn device(&self) -> Arc<dyn ReadAt> {
        Arc::new(Slice::new(Arc::clone(&self.disk), self.start, self.size))
    }

    /// Opens the file system.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn open(&self) -> Result<Contents> {
        Ok(match (self.kind, open(self.device())?) {
            // A simple volume of a dynamic disk is in one piece.
            (Kind::Dynamic, Contents::Unknown) => Contents::Unsupported("part of a dynamic disk"),
            (Kind::StorageSpaces, _) => Contents::Unsupported("part of Storage Spaces"),
            (_, contents) => contents,
        })
    }

    /// Lists the volume shadow copies that Windows keeps in this volume, the oldest first.
    ///
    /// # Errors
    ///
    /// If their catalog is damaged.
    pub fn shadow_copies(&self) -> Result<Vec<ShadowCopy>> {
        shadow::list(&self.device())
    }

    /// Opens the state of the volume in a shadow copy: its bytes, which [`open`](Volume::open) would read as a file system.
    ///
    /// # Errors
    ///
    /// If there is no such shadow copy, or its lists are damaged.
    pub fn shadow_copy(&self, number: u32) -> Result<Shadow> {
        shadow::open(&self.device(), number)
    }
}

impl Shadow {
    /// Opens the file system.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn open(self) -> Result<Contents> {
        open(Arc::new(self))
    }
}

fn open(device: Arc<dyn ReadAt>) -> Result<Contents> {
    let start = device.bytes_at(0, START)?;
    if starts_at(&start, 3, ntfs::OEM) {
        return Ok(Contents::Readable(Box::new(Ntfs::open(device)?)));
    }
    if let Some((.., name)) = REFUSED.iter().find(|(at, signature, _)| starts_at(&start, *at, signature)) {
        return Ok(Contents::Unsupported(name));
    }
    if fat::is_boot_sector(&start) {
        return Ok(Contents::Readable(Box::new(Fat::open(device)?)));
    }
    Ok(Contents::Unknown)
}

fn starts_at(bytes: &[u8], at: usize, signature: &[u8]) -> bool {
    bytes.get(at..).is_some_and(|bytes| bytes.starts_with(signature))
}
