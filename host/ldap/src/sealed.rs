//! A stream whose bytes Kerberos encrypts (RFC 4752 3.3: messages after their size).

use std::io::{self, Read, Write};

use wardline_kerberos::Seal;

/// The largest encrypted message that is read, in bytes: some of LDAP's together.
const MAX_SEALED: usize = 16 << 20;

pub(crate) struct Sealed<S> {
    stream: S,
    seal: Seal,
    /// The decrypted bytes, and how many of them are read.
    opened: Vec<u8>,
    read: usize,
}

impl<S> Sealed<S> {
    pub(crate) fn new(stream: S, seal: Seal) -> Sealed<S> {
        Sealed { stream, seal, opened: Vec::new(), read: 0 }
    }

    pub(crate) fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: Read> Read for Sealed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // A message without bytes is not the end.
        while self.read == self.opened.len() {
            let mut size = [0; 4];
            self.stream.read_exact(&mut size)?;
            let size = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
            if size > MAX_SEALED {
                return Err(io::Error::other("an encrypted message is too large"));
            }
            let mut token = vec![0; size];
            self.stream.read_exact(&mut token)?;
            self.opened = self.seal.open(&token).map_err(io::Error::other)?;
            self.read = 0;
        }
        let count = self.opened.get(self.read..).unwrap_or_default().read(buffer)?;
        self.read += count;
        Ok(count)
    }
}

impl<S: Write> Write for Sealed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let token = self.seal.seal(bytes).map_err(io::Error::other)?;
        let size = u32::try_from(token.len()).map_err(io::Error::other)?;
        self.stream.write_all(&[&size.to_be_bytes()[..], &token].concat())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
