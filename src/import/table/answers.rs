//! What the caller says of a table, so that it is not asked: sheet, rows of headings, decimal sign, and so on. The same
//! answers, kept as a recipe, read the next file of the same form.

use super::cell_corrections::{CellCorrection, PickedPlace};
use super::date_reading::DayOrder;
use super::date_words::MonthLanguage;
use super::heading::HeaderRows;
use super::number_style::DecimalSign;
use crate::error::{Error, Result};
use serde_json::{Map, Value as Json, json};

/// Answers to the questions that tables raise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableAnswers {
    pub sheet: Option<String>,
    pub header_rows: Option<HeaderRows>,
    pub encoding: Option<String>,
    pub decimal: Option<DecimalSign>,
    pub day_order: Option<DayOrder>,
    /// A code such as `hr`.
    pub language: Option<String>,
    /// Column → field; an empty field leaves the column out.
    pub map: Vec<(String, String)>,
    /// Field → value of all rows.
    pub set: Vec<(String, String)>,
    /// As `--crs` has it; `none` keeps coordinates as numbers.
    pub crs: Option<String>,
    /// Whether rows without coordinates are placed by the names of the plan.
    pub place_names: Option<bool>,
    /// Corrections of single cells, which a recipe does not keep.
    pub cells: Vec<CellCorrection>,
    /// Places that were picked on a map, which a recipe does not keep, either.
    pub places: Vec<PickedPlace>,
}

/// The version of recipes.
const RECIPE_VERSION: u64 = 1;

impl TableAnswers {
    pub fn month_language(&self) -> Option<MonthLanguage> {
        self.language.as_deref().and_then(MonthLanguage::from_code)
    }

    /// Whether coordinates are to stay numbers.
    #[must_use]
    pub fn is_without_place(&self) -> bool {
        self.crs.as_deref() == Some("none")
    }

