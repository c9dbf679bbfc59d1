//! Random changes of schema and rows by another program, plain SQLite or GDAL, with edits of our own in between: the
//! file holds what a model of its cells holds, byte for byte, and the collection shows every column that it can.
//! `CITYHEART_SCHEMA_RUNS` is the number of runs.

mod gdal_steps;

use crate::store::features::{all_of, collection_id, id};
use crate::support::gdal::{GdalLibrary, GdalProcess};
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::error::Error;
use cityheart::feature::{Feature, FieldValue};
use cityheart::store::{GeoPackage, Store};
use rusqlite::Connection;
use std::collections::BTreeMap;
use tempfile::TempDir;

const DEFAULT_RUNS: u64 = 40;
/// Each step of GDAL opens the file.
const DEFAULT_GDAL_RUNS: u64 = 8;
const STEPS: usize = 25;
/// Declared types, with a value that such a column usually has and one that it should not have.
const TYPES: [(&str, &str, &str); 8] = [
    ("INTEGER", "41", "'many'"),
    ("REAL", "12.75", "'n/a'"),
    ("TEXT", "'Höhe, ''x'''", "x'00ff'"),
    ("BLOB", "x'0011ff'", "7"),
    ("DECIMAL(10,2)", "3.25", "'a lot'"),
    ("VARCHAR(20)", "'abc'", "x'41'"),
    ("BOOLEAN", "1", "5"),
    ("MEDIUMINT", "-3", "2.5"),
];

/// A small generator of numbers, so that a run is repeated by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.roll(of.len())])
    }
}

type Cells = BTreeMap<String, String>;

/// What the file must hold.
struct Model {
    dir: TempDir,
    store: GeoPackage,
    conn: Connection,
    /// The program that edits, unless it is plain SQLite.
    gdal: Option<GdalProcess>,
    /// Further layers, which GDAL made.
    others: Vec<String>,
    dice: Dice,
    table: String,
    /// The declared types of the columns that are not ours.
    columns: BTreeMap<String, usize>,
    rows: BTreeMap<i64, Cells>,
    /// Features that we deleted: key, revision, id and cells, without those of columns that were retyped since.
    deleted: Vec<(i64, u64, String, Cells)>,
    made: usize,
    log: Vec<String>,
}

impl Model {
    fn new(seed: u64, gdal: Option<GdalProcess>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.gpkg");
        let store = GeoPackage::create(&path).unwrap();
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF").unwrap();
        let mut model = Self {
            dir,
            store,
            conn,
            gdal,
            others: vec![],
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            table: "trees".into(),
            columns: BTreeMap::new(),
            rows: BTreeMap::new(),
            deleted: vec![],
            made: 0,
            log: vec![],
        };
        model.create_table();
        model.adopt();
        model
    }

    fn sql(&mut self, text: &str) {
        if self.gdal.is_some() {
            return self.run_gdal(&[serde_json::json!(["sql", text])]);
        }
        self.log.push(text.to_owned());
        self.conn.execute_batch(text).unwrap_or_else(|e| panic!("{e}: {:#?}", self.log));
    }

    fn new_name(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{}", self.made)
    }

    /// Creates the table with some columns and rows, as GDAL writes a layer.
    fn create_table(&mut self) {
        if self.gdal.is_some() {
            return self.copy_table();
        }
        self.columns = (0..=self.dice.roll(4)).map(|i| (format!("c{i}"), self.dice.roll(TYPES.len()))).collect();
        let declared: Vec<String> =
            self.columns.iter().map(|(name, kind)| format!(", {name} {}", TYPES[*kind].0)).collect();
        let declared = declared.concat();
        let t = self.table.clone();
        self.sql(&format!(
            "BEGIN; CREATE TABLE {t} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POINT{declared});
             INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('{t}', 'features', '{t}', 4326);
             INSERT INTO gpkg_geometry_columns VALUES ('{t}', 'geom', 'POINT', 4326, 0, 0); COMMIT;"
        ));
        for _ in 0..3 {
            self.insert_row();
        }
        self.read_rows();
        self.deleted.clear();
    }

    fn drop_table(&mut self) {
        let t = self.table.clone();
        self.sql(&format!(
            "BEGIN; DELETE FROM gpkg_geometry_columns WHERE table_name='{t}'; DELETE FROM gpkg_contents WHERE table_name='{t}'; DROP TABLE {t}; COMMIT;"
        ));
    }

