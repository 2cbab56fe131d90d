//! One thread reads or produces while another works on what came before.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, Builder};

/// The number of bytes in a block.
const BLOCK: usize = 64 << 10;
/// The number of blocks that may wait.
const MAX_WAITING: usize = 4;

/// Calls `work` once, with a reader of what a further thread reads from `input`. Where the system gives no further thread, the reader is
/// the input.
pub(crate) fn read_ahead<T>(mut input: impl Read + Send, mut work: impl FnMut(&mut dyn Read) -> T) -> T {
    let done = thread::scope(|scope| {
        let (full, blocks) = sync_channel(MAX_WAITING);
        let (spare, spares) = channel();
        let input = &mut input;
        let reading = Builder::new().spawn_scoped(scope, move || read_blocks(input, &full, &spares));
        let mut ahead = Ahead { blocks, spare, block: Block::default(), at: 0 };
        reading.ok().map(|_| work(&mut ahead))
    });
    done.unwrap_or_else(|| work(&mut input))
}

/// Calls `consume` with everything that `produce` returns, in order, until that is `None` or `consume` fails. A further thread produces
/// ahead, where the system gives one.
pub(crate) fn produce_ahead<B: Send, E>(
    mut produce: impl FnMut() -> Option<B> + Send,
    mut consume: impl FnMut(B) -> Result<(), E>,
) -> Result<(), E> {
    let done = thread::scope(|scope| {
        let (full, produced) = sync_channel(MAX_WAITING);
        let produce = &mut produce;
        let producing = Builder::new().spawn_scoped(scope, move || {
            while let Some(next) = produce() {
                if full.send(next).is_err() {
                    return;
                }
            }
        });
        producing.ok().map(|_| produced.into_iter().try_for_each(&mut consume))
    });
    done.unwrap_or_else(|| std::iter::from_fn(produce).try_for_each(consume))
}

#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// The number of bytes that were read.
    length: usize,
}

/// Reads blocks until the input ends or the receiver is gone.
fn read_blocks(input: &mut impl Read, full: &SyncSender<io::Result<Block>>, spares: &Receiver<Block>) {
    loop {
        let mut block = spares.try_recv().unwrap_or_default();
        block.bytes.resize(BLOCK, 0);
        let end = fill(input, &mut block);
        let is_last = block.length < BLOCK || end.is_err();
        if full.send(Ok(block)).is_err() {
            return;
        }
        if let Err(error) = end {
            // The receiver may be gone.
            let _ = full.send(Err(error));
        }
        if is_last {
            return;
        }
    }
}

/// Reads until a block is full, or the input ends.
fn fill(input: &mut impl Read, block: &mut Block) -> io::Result<()> {
    block.length = 0;
    while let Some(room) = block.bytes.get_mut(block.length..).filter(|room| !room.is_empty()) {
        match input.read(room) {
            Ok(0) => break,
            Ok(taken) => block.length += taken,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Ahead {
    blocks: Receiver<io::Result<Block>>,
    /// Takes blocks back, to be filled again.
    spare: Sender<Block>,
    block: Block,
    at: usize,
}

impl Read for Ahead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.block.length {
            // The sender is gone once the input has ended.
            let Ok(next) = self.blocks.recv() else { return Ok(0) };
            let used = std::mem::replace(&mut self.block, next?);
            self.at = 0;
            let _ = self.spare.send(used);
        }
        let taken = self.block.bytes.get(self.at..self.block.length).unwrap_or_default().read(into)?;
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Yields as many bytes as it is told to, and then an error.
    struct Failing(usize);

    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let taken = into.len().min(self.0).min(1000);
            into[..taken].fill(b'x');
            self.0 -= taken;
            Ok(taken)
        }
    }

    #[test]
    fn everything_arrives_in_order() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 20 * BLOCK + 3] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let mut found = Vec::new();
            read_ahead(bytes.as_slice(), |input| input.read_to_end(&mut found)).unwrap();
            assert!(found == bytes, "{length}");
        }
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it() {
        let mut found = Vec::new();
        let error = read_ahead(Failing(3 * BLOCK), |input| input.read_to_end(&mut found)).unwrap_err();
        assert_eq!((error.kind(), found.len()), (io::ErrorKind::InvalidData, 3 * BLOCK));
    }

    #[test]
    fn what_is_produced_is_consumed_in_order_until_that_fails() {
        for (last, expected) in [(1_000, Ok(())), (500, Err(500))] {
            let mut numbers = 0..1_000;
            let mut found = Vec::new();
            let consume = |number| {
                found.push(number);
                if number == last { Err(number) } else { Ok(()) }
            };
            assert_eq!(produce_ahead(|| numbers.next(), consume), expected);
            assert!(found.into_iter().eq(0..=last.min(999)));
        }
    }

    #[test]
    fn an_input_that_nobody_reads_is_left() {
        assert_eq!(read_ahead(io::repeat(0), |input| input.read(&mut [0; 10]).unwrap()), 10);
    }
}
