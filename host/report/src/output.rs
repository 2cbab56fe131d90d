//! Report destinations: standard output, or files that are replaced atomically.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use wardline_files::aliasing::resolved;
use wardline_files::replace::folder_of;
use wardline_files::unfinished::{Access, UnfinishedFile};

use super::model::{Head, TargetReport};
use super::summary::Summary;

/// An output format. Targets are rendered in parallel and joined in order.
pub trait Render: Send + Sync {
    /// Renders the part before the first target.
    fn begin(&self, head: &Head) -> Vec<u8>;

    /// Renders one target.
    fn target(&self, report: &TargetReport) -> Vec<u8>;

    /// Returns the output between two targets.
    fn separator(&self) -> &'static [u8];

    /// Renders the part after the last target.
    fn end(&self, summary: &Summary) -> Vec<u8>;
}

/// One target in each of a scan's formats, in order.
pub type Rendered = Vec<Vec<u8>>;

/// Where a report is written.
pub enum Destination {
    Stdout(Box<dyn Write>),
    File(PathBuf),
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Destination::Stdout(_) => formatter.write_str("Stdout"),
            Destination::File(path) => formatter.debug_tuple("File").field(path).finish(),
        }
    }
}

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the report to {destination}: {source}")]
pub struct OutputError {
    destination: String,
    source: std::io::Error,
}

/// The reports of one scan.
///
/// Files are written beside their final place and moved there by [`Outputs::finish`]; until then an older report is unchanged. Only
/// their owner can read them, because they reveal where a network is weak.
pub struct Outputs {
    writers: Vec<Writer>,
    begun: bool,
}

/// One destination while it is being written.
pub struct Writer {
    separator: &'static [u8],
    sink: Sink,
}

enum Sink {
    Stdout(Box<dyn Write>),
    /// A device, a pipe, or a link to a file without a path: none of these can be replaced.
    Special(File, PathBuf),
    File(BufWriter<UnfinishedFile>, PathBuf),
    /// Standard output, after its reader has gone.
    Closed,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sink = match &self.sink {
            Sink::Stdout(_) | Sink::Closed => "standard output".to_owned(),
            Sink::Special(_, path) | Sink::File(_, path) => path.display().to_string(),
        };
        formatter.debug_tuple("Writer").field(&sink).finish()
    }
}

impl std::fmt::Debug for Outputs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Outputs").field("writers", &self.writers.len()).finish_non_exhaustive()
    }
}

impl Outputs {
    /// Opens every destination and writes the part before the first target. `formats` and `destinations` are paired by position.
    pub fn begin(
        formats: &[Box<dyn Render>],
        destinations: Vec<Destination>,
        head: &Head,
    ) -> Result<Outputs, OutputError> {
        let mut writers = Vec::with_capacity(formats.len());
        for (format, destination) in formats.iter().zip(destinations) {
            let mut writer = Writer::open(destination, format.separator(), Access::Private)?;
            writer.write(&format.begin(head))?;
            writers.push(writer);
        }
        Ok(Outputs { writers, begun: false })
    }

    /// Appends one target.
    pub fn append(&mut self, rendered: &Rendered) -> Result<(), OutputError> {
        for (writer, bytes) in self.writers.iter_mut().zip(rendered) {
            if self.begun {
                writer.write(writer.separator)?;
            }
            writer.write(bytes)?;
        }
        self.begun = true;
        Ok(())
    }

    /// Whether none of the reports has a reader any more.
    pub fn closed(&self) -> bool {
        !self.writers.is_empty() && self.writers.iter().all(Writer::closed)
    }

    /// Writes the part after the last target, and moves files to their final places.
    pub fn finish(mut self, formats: &[Box<dyn Render>], summary: &Summary) -> Result<(), OutputError> {
        for (writer, format) in self.writers.iter_mut().zip(formats) {
            writer.write(&format.end(summary))?;
        }
        self.writers.into_iter().try_for_each(Writer::finish)
    }
}

impl Sink {
    fn open(destination: Destination, access: Access) -> Result<Sink, OutputError> {
        let path = match destination {
            Destination::Stdout(stream) => return Ok(Sink::Stdout(stream)),
            Destination::File(path) => path,
        };
        let failed = |source| OutputError { destination: path.display().to_string(), source };
        // A link remains a link: its target is replaced.
        let place = resolved(&path);
        match place.metadata() {
            Ok(metadata) if !metadata.is_file() || place.is_symlink() => {
                let file = File::options().write(true).open(&place).map_err(failed)?;
                Ok(Sink::Special(file, path))
            }
            _ => {
                let file = UnfinishedFile::begin(folder_of(&place), access).map_err(failed)?;
                Ok(Sink::File(BufWriter::with_capacity(256 * 1024, file), place))
            }
        }
    }
}

impl Writer {
    /// Opens a destination. `separator` is what the caller writes between two machines. `access` applies to a newly created file;
    /// output about machines reveals where they are weak, so it is [`Access::Private`].
    pub fn open(destination: Destination, separator: &'static [u8], access: Access) -> Result<Writer, OutputError> {
        Ok(Writer { separator, sink: Sink::open(destination, access)? })
    }

    /// Whether it has no reader any more.
    pub fn closed(&self) -> bool {
        matches!(self.sink, Sink::Closed)
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let written = match &mut self.sink {
            Sink::Stdout(stream) => stream.write_all(bytes),
            Sink::Special(file, _) => file.write_all(bytes),
            Sink::File(file, _) => file.write_all(bytes),
            Sink::Closed => Ok(()),
        };
        self.settle(written)
    }

    /// Moves a file to its final place.
    pub fn finish(mut self) -> Result<(), OutputError> {
        let done = match &mut self.sink {
            Sink::Stdout(stream) => stream.flush(),
            Sink::Special(file, _) => file.flush(),
            Sink::File(file, _) => file.flush(),
            Sink::Closed => Ok(()),
        };
        self.settle(done)?;
        let destination = self.name();
        match self.sink {
            Sink::File(file, path) => file
                .into_inner()
                .map_err(std::io::IntoInnerError::into_error)
                .and_then(|file| file.finish(&path))
                .map_err(|source| OutputError { destination, source }),
            _ => Ok(()),
        }
    }

    /// Handles the result of a write. A reader that has gone away is not an error: it has seen what it wanted.
    fn settle(&mut self, written: std::io::Result<()>) -> Result<(), OutputError> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe && matches!(self.sink, Sink::Stdout(_)) => {
                self.sink = Sink::Closed;
                Ok(())
            }
            Err(source) => Err(OutputError { destination: self.name(), source }),
            Ok(()) => Ok(()),
        }
    }

    fn name(&self) -> String {
        match &self.sink {
            Sink::Stdout(_) | Sink::Closed => "standard output".to_owned(),
            Sink::Special(_, path) | Sink::File(_, path) => path.display().to_string(),
        }
    }
}
