//! Reads a write-ahead log without SQLite, which would replay it: its committed pages, and the marks among them. The
//! format is <https://sqlite.org/fileformat2.html#the_write_ahead_log>.

use super::file_mark::FileMark;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Result, Seek, SeekFrom};
use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const MAGIC: u32 = 0x377f_0682;

/// What a log would write into its file.
pub(super) struct WalFile {
    file: File,
    pub page_bytes: usize,
    /// Where the last committed image of each page starts.
    images: BTreeMap<u32, u64>,
    /// The pages of the file after the last commit.
    pages: u32,
    /// The committed marks, the latest last, each with its page.
    pub marks: Vec<(u32, FileMark)>,
}

impl WalFile {
    /// `None` when the log has no committed page.
    pub(super) fn read_file(path: &Path) -> Result<Option<Self>> {
        let file = File::open(path)?;
        let mut input = BufReader::with_capacity(1 << 20, &file);
        let mut header = [0; HEADER_BYTES];
        let Some(mut frames) = read_whole(&mut input, &mut header)?.then(|| FrameReader::new(&header)).flatten() else {
            return Ok(None);
        };
        let page_bytes = frames.page.len();
        let (mut images, mut marks) = (BTreeMap::new(), Vec::new());
        let (mut new_images, mut new_marks) = (Vec::new(), Vec::new());
        let (mut at, mut pages) = (HEADER_BYTES as u64, 0);
        while let Some((page, committed_pages)) = frames.read_frame(&mut input)? {
            new_images.push((page, at + FRAME_HEADER_BYTES as u64));
            new_marks.extend(FileMark::find_in_page(&frames.page).map(|mark| (page, mark)));
            if committed_pages > 0 {
                pages = committed_pages;
                images.extend(new_images.drain(..));
                marks.append(&mut new_marks);
            }
            at += (FRAME_HEADER_BYTES + page_bytes) as u64;
        }
        Ok((!images.is_empty()).then_some(Self { file, page_bytes, images, pages, marks }))
    }

    /// Whether a file of this size and the log have all pages together.
    pub(super) fn completes(&self, file_bytes: u64) -> bool {
        let first_missing = u32::try_from(file_bytes / self.page_bytes as u64).unwrap_or(u32::MAX).saturating_add(1);
        let missing = self.pages.saturating_sub(first_missing - 1) as usize;
        self.images.range(first_missing..=self.pages.max(first_missing)).count() >= missing
    }

    /// Whether a page of the database file is as the log would write it, apart from the page of the mark.
    pub(super) fn shares_page(&self, database: &Path) -> Result<bool> {
        let mut database = File::open(database)?;
        let mark_page = self.marks.last().map(|(page, _)| *page);
        let (mut ours, mut theirs) = (vec![0; self.page_bytes], vec![0; self.page_bytes]);
        for (page, at) in &self.images {
            if Some(*page) == mark_page {
                continue;
            }
            (&self.file).seek(SeekFrom::Start(*at))?;
            database.seek(SeekFrom::Start(u64::from(page.saturating_sub(1)) * self.page_bytes as u64))?;
            if read_whole(&mut &self.file, &mut ours)? && read_whole(&mut database, &mut theirs)? && ours == theirs {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Reads frames as long as their checksums continue.
struct FrameReader {
    big_endian: bool,
    salts: [u8; 8],
    sums: (u32, u32),
    page: Vec<u8>,
}

impl FrameReader {
    /// `None` when the header is none of a log.
    fn new(header: &[u8; HEADER_BYTES]) -> Option<Self> {
        let magic = be_u32(header, 0);
        let page_bytes = be_u32(header, 8) as usize;
        if magic & !1 != MAGIC || !page_bytes.is_power_of_two() || !(512..=65_536).contains(&page_bytes) {
            return None;
        }
        let big_endian = magic & 1 == 1;
        let sums = add_sums((0, 0), &header[..24], big_endian);
        let salts = header[16..24].try_into().ok()?;
        (sums == (be_u32(header, 24), be_u32(header, 28))).then(|| Self {
            big_endian,
            salts,
            sums,
            page: vec![0; page_bytes],
        })
    }

    /// The number of the page of the next frame and, when the frame commits, of the pages of the file; `None` at the
    /// end.
    fn read_frame(&mut self, input: &mut impl Read) -> Result<Option<(u32, u32)>> {
        let mut header = [0; FRAME_HEADER_BYTES];
        if !read_whole(input, &mut header)? || !read_whole(input, &mut self.page)? || header[8..16] != self.salts {
            return Ok(None);
        }
        let sums = add_sums(add_sums(self.sums, &header[..8], self.big_endian), &self.page, self.big_endian);
        if sums != (be_u32(&header, 16), be_u32(&header, 20)) {
            return Ok(None);
        }
        self.sums = sums;
        Ok(Some((be_u32(&header, 0), be_u32(&header, 4))))
    }
}

/// Fills the buffer; `false` when the input ends before.
fn read_whole(input: &mut impl Read, buffer: &mut [u8]) -> Result<bool> {
    match input.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
}

fn be_u32(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn add_sums((mut first, mut second): (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    let word = |b: &[u8]| {
        let b = [b[0], b[1], b[2], b[3]];
        if big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) }
    };
    for pair in bytes.chunks_exact(8) {
        first = first.wrapping_add(word(&pair[..4])).wrapping_add(second);
        second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
    }
    (first, second)
}