    fn insert_row(&mut self) {
        let t = self.table.clone();
        if self.gdal.is_some() {
            self.run_gdal(&[serde_json::json!(["insert", t, 15.0, 46.0])]);
        } else {
            self.sql(&format!(
                "INSERT INTO {t} (geom) VALUES (x'47500001E610000001010000000000000000002E400000000000004740')"
            ));
        }
        for (name, kind) in self.columns.clone() {
            let value = if self.dice.roll(4) == 0 { TYPES[kind].2 } else { TYPES[kind].1 };
            if self.dice.roll(3) > 0 {
                self.sql(&format!("UPDATE {t} SET {name}={value} WHERE fid=(SELECT max(fid) FROM {t})"));
            }
        }
    }

    /// What another program has written is as the file has it then.
    fn read_rows(&mut self) {
        self.rows = self.cells_in_file();
    }

    fn cells_in_file(&self) -> BTreeMap<i64, Cells> {
        let names: Vec<&String> = self.columns.keys().collect();
        let quoted = names.iter().map(|name| format!(", quote({name})")).collect::<Vec<_>>().concat();
        let sql = format!("SELECT fid, quote(geom){quoted} FROM {}", self.table);
        let mut statement = self.conn.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| {
            let mut cells = Cells::from([("geom".to_owned(), row.get(1)?)]);
            for (i, name) in names.iter().enumerate() {
                cells.insert((*name).clone(), row.get(i + 2)?);
            }
            Ok((row.get(0)?, cells))
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn adopt(&self) {
        for collection in self.store.list_collections().unwrap() {
            match self.store.adopt_external_changes(&collection.id) {
                Ok(_) | Err(Error::Stale(_)) => {}
                Err(e) => panic!("{e}: {:#?}", self.log),
            }
        }
    }

    /// Commits an edit; one that does not know what another program did is repeated, as the server does it.
    fn commit(&mut self, edit: impl Fn(&[Feature], &[String]) -> Option<FeatureEdit>) -> Option<u64> {
        for _ in 0..2 {
            let (features, names) = self.shown();
            let edit = edit(&features, &names)?;
            self.log.push(format!("{edit:?}"));
            let set = ChangeSet { collection: collection_id(&self.table), edits: vec![edit], author: "ana".into() };
            match self.store.commit_change_set(&set) {
                Ok((revision, _)) => return Some(revision),
                Err(Error::Stale(_) | Error::Busy(_)) => self.adopt(),
                Err(e) => panic!("{e}: {:#?}", self.log),
            }
        }
        panic!("the edit stays stale: {:#?}", self.log);
    }

    /// The features and the names of their fields.
    fn shown(&self) -> (Vec<Feature>, Vec<String>) {
        let all = self.store.list_collections().unwrap();
        let collection = all.into_iter().find(|c| c.id.as_str() == self.table);
        let collection = collection.unwrap_or_else(|| panic!("'{}' is not shown: {:#?}", self.table, self.log));
        (all_of(&self.store, &self.table), collection.fields.into_iter().map(|f| f.name).collect())
    }

    fn step(&mut self) {
        let roll = self.dice.roll(13);
        if self.gdal.is_some() && roll < 6 {
            return self.change_schema_by_gdal(roll);
        }
        match roll {
            0 => {
                let (name, kind) = (self.new_name("n"), self.dice.roll(TYPES.len()));
                self.sql(&format!("ALTER TABLE {} ADD COLUMN {name} {}", self.table, TYPES[kind].0));
                self.columns.insert(name, kind);
                self.read_rows();
            }
            1 => self.drop_column(),
            2 => self.rename_column(),
            3 => self.retype_column(),
            4 if self.dice.roll(2) == 0 => {
                self.drop_table();
                if self.dice.roll(2) == 0 {
                    self.adopt();
                }
                self.create_table();
            }
            5 if self.dice.roll(2) == 0 => self.rename_table(),
            6 => {
                self.insert_row();
                self.read_rows();
            }
            7 | 8 => self.update_row(),
            9 => self.patch_field(),
            10 => self.delete_feature(),
            11 => self.restore_feature(),
            _ => {
                let key = self.dice.roll(6);
                self.sql(&format!("DELETE FROM {} WHERE fid={key}", self.table));
                self.read_rows();
            }
        }
    }

    fn any_column(&mut self) -> Option<String> {
        let names: Vec<String> = self.columns.keys().cloned().collect();
        self.dice.pick(&names).cloned()
    }

    fn drop_column(&mut self) {
        let Some(name) = self.any_column() else { return };
        self.sql(&format!("ALTER TABLE {} DROP COLUMN {name}", self.table));
        self.columns.remove(&name);
        self.deleted.iter_mut().for_each(|d| _ = d.3.remove(&name));
        self.read_rows();
    }

    fn rename_column(&mut self) {
        let Some(name) = self.any_column() else { return };
        let new = self.new_name("r");
        self.sql(&format!("ALTER TABLE {} RENAME COLUMN {name} TO {new}", self.table));
        let kind = self.columns.remove(&name).unwrap();
        self.columns.insert(new.clone(), kind);
        for deleted in &mut self.deleted {
            if let Some(cell) = deleted.3.remove(&name) {
                deleted.3.insert(new.clone(), cell);
            }
        }
        self.read_rows();
        // A renamed and then dropped column is unknown to the notes; they are taken over in between.
        self.adopt();
    }

    /// Changes the declared type in the text of the schema, as GDAL does it.
    fn retype_column(&mut self) {
        let Some(name) = self.any_column() else { return };
        let (from, to) = (self.columns[&name], [0, 1, 2][self.dice.roll(3)]);
        let version: i64 = self.conn.query_row("PRAGMA schema_version", [], |r| r.get(0)).unwrap();
        self.sql(&format!(
            "BEGIN; PRAGMA writable_schema=ON;
             UPDATE sqlite_master SET sql=replace(replace(sql, '{name} {from}', '{name} {to}'), '\"{name}\" {from}', '\"{name}\" {to}') WHERE type='table' AND name='{t}';
             PRAGMA schema_version={}; PRAGMA writable_schema=RESET; COMMIT;",
            version + 1,
            t = self.table,
            from = TYPES[from].0,
            to = TYPES[to].0
        ));
        let declared = format!("SELECT type FROM pragma_table_info('{}') WHERE name='{name}'", self.table);
        let declared: String = self.conn.query_row(&declared, [], |r| r.get(0)).unwrap();
        assert_eq!(declared, TYPES[to].0, "{:#?}", self.log);
        self.columns.insert(name.clone(), to);
        self.deleted.iter_mut().for_each(|d| _ = d.3.remove(&name));
        self.read_rows();
    }

    fn rename_table(&mut self) {
        let (old, new) = (self.table.clone(), self.new_name("t"));
        self.sql(&format!(
            "BEGIN; ALTER TABLE {old} RENAME TO {new}; UPDATE gpkg_contents SET table_name='{new}' WHERE table_name='{old}';
             UPDATE gpkg_geometry_columns SET table_name='{new}' WHERE table_name='{old}'; COMMIT;"
        ));
        self.table = new;
    }

    fn update_row(&mut self) {
        let keys: Vec<i64> = self.rows.keys().copied().collect();
        let (Some(name), Some(key)) = (self.any_column(), self.dice.pick(&keys).copied()) else { return };
        let kind = self.columns[&name];
        let value = [TYPES[kind].1, TYPES[kind].2, "NULL"][self.dice.roll(3)];
        self.sql(&format!("UPDATE {} SET {name}={value} WHERE fid={key}", self.table));
        self.read_rows();
    }

    fn patch_field(&mut self) {
        let chosen = self.dice.roll(100);
        let texts: Vec<String> =
            self.columns.iter().filter(|(_, k)| TYPES[**k].0 == "TEXT").map(|(n, _)| n.clone()).collect();
        let Some(name) = texts.get(chosen % texts.len().max(1)).cloned() else { return };
        let patched = std::cell::Cell::new(None);
        self.commit(|features, names| {
            let feature = features.get(chosen % features.len().max(1))?;
            patched.set(Some(feature.key));
            let at = names.iter().position(|n| *n == name)?;
            let values = vec![(at, FieldValue::text("ours"))];
            Some(FeatureEdit::Patch { id: feature.id.clone(), base: None, geometry: None, values })
        });
        if let Some((key, mut cells)) = patched.get().and_then(|key| Some((key, self.rows.remove(&key)?))) {
            cells.insert(name, "'ours'".into());
            self.rows.insert(key, self.as_written(cells));
        }
    }

    /// A row as any program writes it: SQLite gives all cells of a row that it writes the affinity of their columns, so
    /// that a number in a column that has become text is text from then on.
    fn as_written(&self, mut cells: Cells) -> Cells {
        let scratch = Connection::open_in_memory().unwrap();
        for (name, kind) in &self.columns {
            let Some(cell) = cells.get_mut(name) else { continue };
            let sql =
                format!("DROP TABLE IF EXISTS t; CREATE TABLE t (c {}); INSERT INTO t VALUES ({cell})", TYPES[*kind].0);
            scratch.execute_batch(&sql).unwrap();
            *cell = scratch.query_row("SELECT quote(c) FROM t", [], |row| row.get(0)).unwrap();
        }
        cells
    }

    fn delete_feature(&mut self) {
        let chosen = self.dice.roll(100);
        let deleted = std::cell::RefCell::new(None);
        let revision = self.commit(|features, _| {
            let feature = features.get(chosen % features.len().max(1))?;
            *deleted.borrow_mut() = Some((feature.key, feature.id.to_string()));
            Some(FeatureEdit::Delete { id: feature.id.clone(), base: None })
        });
        if let (Some(revision), Some((key, id))) = (revision, deleted.into_inner()) {
            let cells = self.rows.remove(&key).unwrap();
            self.deleted.push((key, revision - 1, id, cells));
        }
    }

    fn restore_feature(&mut self) {
        if self.deleted.is_empty() {
            return;
        }
        let (key, revision, name, mut cells) = self.deleted.remove(self.dice.roll(self.deleted.len()));
        if self.rows.contains_key(&key) {
            return;
        }
        self.commit(|_, _| Some(FeatureEdit::Restore { id: id(&name), revision, base: None }));
        let file = self.cells_in_file();
        let Some(now) = file.get(&key) else { panic!("{name} did not come back: {:#?}", self.log) };
        // Columns that are newer than the deletion, or were retyped since, are as the file has them.
        for (column, cell) in now {
            cells.entry(column.clone()).or_insert_with(|| cell.clone());
        }
        self.rows.insert(key, self.as_written(cells));
    }

    fn check(&self) {
        assert_eq!(self.cells_in_file(), self.rows, "{:#?}", self.log);
        let (features, mut names) = self.shown();
        let keys: Vec<i64> = features.iter().map(|f| f.key).collect();
        assert_eq!(keys, self.rows.keys().copied().collect::<Vec<_>>(), "{:#?}", self.log);
        names.sort();
        let shown = self.columns.iter().filter(|(_, kind)| TYPES[**kind].0 != "BLOB").map(|(name, _)| name.clone());
        assert_eq!(names, shown.collect::<Vec<_>>(), "{:#?}", self.log);
        let all = self.store.list_collections().unwrap();
        let is_shown = |name: &String| all.iter().any(|c| c.id.as_str() == name);
        assert_eq!((all.len(), self.others.iter().all(is_shown)), (self.others.len() + 1, true), "{:#?}", self.log);
    }
}

fn number_of_runs(usual: u64) -> u64 {
    std::env::var("CITYHEART_SCHEMA_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Runs a model, and gives its GDAL back.
fn run_model(seed: u64, gdal: Option<GdalProcess>) -> Option<GdalProcess> {
    let mut model = Model::new(seed, gdal);
    model.log.push(format!("seed {seed}"));
    for _ in 0..STEPS {
        model.step();
        if model.dice.roll(3) == 0 {
            model.adopt();
        }
        model.check();
    }
    model.gdal
}

#[test]
fn random_changes_of_schema_and_rows_lose_nothing() {
    for seed in 1..=number_of_runs(DEFAULT_RUNS) {
        run_model(seed, None);
    }
}

#[test]
fn random_changes_of_schema_and_rows_by_gdal_lose_nothing() {
    let libraries = [GdalLibrary::Bundled, GdalLibrary::Installed];
    let mut processes: Vec<GdalProcess> = libraries.into_iter().filter_map(GdalProcess::start).collect();
    for seed in 1..=number_of_runs(DEFAULT_GDAL_RUNS) {
        let gdal = Some(processes.remove(0));
        processes.extend(run_model(seed, gdal));
    }
}
