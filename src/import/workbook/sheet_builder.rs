//! Cells into the rows of a sheet, within a limit of memory.

use super::sheet_choice::damaged;
use crate::error::{Error, Result};
use crate::import::table::{SheetTable, TableCell, TableRow};

/// The most columns of a table; sheets have more.
const MAX_COLUMNS: usize = 2000;
/// A small workbook may use this much, whatever its size.
const MIN_BUDGET: u64 = 32 << 20;
/// How much memory a byte of the unpacked workbook may take.
const FACTOR: u64 = 10;

/// A sheet whose cells come in order.
pub struct SheetBuilder {
    sheet: SheetTable,
    bytes_left: u64,
}

impl SheetBuilder {
    pub fn new(name: &str, unpacked_bytes: u64) -> Self {
        let sheet = SheetTable { name: name.to_owned(), ..SheetTable::default() };
        Self { sheet, bytes_left: MIN_BUDGET.max(unpacked_bytes.saturating_mul(FACTOR)) }
    }

    /// Adds a cell; row and column from 0. Empty cells take no place.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the cells take too much memory or lie too far to the right.
    pub fn add(&mut self, row: u64, column: usize, cell: TableCell) -> Result<()> {
        if cell.is_blank() {
            return Ok(());
        }
        if column >= MAX_COLUMNS {
            let place = format!("{}{}", crate::import::table::column_letters(column), row + 1);
            let message = format!(
                "Sheet '{}' has a cell at {place}, beyond its first 2,000 columns. Remove it.",
                self.sheet.name
            );
            return Err(Error::TooLarge(message));
        }
        let number = row + 1;
        let at = match self.sheet.rows.last() {
            Some(last) if last.number == number => self.sheet.rows.len() - 1,
            Some(last) if last.number > number => match self.sheet.rows.binary_search_by_key(&number, |r| r.number) {
                Ok(at) => at,
                Err(_) => return Err(damaged("its rows are out of order")),
            },
            _ => {
                self.take(size_of::<TableRow>() as u64)?;
                self.sheet.rows.push(TableRow { number, cells: vec![], is_hidden: false });
                self.sheet.rows.len() - 1
            }
        };
        let known = self.sheet.rows[at].cells.len();
        let text = cell.as_text().map_or(0, str::len) as u64;
        let added = (column + 1).saturating_sub(known) * size_of::<TableCell>();
        self.take(text + added as u64)?;
        let cells = &mut self.sheet.rows[at].cells;
        if known <= column {
            cells.reserve_exact(column + 1 - known);
            cells.resize(column + 1, TableCell::Empty);
        }
        cells[column] = cell;
        Ok(())
    }

    fn take(&mut self, bytes: u64) -> Result<()> {
        let Some(left) = self.bytes_left.checked_sub(bytes) else {
            let message = format!(
                "Sheet '{}' would take more than ten times the memory of its file: it repeats cells, or leaves wide gaps between them. Save its table as CSV.",
                self.sheet.name
            );
            return Err(Error::TooLarge(message));
        };
        self.bytes_left = left;
        Ok(())
    }

    pub fn finish(self) -> SheetTable {
        self.sheet
    }
}

/// Whether rows of these many cells are a table: two rows of two cells.
pub fn is_table(filled: impl IntoIterator<Item = usize>) -> bool {
    filled.into_iter().filter(|cells| *cells > 1).take(2).count() == 2
}
