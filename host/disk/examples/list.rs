//! Lists the files of an image, with their lengths, and the bytes read: `list IMAGE [--sums]`.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;

use wardline_disk::{Contents, FileSystem, Image, Kind, Node, ReadAt as _};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: list IMAGE [--sums]")?;
    let sums = arguments.next().is_some();
    let image = Image::open(Path::new(&path))?;
    println!("{image:?}");
    for volume in image.volumes()? {
        let contents = volume.open();
        println!("{volume:?}: {contents:?}");
        if let Ok(Contents::Readable(files)) = contents {
            println!("doubts: {:?}", files.doubts());
            list(&*files, &files.root(), "", sums, 0)?;
        }
    }
    println!("{} bytes read", image.bytes_read());
    Ok(())
}

fn list(files: &dyn FileSystem, folder: &Node, path: &str, sums: bool, depth: usize) -> Result<(), Box<dyn Error>> {
    let mut entries = Vec::new();
    files.list(folder, &mut |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    })?;
    for entry in entries {
        let path = format!("{path}/{}", entry.name);
        let found = files.find(folder, &entry.name)?.ok_or_else(|| format!("{path} is listed and not found"))?;
        let metadata = files.metadata(&found.node)?;
        let security = files.security(&found.node).map(|found| found.map(|bytes| bytes.len()));
        match entry.kind {
            Kind::Folder => {
                println!("{path}/ {security:?}");
                if depth < 100 {
                    list(files, &entry.node, &path, sums, depth + 1)?;
                }
            }
            Kind::Link => println!("{path} -> {:?}", files.link(&entry.node)?),
            Kind::File => {
                let sum = if sums { sum(files, &entry.node) } else { String::new() };
                println!("{path} {} {:?} {security:?} {sum}", metadata.size, metadata.modified);
            }
        }
    }
    Ok(())
}

fn sum(files: &dyn FileSystem, file: &Node) -> String {
    let read = || -> Result<String, Box<dyn Error>> {
        use sha2::{Digest as _, Sha256};
        let file = files.open(file)?;
        let (mut hash, mut buffer, mut at) = (Sha256::new(), vec![0; 1 << 16], 0);
        loop {
            match file.read_full_at(&mut buffer, at)? {
                0 => break,
                count => {
                    hash.update(buffer.get(..count).unwrap_or_default());
                    at += count as u64;
                }
            }
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    };
    read().unwrap_or_else(|error| error.to_string())
}
