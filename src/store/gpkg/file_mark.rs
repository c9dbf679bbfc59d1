//! The mark: a row in `cityheart_meta` by which a file and its write-ahead log recognise each other.
//!
//! Every transaction of ours writes to the page that holds it, so that the log has the mark, too. Before the log is
//! moved into the file, the mark gets a new random number. A log belongs to a file when it has the file's number: then
//! its pages continue exactly what the file holds.

use crate::error::{Error, Result};
use crate::store::file_identity::{FileIdentity, FileStamp};
use rusqlite::{Connection, OptionalExtension};

const KEY: &str = "file_mark";
const PREFIX: &str = "cityheart-file ";

/// The mark of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileMark {
    /// How many numbers the file has had.
    pub count: u64,
    /// The number before, as long as the file may still have it; else 0.
    pub previous: u64,
    pub present: u64,
    /// Whether the file is open: after a crash it still says so.
    pub is_open: bool,
    /// The file and its log when the mark was written.
    pub base: MarkedBase,
}

/// The file that a log continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MarkedBase {
    pub plan_inode: u64,
    pub plan_modified_ns: u64,
    pub wal_inode: u64,
}

impl MarkedBase {
    pub(super) fn new(plan: FileStamp, wal: Option<FileIdentity>) -> Self {
        Self {
            plan_inode: plan.identity.number(),
            plan_modified_ns: plan.modified_ns(),
            wal_inode: wal.map_or(0, FileIdentity::number),
        }
    }
}

impl FileMark {
    fn to_text(self) -> String {
        let MarkedBase { plan_inode, plan_modified_ns, wal_inode } = self.base;
        format!(
            "{PREFIX}{} {:016x} {:016x} {} {plan_inode} {plan_modified_ns} {wal_inode}",
            self.count,
            self.previous,
            self.present,
            u8::from(self.is_open)
        )
    }

    fn parse_text(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(PREFIX)?.split(' ');
        let mut next = |radix| u64::from_str_radix(parts.next()?, radix).ok();
        Some(Self {
            count: next(10)?,
            previous: next(16)?,
            present: next(16)?,
            is_open: next(10)? == 1,
            base: MarkedBase { plan_inode: next(10)?, plan_modified_ns: next(10)?, wal_inode: next(10)? },
        })
    }

    /// The mark in a page of the database, if the page is a leaf of the tree that holds it.
    pub(super) fn find_in_page(page: &[u8]) -> Option<Self> {
        const INDEX_LEAF: u8 = 10;
        if page.first() != Some(&INDEX_LEAF) {
            return None;
        }
        let cells = usize::from(read_u16(page, 3)?);
        (0..cells).find_map(|cell| {
            let mut at = usize::from(read_u16(page, 8 + 2 * cell)?);
            let bytes = read_varint(page, &mut at)?;
            let payload = page.get(at..at.checked_add(usize::try_from(bytes).ok()?)?)?;
            let from = payload.windows(PREFIX.len()).position(|w| w == PREFIX.as_bytes())?;
            Self::parse_text(std::str::from_utf8(&payload[from..]).ok()?)
        })
    }
}

fn read_u16(page: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(page.get(at..at + 2)?.try_into().ok()?))
}

/// SQLite's variable-length integer.
fn read_varint(page: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for nth in 0..9 {
        let byte = *page.get(*at)?;
        *at += 1;
        if nth == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            break;
        }
    }
    Some(value)
}

/// The mark of an open file.
pub(super) fn read_mark(conn: &Connection) -> Result<Option<FileMark>> {
    let mut statement = conn.prepare_cached("SELECT value FROM cityheart_meta WHERE key=?1")?;
    let text: Option<String> = statement.query_row([KEY], |row| row.get(0)).optional()?;
    Ok(text.and_then(|text| FileMark::parse_text(&text)))
}

/// Gives the file a new number, and says whether it stays open.
pub(super) fn renew_mark(conn: &Connection, base: MarkedBase, is_open: bool) -> Result<()> {
    let known = read_mark(conn)?;
    let mark = FileMark {
        count: known.map_or(0, |m| m.count) + 1,
        previous: known.map_or(0, |m| m.present),
        present: random_number()?,
        is_open,
        base,
    };
    write_mark(conn, mark)
}

/// Notes the file that the log continues. With `settled`, the file has the present number.
pub(super) fn note_base(conn: &Connection, base: MarkedBase, settled: bool) -> Result<()> {
    match read_mark(conn)? {
        Some(mark) => {
            let previous = if settled { 0 } else { mark.previous };
            write_mark(conn, FileMark { previous, base, ..mark })
        }
        None => renew_mark(conn, base, true),
    }
}

fn write_mark(conn: &Connection, mark: FileMark) -> Result<()> {
    conn.prepare_cached("INSERT OR REPLACE INTO cityheart_meta VALUES (?1, ?2)")?.execute([KEY, &mark.to_text()])?;
    Ok(())
}

/// A random number that is not 0.
fn random_number() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(u64::from_le_bytes(bytes).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_found_in_the_page_of_the_file_and_only_as_it_is_now() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("CREATE TABLE cityheart_meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID").unwrap();
        conn.execute_batch("INSERT INTO cityheart_meta VALUES ('schema_version', 4), ('a', 'b')").unwrap();
        let base = MarkedBase { plan_inode: 7, plan_modified_ns: 1_700_000_000_123_456_789, wal_inode: 8 };
        for count in 1..5 {
            renew_mark(&conn, base, count % 2 == 0).unwrap();
            let mark = read_mark(&conn).unwrap().unwrap();
            assert_eq!((mark.count, mark.base), (count, base));
            let page_bytes: u32 = conn.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
            let file = std::fs::read(&path).unwrap();
            let found: Vec<_> = file.chunks(page_bytes as usize).filter_map(FileMark::find_in_page).collect();
            assert_eq!(found, [mark]);
        }
    }
}
