//! Tables as officers write them: rows of cells with headings, in a text or a sheet. Understands what all cells of a
//! column say, tells it, and asks what they leave open. Places nothing and reads nothing by a silent guess.

mod answers; // what the caller says
mod cell; // cells and where they are
mod cell_corrections; // cells that the caller corrects
mod cell_words; // yes, nothing, totals
mod column_evidence; // what all cells of a column say
mod column_layout; // what a column becomes
mod column_matching; // columns and fields
mod column_styles; // decimal signs and orders of dates
mod coordinate_text; // coordinates in cells
mod date_reading; // dates and periods
mod date_tokens; // their parts
mod date_words; // their words in ten languages
mod exported_sheet; // workbooks that were exported from a plan
mod field_names; // what fields are called
mod field_readings; // how a field reads its cells
pub mod folding; // words without case and accents
mod heading; // where a table begins
mod named_places; // places by their names
mod late_rows; // rows behind the first ones
mod number_style; // numbers as people write them
mod place_columns; // columns of places
mod plain_text; // text that needs no understanding
mod question; // what is asked
#[cfg(test)]
mod round_trip; // what is written is read back
mod row_filter; // rows that are no features
mod sheet_table; // a sheet in memory
mod table_note; // what is told beside columns
mod table_scan; // the first reading
mod text_table; // a text, row by row
mod understand; // all of it together
mod understanding; // what is told
mod understanding_notes; // sentences on rows and columns
mod understood_rows; // the features
mod value_reading; // what a cell stands for
mod vocabulary_words; // words of vocabularies

pub use answers::TableAnswers;
pub use cell::{TableCell, TableRow, column_letters, json_number};
pub use cell_corrections::{CellCorrection, PickedPlace, correct_row};
pub use column_layout::{ColumnLayout, ColumnRole};
pub use exported_sheet::{ABOUT_SHEET, ExportedWorkbook};
pub use field_names::{FieldNames, MatchConfidence};
pub use heading::MergedCells;
pub use late_rows::has_doubtful_row;
pub use named_places::ask_place_names;
pub use number_style::{DecimalSign, read_number};
pub use place_columns::PlaceRole;
pub use plain_text::{PLAIN_ROWS, is_plain_text};
pub use question::{QuestionChoice, TableQuestion, quote_argument};
pub use sheet_table::{SheetEntry, SheetTable};
pub use table_note::TableNote;
pub use text_table::{HEAD_BYTES, TextForm, TextRows};
pub use understand::{TableTarget, map_answer, understand_rows, understand_sheet};
pub use understanding::{ColumnSummary, TableRowsSource, TableUnderstanding, UnderstoodTable};
pub use understood_rows::{RowIterator, UnderstoodRows};
pub use value_reading::ValueReading;