    /// Whether nothing was said that changes how a table is read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { crs: self.crs.clone().filter(|crs| crs != "none"), ..Self::default() }
    }

    /// Reads `COLUMN=FIELD` or `FIELD=VALUE`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there is no equals sign.
    pub fn split_pair(option: &str, text: &str) -> Result<(String, String)> {
        let (name, value) = text
            .rsplit_once('=')
            .filter(|(name, _)| !name.trim().is_empty())
            .ok_or_else(|| Error::invalid(option, format!("'{text}' has no '='. Write it as {option} NAME=VALUE.")))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    }

    /// # Errors
    /// [`Error::Invalid`] for another word than comma and point.
    pub fn parse_decimal(text: &str) -> Result<DecimalSign> {
        let wrong = || Error::invalid("--decimal", format!("'{text}' is not known. Say comma or point."));
        DecimalSign::from_name(text).ok_or_else(wrong)
    }

    /// # Errors
    /// [`Error::Invalid`] for another word than day-first and month-first.
    pub fn parse_day_order(text: &str) -> Result<DayOrder> {
        match text {
            "day-first" => Ok(DayOrder::DayFirst),
            "month-first" => Ok(DayOrder::MonthFirst),
            _ => Err(Error::invalid("--day-order", format!("'{text}' is not known. Say day-first or month-first."))),
        }
    }

    /// # Errors
    /// [`Error::Invalid`] for what is no number of rows.
    pub fn parse_header_rows(text: &str) -> Result<HeaderRows> {
        let message = || format!("'{text}' is no number of rows. Say how many, such as 2, or which, such as 3-4.");
        HeaderRows::parse(text).ok_or_else(|| Error::invalid("--header-rows", message()))
    }

    /// # Errors
    /// [`Error::Invalid`] for another word than yes and no.
    pub fn parse_place_names(text: &str) -> Result<bool> {
        match text {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err(Error::invalid("--place-names", format!("'{text}' is not known. Say yes or no."))),
        }
    }

    /// # Errors
    /// [`Error::Invalid`] for a language that is not one of the ten.
    pub fn parse_language(text: &str) -> Result<String> {
        let wrong = || {
            let known = "en, fr, pl, es, hr, pt, sl, it, el, nl";
            Error::invalid("--language", format!("'{text}' is not known. Say one of {known}."))
        };
        MonthLanguage::from_code(text).map(|_| text.to_owned()).ok_or_else(wrong)
    }

    /// These answers, and those of a recipe where these say nothing.
    #[must_use]
    pub fn or(self, recipe: Self) -> Self {
        let join = |own: Vec<(String, String)>, other: Vec<(String, String)>| {
            let added: Vec<_> = other.into_iter().filter(|(name, _)| !own.iter().any(|(n, _)| n == name)).collect();
            own.into_iter().chain(added).collect()
        };
        Self {
            sheet: self.sheet.or(recipe.sheet),
            header_rows: self.header_rows.or(recipe.header_rows),
            encoding: self.encoding.or(recipe.encoding),
            decimal: self.decimal.or(recipe.decimal),
            day_order: self.day_order.or(recipe.day_order),
            language: self.language.or(recipe.language),
            map: join(self.map, recipe.map),
            set: join(self.set, recipe.set),
            crs: self.crs.or(recipe.crs),
            place_names: self.place_names.or(recipe.place_names),
            cells: self.cells,
            places: self.places,
        }
    }

    /// The answers as the JSON of a recipe.
    #[must_use]
    pub fn to_recipe(&self) -> Json {
        let pairs = |list: &[(String, String)]| -> Map<String, Json> {
            list.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
        };
        let order = self.day_order.map(DayOrder::name);
        let all = [
            ("sheet", self.sheet.clone().map(Json::from)),
            ("header_rows", self.header_rows.map(|rows| rows.to_string().into())),
            ("encoding", self.encoding.clone().map(Json::from)),
            ("decimal", self.decimal.map(|sign| sign.name().into())),
            ("day_order", order.map(Json::from)),
            ("language", self.language.clone().map(Json::from)),
            ("crs", self.crs.clone().map(Json::from)),
            ("place_names", self.place_names.map(|wanted| if wanted { "yes" } else { "no" }.into())),
            ("map", (!self.map.is_empty()).then(|| pairs(&self.map).into())),
            ("set", (!self.set.is_empty()).then(|| pairs(&self.set).into())),
        ];
        let mut recipe = json!({"cityheart_recipe": RECIPE_VERSION});
        for (name, value) in all {
            if let Some(value) = value {
                recipe[name] = value;
            }
        }
        recipe
    }

    /// Reads a recipe.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no recipe, with the member that is wrong.
    pub fn from_recipe(text: &str) -> Result<Self> {
        let wrong = |message: String| Error::invalid("--recipe", message);
        let json: Json =
            serde_json::from_str(text).map_err(|e| wrong(format!("This is not JSON ({e}). Correct it.")))?;
        let version = json.get("cityheart_recipe").and_then(Json::as_u64);
        if version != Some(RECIPE_VERSION) {
            let message = "This is not a recipe of this version. Write one with --save-recipe.";
            return Err(wrong(message.to_owned()));
        }
        let mut answers = Self::default();
        for (name, value) in json.as_object().into_iter().flatten().filter(|(name, _)| *name != "cityheart_recipe") {
            answers.take_member(name, value)?;
        }
        Ok(answers)
    }

    /// Takes one member of a recipe.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a member or a value that is not known.
    pub fn take_member(&mut self, name: &str, value: &Json) -> Result<()> {
        let wrong = |message: &str| Error::invalid("--recipe", format!("The member '{name}' {message}"));
        let pairs = || -> Result<Vec<(String, String)>> {
            let object = value.as_object().ok_or_else(|| wrong("must be an object of texts."))?;
            let pair = |(key, value): (&String, &Json)| Some((key.clone(), value.as_str()?.to_owned()));
            object.iter().map(|m| pair(m).ok_or_else(|| wrong("must be an object of texts."))).collect()
        };
        let text = || value.as_str().ok_or_else(|| wrong("must be text."));
        match name {
            "sheet" => self.sheet = Some(text()?.to_owned()),
            "header_rows" => self.header_rows = Some(Self::parse_header_rows(text()?)?),
            "encoding" => self.encoding = Some(text()?.to_owned()),
            "decimal" => self.decimal = Some(Self::parse_decimal(text()?)?),
            "day_order" => self.day_order = Some(Self::parse_day_order(text()?)?),
            "language" => self.language = Some(Self::parse_language(text()?)?),
            "place_names" => self.place_names = Some(Self::parse_place_names(text()?)?),
            "crs" => self.crs = Some(text()?.to_owned()),
            "map" => self.map = pairs()?,
            "set" => self.set = pairs()?,
            _ => return Err(wrong("is not known. Remove it.")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_returns_as_it_was_written() {
        let answers = TableAnswers {
            sheet: Some("Akcije".into()),
            header_rows: Some(HeaderRows::Range(3, 4)),
            decimal: Some(DecimalSign::Comma),
            day_order: Some(DayOrder::DayFirst),
            language: Some("hr".into()),
            crs: Some("EPSG:3794".into()),
            place_names: Some(true),
            map: vec![("Barva".into(), String::new())],
            set: vec![("city".into(), "celje".into())],
            ..TableAnswers::default()
        };
        assert_eq!(TableAnswers::from_recipe(&answers.to_recipe().to_string()).unwrap(), answers);
        for bad in ["", "[]", "{}", r#"{"cityheart_recipe":1,"decimal":"dot"}"#, r#"{"cityheart_recipe":1,"x":1}"#] {
            assert!(TableAnswers::from_recipe(bad).is_err(), "{bad}");
        }
        let own = TableAnswers { decimal: Some(DecimalSign::Point), ..TableAnswers::default() };
        assert_eq!(own.or(answers).decimal, Some(DecimalSign::Point));
    }
}
