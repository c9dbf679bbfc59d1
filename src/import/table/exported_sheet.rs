//! A sheet of a workbook that was exported from a plan: a hidden row names its columns, so that nothing is matched or
//! asked, and the hidden sheet `cityheart` says which collection it is.

use super::cell::{TableCell, TableRow};
use super::column_matching::MappedColumn;
use super::field_names::FieldNames;
use super::heading::TableHeading;
use super::place_columns::role_by_name;
use super::sheet_table::SheetTable;
use crate::error::{Error, Result};

/// The sheet that describes a workbook.
pub const ABOUT_SHEET: &str = "cityheart";
/// The names of the hidden columns.
pub const ID_COLUMN: &str = "_id";
pub const REVISION_COLUMN: &str = "_revision";
/// The newest layout that is known.
const LAYOUT_VERSION: f64 = 1.0;

/// What an exported workbook says of its sheets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExportedWorkbook {
    pub sheets: Vec<ExportedSheet>,
}

/// One sheet of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedSheet {
    pub name: String,
    pub collection: String,
    /// Features that it had.
    pub features: u64,
}

impl ExportedWorkbook {
    /// Reads the sheet that describes the workbook; `None` when it is a sheet of somebody else.
    ///
    /// # Errors
    /// [`Error::Refused`] for a layout of a newer program.
    pub fn read(about: &SheetTable) -> Result<Option<Self>> {
        let text = |row: &TableRow, at: usize| row.cells.get(at).map(|c| c.to_text().into_owned()).unwrap_or_default();
        let number = |row: &TableRow, at: usize| text(row, at).trim().parse::<f64>().unwrap_or_default();
        let Some(first) = about.rows.first().filter(|row| text(row, 0) == ABOUT_SHEET) else { return Ok(None) };
        if number(first, 1) > LAYOUT_VERSION {
            let message = "The workbook was exported by a newer version of cityheart. Update this one, or remove the hidden sheet 'cityheart' to import it like any table.";
            return Err(Error::Refused(message.into()));
        }
        let sheet = |row: &TableRow| ExportedSheet {
            name: text(row, 1),
            collection: text(row, 2),
            features: number(row, 5) as u64,
        };
        Ok(Some(Self { sheets: about.rows.iter().filter(|row| text(row, 0) == "sheet").map(sheet).collect() }))
    }

    /// The sheet of a collection among the sheets that have tables: by its name, or the only one that has another name
    /// than all.
    pub fn find_sheet(&self, collection: &str, tables: &[&str]) -> Option<String> {
        let own = self.sheets.iter().find(|sheet| sheet.collection == collection)?;
        if tables.contains(&own.name.as_str()) {
            return Some(own.name.clone());
        }
        let is_known = |name: &&&str| self.sheets.iter().any(|sheet| sheet.name == **name);
        let mut renamed = tables.iter().filter(|name| !is_known(name));
        let only = renamed.next()?;
        renamed.next().is_none().then(|| (*only).to_owned())
    }

    /// What is known of a sheet that is read for a collection.
    pub fn describe(&self, sheet: &str, collection: Option<&str>) -> Option<&ExportedSheet> {
        let by_name = self.sheets.iter().find(|known| known.name == sheet);
        by_name.or_else(|| self.sheets.iter().find(|known| Some(known.collection.as_str()) == collection))
    }
}

