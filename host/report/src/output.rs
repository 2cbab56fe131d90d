//! Report destinations: standard output, or files that are replaced atomically.

use std::fs::File;
use std::io::{BufWriter, ErrorKind, Read, Seek, Write};
use std::path::PathBuf;

use tempfile::{SpooledTempFile, spooled_tempfile_in};
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

    /// Renders the part after the last target in pieces. Only formats whose end grows with the number of targets need more than
    /// one piece.
    fn ending<'a>(&'a self, summary: &'a Summary) -> Box<dyn Iterator<Item = Vec<u8>> + 'a> {
        Box::new(std::iter::once(self.end(summary)))
    }

    /// Whether an [`overview`](Render::overview) precedes the targets, so that they are kept in a temporary file until all are
    /// known.
    fn has_overview(&self) -> bool {
        false
    }

    /// Renders the part between [`begin`](Render::begin) and the first target that needs all targets to be known.
    fn overview(&self, _: &Summary) -> Vec<u8> {
        Vec::new()
    }
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
    streams: Vec<Stream>,
    begun: bool,
}

/// One format's destination, and its targets if they have to wait.
struct Stream {
    writer: Writer,
    spool: Option<Spool>,
}

/// The targets that wait for the overview. The file has no name, so that nothing is left of it if the program is killed.
struct Spool(BufWriter<SpooledTempFile>);

/// The size up to which targets wait in memory.
const SPOOLED_IN_MEMORY: usize = 1 << 20;

impl Spool {
    /// Returns an empty spool, whose file will be beside the report: there is room for that one, too.
    fn beside(destination: &Destination) -> Spool {
        let folder = match destination {
            Destination::Stdout(_) => std::env::temp_dir(),
            Destination::File(path) => match resolved(path) {
                place if place.exists() && !place.is_file() => std::env::temp_dir(),
                place => folder_of(&place).to_owned(),
            },
        };
        Spool(BufWriter::with_capacity(64 * 1024, spooled_tempfile_in(SPOOLED_IN_MEMORY, folder)))
    }

    fn copy_to(self, writer: &mut Writer) -> Result<(), OutputError> {
        let failed = |writer: &Writer, source| OutputError { destination: writer.name(), source };
        let mut file = self.0.into_inner().map_err(|error| failed(writer, error.into_error()))?;
        file.rewind().map_err(|source| failed(writer, source))?;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer).map_err(|source| failed(writer, source))? {
                0 => return Ok(()),
                read => writer.write(&buffer[..read])?,
            }
        }
    }
}

impl Stream {
    fn append(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        match &mut self.spool {
            None => self.writer.write(bytes),
            Some(spool) => {
                spool.0.write_all(bytes).map_err(|source| OutputError { destination: self.writer.name(), source })
            }
        }
    }
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
        formatter.debug_struct("Outputs").field("formats", &self.streams.len()).finish_non_exhaustive()
    }
}

impl Outputs {
    /// Opens every destination and writes the part before the first target. `formats` and `destinations` are paired by position.
    pub fn begin(
        formats: &[Box<dyn Render>],
        destinations: Vec<Destination>,
        head: &Head,
    ) -> Result<Outputs, OutputError> {
        let mut streams = Vec::with_capacity(formats.len());
        for (format, destination) in formats.iter().zip(destinations) {
            let spool = format.has_overview().then(|| Spool::beside(&destination));
            let mut writer = Writer::open(destination, format.separator(), Access::Private)?;
            writer.write(&format.begin(head))?;
            streams.push(Stream { writer, spool });
        }
        Ok(Outputs { streams, begun: false })
    }

    /// Appends one target.
    pub fn append(&mut self, rendered: &Rendered) -> Result<(), OutputError> {
        for (stream, bytes) in self.streams.iter_mut().zip(rendered) {
            if self.begun {
                stream.append(stream.writer.separator)?;
            }
            stream.append(bytes)?;
        }
        self.begun = true;
        Ok(())
    }

    /// Whether none of the reports has a reader any more.
    pub fn closed(&self) -> bool {
        !self.streams.is_empty() && self.streams.iter().all(|stream| stream.writer.closed())
    }

    /// Writes the overviews and the parts after the last target, and moves files to their final places.
    pub fn finish(mut self, formats: &[Box<dyn Render>], summary: &Summary) -> Result<(), OutputError> {
        for (stream, format) in self.streams.iter_mut().zip(formats) {
            if let Some(spool) = stream.spool.take() {
                stream.writer.write(&format.overview(summary))?;
                spool.copy_to(&mut stream.writer)?;
            }
            for piece in format.ending(summary) {
                stream.writer.write(&piece)?;
            }
        }
        self.streams.into_iter().try_for_each(|stream| stream.writer.finish())
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
