//! The changes of schema that GDAL makes: through its API, as QGIS does, or by SQL, as `ogrinfo -sql` does.

use super::{Cells, Model, TYPES};
use cityheart::store::GeoPackage;
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The types that GDAL knows, by their places in [`TYPES`]: when it retypes a field, it leaves columns of other types
/// out of the schema.
const KNOWN_TYPES: [usize; 6] = [0, 1, 2, 3, 6, 7];
/// The field types of OGR that are declared as [`TYPES`], by their places there; `None` where SQL must declare them.
const OGR_TYPES: [Option<i32>; 8] = [Some(12), Some(2), Some(4), Some(8), None, None, None, Some(0)];

impl Model {
    pub(super) fn run_gdal(&mut self, steps: &[Json]) {
        self.log.push(json!(steps).to_string());
        let path = self.dir.path().join("plan.gpkg");
        let errors = self.gdal.as_mut().map(|gdal| gdal.run(&path, steps)).unwrap_or_default();
        assert_eq!(errors, Vec::<String>::new(), "{:#?}", self.log);
    }

    /// Copies a layer of another file over the table, or into a new one, and gives it some columns.
    pub(super) fn copy_table(&mut self) {
        let t = self.table.clone();
        let mut steps = vec![json!(["copy", t, self.other_file(), "base"])];
        self.columns = (0..=self.dice.roll(4)).map(|i| (format!("c{i}"), self.known_type())).collect();
        steps.extend(self.columns.clone().into_iter().map(|(name, kind)| self.add_step(&name, kind)));
        self.run_gdal(&steps);
        self.insert_row();
        self.read_rows();
        self.deleted.clear();
    }

    /// A file with a layer of two points, which has no fields.
    fn other_file(&self) -> std::path::PathBuf {
        let path = self.dir.path().join("other.gpkg");
        if !path.exists() {
            drop(GeoPackage::create(&path).unwrap());
            let point = "x'47500001E610000001010000000000000000002E400000000000004740'";
            Connection::open(&path)
                .unwrap()
                .execute_batch(&format!(
                    "CREATE TABLE base (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POINT);
                     INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('base', 'features', 'base', 4326);
                     INSERT INTO gpkg_geometry_columns VALUES ('base', 'geom', 'POINT', 4326, 0, 0);
                     INSERT INTO base (geom) VALUES ({point}), ({point});"
                ))
                .unwrap();
        }
        path
    }

    fn known_type(&mut self) -> usize {
        KNOWN_TYPES[self.dice.roll(KNOWN_TYPES.len())]
    }

    fn add_step(&mut self, name: &str, kind: usize) -> Json {
        match OGR_TYPES[kind].filter(|_| self.dice.roll(2) == 0) {
            Some(ogr) => json!(["add", self.table, name, ogr]),
            None => json!(["sql", format!("ALTER TABLE {} ADD COLUMN {name} {}", self.table, TYPES[kind].0)]),
        }
    }

    pub(super) fn change_schema_by_gdal(&mut self, roll: usize) {
        let before = self.rows.clone();
        let (mut renamed, mut retyped) = (BTreeMap::new(), None);
        let (t, by_api) = (self.table.clone(), self.dice.roll(2) == 0);
        match roll {
            0 => {
                let (name, kind) = (self.new_name("n"), self.known_type());
                let step = self.add_step(&name, kind);
                self.run_gdal(&[step]);
                self.columns.insert(name, kind);
            }
            1 => {
                let Some(name) = self.any_column() else { return };
                let sql = json!(["sql", format!("ALTER TABLE {t} DROP COLUMN {name}")]);
                self.run_gdal(&[if by_api { json!(["drop", t, name]) } else { sql }]);
                self.columns.remove(&name);
                self.deleted.iter_mut().for_each(|d| _ = d.3.remove(&name));
            }
            2 => {
                let Some(name) = self.any_column() else { return };
                let new = self.new_name("r");
                let sql = json!(["sql", format!("ALTER TABLE {t} RENAME COLUMN {name} TO {new}")]);
                self.run_gdal(&[if by_api { json!(["rename", t, name, new]) } else { sql }]);
                let kind = self.columns.remove(&name).unwrap();
                self.columns.insert(new.clone(), kind);
                for deleted in &mut self.deleted {
                    if let Some(cell) = deleted.3.remove(&name) {
                        deleted.3.insert(new.clone(), cell);
                    }
                }
                renamed.insert(name, new);
                self.adopt();
            }
            3 => {
                let Some(name) = self.any_column() else { return };
                let kind = self.dice.roll(3);
                self.run_gdal(&[json!(["retype", t, name, OGR_TYPES[kind]])]);
                self.deleted.iter_mut().for_each(|d| _ = d.3.remove(&name));
                retyped = Some(name);
            }
            4 => return self.replace_layer(),
            _ => {
                self.table = self.new_name("t");
                self.run_gdal(&[json!(["sql", format!("ALTER TABLE {t} RENAME TO {}", self.table)])]);
            }
        }
        self.read_types();
        self.read_rows();
        self.check_kept(&before, &renamed, retyped.as_deref());
    }

    /// Overwrites the table, drops it and makes it again, or adds or drops a further layer.
    fn replace_layer(&mut self) {
        let t = self.table.clone();
        match self.dice.roll(4) {
            0 => self.copy_table(),
            1 => {
                self.run_gdal(&[json!(["sql", format!("DROP TABLE {t}")])]);
                if self.dice.roll(2) == 0 {
                    self.adopt();
                }
                self.copy_table();
            }
            _ if self.others.len() < 2 => {
                let name = self.new_name("layer");
                self.run_gdal(&[json!(["copy", name, self.other_file(), "base"])]);
                self.others.push(name);
            }
            _ => {
                let name = self.others.remove(0);
                self.run_gdal(&[json!(["sql", format!("DROP TABLE {name}")])]);
            }
        }
    }

    /// GDAL may declare other columns anew, too.
    fn read_types(&mut self) {
        for (name, kind) in &mut self.columns {
            let declared = format!("SELECT type FROM pragma_table_info('{}') WHERE name='{name}'", self.table);
            let declared: String =
                self.conn.query_row(&declared, [], |r| r.get(0)).unwrap_or_else(|e| panic!("{e}: {:#?}", self.log));
            let of = |wanted: &str| TYPES.iter().position(|(name, ..)| *name == wanted);
            let found = of(&declared).or_else(|| declared.starts_with("TEXT").then(|| of("TEXT")).flatten());
            *kind = found.unwrap_or_else(|| panic!("{declared}: {:#?}", self.log));
        }
    }

    /// A change of the schema leaves the cells of all columns that stay; those of a retyped column take its type.
    fn check_kept(&self, before: &BTreeMap<i64, Cells>, renamed: &BTreeMap<String, String>, retyped: Option<&str>) {
        for (key, cells) in before {
            let now = &self.rows[key];
            for (column, cell) in cells {
                let name = renamed.get(column).unwrap_or(column);
                let is_kept = |new: &String| match retyped {
                    Some(retyped) if retyped == column => (new == "NULL") == (cell == "NULL"),
                    _ => new == cell,
                };
                assert!(now.get(name).is_none_or(is_kept), "{key} {column}: {:#?}", self.log);
            }
        }
    }
}