/// The heading of an exported sheet: the names of its hidden first row. `None` when it is no longer there.
pub fn read_names(sheet: &SheetTable) -> Option<TableHeading> {
    let first = sheet.rows.first().filter(|row| row.number == 1)?;
    let width = sheet.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let mut names: Vec<String> = first.cells.iter().map(|cell| cell.to_text().trim().to_owned()).collect();
    names.resize(width.max(names.len()), String::new());
    names.iter().any(|name| name == ID_COLUMN).then_some(())?;
    let revision = names.iter().position(|name| name == REVISION_COLUMN);
    let is_heading = |row: &TableRow| {
        !revision.is_some_and(|at| matches!(row.cells.get(at), Some(TableCell::Number(_)))) && row.number == 2
    };
    let has_second = sheet.rows.get(1).is_some_and(is_heading);
    let rows = if has_second { vec![1, 2] } else { vec![1] };
    let second = sheet.rows.get(1).filter(|_| has_second).map(|row| &row.cells);
    let title = |at: usize| second.and_then(|cells| cells.get(at)).map(|cell| cell.to_text().into_owned());
    let titles = (0..names.len()).map(|at| title(at).unwrap_or_default()).collect();
    let levels = if has_second { vec![names.clone(), titles] } else { vec![names.clone()] };
    Some(TableHeading { last: rows.len() as u64, rows, names, merged_cells: 0, levels })
}

/// What its columns are. A column without a name of the collection is left out.
pub fn map_names(names: &[String], fields: Option<&FieldNames>) -> Vec<Option<MappedColumn>> {
    let map = |name: &String| match (name.as_str(), fields) {
        ("" | ID_COLUMN | REVISION_COLUMN, _) => MappedColumn::LeftOut,
        (name, Some(known)) if known.has_field(name) => MappedColumn::Field(name.to_owned()),
        (name, _) if let Some(role) = role_by_name(name) => MappedColumn::Place(role),
        (name, None) => MappedColumn::Field(name.to_owned()),
        (_, Some(_)) => MappedColumn::LeftOut,
    };
    names.iter().map(|name| Some(map(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &[&[TableCell]]) -> SheetTable {
        let row = |(at, cells): (usize, &&[TableCell])| TableRow {
            number: at as u64 + 1,
            cells: cells.to_vec(),
            is_hidden: false,
        };
        SheetTable { rows: rows.iter().enumerate().map(row).collect(), ..SheetTable::default() }
    }

    fn text(text: &str) -> TableCell {
        TableCell::from_text(text)
    }

    #[test]
    fn a_sheet_is_found_by_its_collection_also_when_it_was_renamed() {
        let number = TableCell::Number;
        let about = sheet(&[
            &[text("cityheart"), number(1.0)],
            &[text("sheet"), text("Ukrepi"), text("interventions"), number(7.0), number(3.0), number(19.0)],
            &[text("sheet"), text("Območja"), text("areas"), number(2.0), number(3.0), number(4.0)],
        ]);
        let book = ExportedWorkbook::read(&about).unwrap().unwrap();
        assert_eq!(book.find_sheet("areas", &["Ukrepi", "Območja"]).as_deref(), Some("Območja"));
        assert_eq!(book.find_sheet("areas", &["Ukrepi", "Moj list"]).as_deref(), Some("Moj list"));
        assert_eq!(book.find_sheet("areas", &["Ukrepi", "A", "B"]), None);
        assert_eq!(book.find_sheet("premises", &["Ukrepi"]), None);
        assert_eq!(book.describe("Ukrepi", None).unwrap().features, 19);
        let newer = sheet(&[&[text("cityheart"), number(2.0)]]);
        assert!(ExportedWorkbook::read(&newer).is_err());
        assert_eq!(ExportedWorkbook::read(&sheet(&[&[text("Ulica"), text("x")]])).unwrap(), None);
    }

    #[test]
    fn the_hidden_row_names_the_columns_with_or_without_the_headings_below() {
        let names = [text("_id"), text("_revision"), text("title")];
        let data = [text("a"), TableCell::Number(3.0), text("x"), text("my note")];
        let headings = [text("Id"), text("Revizija"), text("Naslov")];
        let heading = read_names(&sheet(&[&names, &headings, &data])).unwrap();
        assert_eq!((heading.last, heading.names), (2, ["_id", "_revision", "title", ""].map(str::to_owned).into()));
        assert_eq!(read_names(&sheet(&[&names, &data])).unwrap().last, 1);
        assert_eq!(read_names(&sheet(&[&headings, &data])), None);
    }
}
