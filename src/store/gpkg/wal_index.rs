//! Reads the index of the write-ahead log (`-shm`), which tells how far the log has been moved into the file. The
//! format is <https://sqlite.org/walformat.html#the_wal_index_file_format>.
//!
//! The files stay open as long as the reader: to close the index while SQLite has it open in this process would drop
//! its locks. A reader is dropped after the connections.

use std::fs::File;
use std::path::Path;

const INDEX_BYTES: usize = 136;
const COPY_BYTES: usize = 48;

/// How far the log has been written and moved into the file. It changes whenever the file is written through SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WalProgress {
    salts: [u8; 8],
    moved: u32,
    moving: u32,
}

impl WalProgress {
    /// Whether the log is being moved into the file.
    pub(super) fn is_moving(self) -> bool {
        self.moving > self.moved
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WalIndexState {
    pub progress: WalProgress,
    /// The frames of the log that count.
    pub frames: u32,
    page_bytes: u64,
}

pub(super) struct WalIndexReader {
    wal: File,
    shm: File,
}

impl WalIndexReader {
    pub(super) fn open_files(wal: &Path, shm: &Path) -> Option<Self> {
        Some(Self { wal: File::open(wal).ok()?, shm: File::open(shm).ok()? })
    }

    /// `None` while another program writes the index, or when it is none.
    pub(super) fn read_state(&self) -> Option<WalIndexState> {
        let mut bytes = [0; INDEX_BYTES];
        read_at(&self.shm, &mut bytes)?;
        let number = |at: usize| u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let page_bytes = match u16::from_ne_bytes([bytes[14], bytes[15]]) {
            1 => 65_536,
            bytes => u64::from(bytes),
        };
        let is_whole = bytes[..COPY_BYTES] == bytes[COPY_BYTES..2 * COPY_BYTES] && bytes[12] == 1;
        is_whole.then(|| WalIndexState {
            progress: WalProgress {
                salts: [bytes[32], bytes[33], bytes[34], bytes[35], bytes[36], bytes[37], bytes[38], bytes[39]],
                moved: number(96),
                moving: number(128),
            },
            frames: number(16),
            page_bytes,
        })
    }

    /// Whether the log is the one of the index.
    pub(super) fn agrees_with_wal(&self, state: &WalIndexState, wal_bytes: u64) -> bool {
        if state.frames == 0 {
            return true;
        }
        let mut header = [0; 24];
        let long_enough = wal_bytes >= 32 + u64::from(state.frames) * (24 + state.page_bytes);
        long_enough && read_at(&self.wal, &mut header).is_some() && header[16..] == state.progress.salts
    }
}

/// Reads from the start of a file.
#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8]) -> Option<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, 0).ok()
}

#[cfg(not(unix))]
fn read_at(mut file: &File, buffer: &mut [u8]) -> Option<()> {
    use std::io::{Read, Seek};
    file.rewind().and_then(|()| file.read_exact(buffer)).ok()
}
