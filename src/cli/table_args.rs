//! The flags of an import that answer what a table leaves open.

use crate::error::{Error, Result};
use crate::import::TableAnswers;
use std::path::PathBuf;

/// Flags for tables: workbooks and CSV.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Text and tables (CSV, XLSX, XLS, ODS)")]
pub struct TableArgs {
    /// Sheet of a workbook, by its name or number
    #[arg(long, value_name = "SHEET")]
    pub sheet: Option<String>,
    /// Rows of headings: how many, or which, such as 3-4
    #[arg(long, value_name = "ROWS")]
    pub header_rows: Option<String>,
    /// Encoding of the text, such as windows-1250, where the file does not say it or says it wrong [default: detected]
    #[arg(long, value_name = "ENCODING")]
    pub encoding: Option<String>,
    /// Decimal sign of numbers: comma or point [default: by all cells of a column]
    #[arg(long, value_name = "SIGN")]
    pub decimal: Option<String>,
    /// What is first in dates such as 3/4/2026: day-first or month-first
    #[arg(long, value_name = "ORDER")]
    pub day_order: Option<String>,
    /// Language of month names, where one word is two months: hr or pl
    #[arg(long, value_name = "LANGUAGE")]
    pub language: Option<String>,
    /// Field that a column is; an empty field leaves the column out; repeat it for each column
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    pub map: Vec<String>,
    /// Value of a field in all rows; repeat it for each field
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// Whether rows without coordinates are placed by the streets, facilities and areas that they name: yes or no
    #[arg(long, value_name = "ANSWER")]
    pub place_names: Option<String>,
    /// File with answers that an earlier import saved
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// Save the answers to this file, for the next table of the same form
    #[arg(long, value_name = "FILE")]
    pub save_recipe: Option<PathBuf>,
}

impl TableArgs {
    /// The answers of the flags, and those of the recipe where the flags say nothing. A layer that is named is a sheet
    /// where the file is a workbook.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a value that is not known; [`Error::NotFound`] when the recipe cannot be read.
    pub fn read_answers(&self, crs: Option<&str>, layer: Option<&str>) -> Result<TableAnswers> {
        let pairs = |option: &str, list: &[String]| {
            list.iter().map(|p| TableAnswers::split_pair(option, p)).collect::<Result<Vec<_>>>()
        };
        let own = TableAnswers {
            sheet: self.sheet.clone().or_else(|| layer.map(ToOwned::to_owned)),
            header_rows: self.header_rows.as_deref().map(TableAnswers::parse_header_rows).transpose()?,
            encoding: self.encoding.clone(),
            decimal: self.decimal.as_deref().map(TableAnswers::parse_decimal).transpose()?,
            day_order: self.day_order.as_deref().map(TableAnswers::parse_day_order).transpose()?,
            language: self.language.as_deref().map(TableAnswers::parse_language).transpose()?,
            map: pairs("--map", &self.map)?,
            set: pairs("--set", &self.set)?,
            place_names: self.place_names.as_deref().map(TableAnswers::parse_place_names).transpose()?,
            crs: crs.map(ToOwned::to_owned),
            cells: vec![],
            places: vec![],
        };
        let Some(path) = &self.recipe else { return Ok(own) };
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::NotFound(format!("The recipe {} cannot be read: {e}.", path.display())))?;
        Ok(own.or(TableAnswers::from_recipe(&text)?))
    }

    /// Writes the recipe, if one is asked for.
    ///
    /// # Errors
    /// [`Error::Refused`] when the file cannot be written.
    pub fn write_recipe(&self, answers: &TableAnswers) -> Result<()> {
        let Some(path) = &self.save_recipe else { return Ok(()) };
        let text = serde_json::to_string_pretty(&answers.to_recipe()).map_err(Error::internal)?;
        std::fs::write(path, text + "\n")
            .map_err(|e| Error::Refused(format!("The recipe {} cannot be written: {e}.", path.display())))
    }
}
