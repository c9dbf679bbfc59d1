//! The numbers that make a grid: its projection and its ellipsoid, from a PROJ string or a well-known text, to be held
//! against each other.

use super::wkt_tree::WktNode;

/// Angles may differ by this many degrees (2 cm), lengths by this many metres.
const ANGLE_TOLERANCE_DEG: f64 = 2e-7;
const LENGTH_TOLERANCE_M: f64 = 0.01;
const SCALE_TOLERANCE: f64 = 2e-8;
/// WGS 84 and GRS 80 count as one: they differ by 1e-6.
const FLATTENING_TOLERANCE: f64 = 1e-3;
const AXIS_TOLERANCE_M: f64 = 0.2;

/// The meridian of Paris, in degrees.
const PARIS_DEG: f64 = 2.337_229_167;

/// What a position on the grid means, but for the datum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GridParameters {
    pub projection: ProjectionMethod,
    pub lat_0: f64,
    /// From Greenwich.
    pub lon_0: f64,
    pub lat_1: f64,
    pub lat_2: f64,
    pub scale: f64,
    pub x_0: f64,
    pub y_0: f64,
    /// Half of the larger axis of the ellipsoid, in metres, and the inverse of its flattening.
    pub axis_m: f64,
    pub inverse_flattening: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectionMethod {
    Degrees,
    TransverseMercator,
    LambertConformal,
    ObliqueStereographic,
    KrovakEastNorth,
    LambertEqualArea,
    WebMercator,
    SwissOblique,
}

const NOTHING: GridParameters = GridParameters {
    projection: ProjectionMethod::Degrees,
    lat_0: 0.0,
    lon_0: 0.0,
    lat_1: 0.0,
    lat_2: 0.0,
    scale: 1.0,
    x_0: 0.0,
    y_0: 0.0,
    axis_m: 0.0,
    inverse_flattening: 0.0,
};

impl GridParameters {
    /// Those of a PROJ string of the registry.
    pub fn from_proj(text: &str) -> Option<Self> {
        let mut grid = NOTHING;
        let (mut zone, mut south) = (None, false);
        let mut second_parallel = None;
        for word in text.split_whitespace() {
            let (key, value) = word.trim_start_matches('+').split_once('=').unwrap_or((word, ""));
            let number: f64 = value.parse().unwrap_or(f64::NAN);
            match key {
                "proj" => grid.projection = proj_method(value)?,
                "lat_0" => grid.lat_0 = number,
                "lon_0" => grid.lon_0 = number,
                "lat_1" => grid.lat_1 = number,
                "lat_2" => second_parallel = Some(number),
                "k" | "k_0" => grid.scale = number,
                "x_0" => grid.x_0 = number,
                "y_0" => grid.y_0 = number,
                "a" => grid.axis_m = number,
                "rf" => grid.inverse_flattening = number,
                "zone" => zone = Some(number),
                "+south" | "south" => south = true,
                "ellps" => (grid.axis_m, grid.inverse_flattening) = ellipsoid(value)?,
                _ => {}
            }
        }
        grid.lat_2 = second_parallel.unwrap_or(grid.lat_1);
        if let Some(zone) = zone {
            let y_0 = if south { 10_000_000.0 } else { 0.0 };
            grid = Self { lon_0: zone * 6.0 - 183.0, scale: 0.9996, x_0: 500_000.0, y_0, ..grid };
        }
        Some(grid)
    }

    /// Those of a projected or geographic system.
    ///
    /// # Errors
    /// The end of a sentence: what is not known here.
    pub fn from_wkt(system: &WktNode, geographic: &WktNode) -> Result<Self, String> {
        let mut grid = NOTHING;
        let datum = geographic.child(&["DATUM", "TRF", "GEODETICDATUM", "ENSEMBLE"]);
        let ellipsoid =
            datum.and_then(|d| d.child(&["SPHEROID", "ELLIPSOID"])).or_else(|| geographic.child(&["ELLIPSOID"]));
        let Some([axis_m, inverse_flattening, ..]) = ellipsoid.map(|e| &e.numbers[..]) else {
            return Err("it has no ellipsoid".to_owned());
        };
        (grid.axis_m, grid.inverse_flattening) = (*axis_m, *inverse_flattening);
        let degree = 1_f64.to_radians();
        let angle_unit =
            unit_of(geographic, &["UNIT", "ANGLEUNIT"]).or_else(|| axis_unit(geographic)).unwrap_or(degree);
        grid.lon_0 = read_meridian(geographic, angle_unit / degree);
        if std::ptr::eq(system, geographic) {
            return if (angle_unit / degree - 1.0).abs() < 1e-6 && grid.lon_0 == 0.0 {
                Ok(grid)
            } else {
                Err("its angles are not degrees from Greenwich".to_owned())
            };
        }
        let conversion = system.child(&["CONVERSION"]).unwrap_or(system);
        let Some(method) = conversion.child(&["PROJECTION", "METHOD"]) else {
            return Err("it has no projection".to_owned());
        };
        grid.projection = wkt_method(method.name(), system)
            .ok_or_else(|| format!("its projection '{}' is not known here", method.name()))?;
        let length_unit = unit_of(system, &["UNIT", "LENGTHUNIT"]).or_else(|| axis_unit(system)).unwrap_or(1.0);
        if (length_unit - 1.0).abs() > 1e-9 {
            return Err("its unit is not the metre".to_owned());
        }
        grid.read_parameters(conversion, angle_unit / degree);
        Ok(grid)
    }

    fn read_parameters(&mut self, conversion: &WktNode, degrees_per_unit: f64) {
        let (mut first, mut second) = (None, None);
        for parameter in conversion.children.iter().filter(|c| c.keyword == "PARAMETER") {
            let Some(number) = parameter.numbers.first().copied() else { continue };
            let own_unit = unit_of(parameter, &["ANGLEUNIT"]).map_or(degrees_per_unit, f64::to_degrees);
            let angle = number * own_unit;
            match fold_name(parameter.name()).as_str() {
                "latitudeoforigin"
                | "latitudeofcenter"
                | "latitudeofnaturalorigin"
                | "latitudeoffalseorigin"
                | "latitudeofprojectioncentre" => self.lat_0 = angle,
                "centralmeridian"
                | "longitudeofcenter"
                | "longitudeoforigin"
                | "longitudeofnaturalorigin"
                | "longitudeoffalseorigin"
                | "longitudeofprojectioncentre" => self.lon_0 += angle,
                "standardparallel1" | "latitudeof1ststandardparallel" => first = Some(angle),
                "standardparallel2" | "latitudeof2ndstandardparallel" => second = Some(angle),
                "scalefactor" | "scalefactoratnaturalorigin" | "scalefactoroninitialline" => self.scale = number,
                "falseeasting" | "eastingatfalseorigin" | "eastingatprojectioncentre" => self.x_0 = number,
                "falsenorthing" | "northingatfalseorigin" | "northingatprojectioncentre" => self.y_0 = number,
                _ => {}
            }
        }
        if self.projection == ProjectionMethod::LambertConformal {
            self.lat_1 = first.unwrap_or(self.lat_0);
            self.lat_2 = second.unwrap_or(self.lat_1);
        }
    }

    /// Whether a position means the same on both, but for the datum.
    pub fn matches(&self, other: &Self) -> bool {
        let near = |a: f64, b: f64, tolerance: f64| (a - b).abs() <= tolerance;
        let angle = |a: f64, b: f64| near(a, b, ANGLE_TOLERANCE_DEG);
        if self.projection != other.projection {
            return false;
        }
        let has_ellipsoid = self.projection == ProjectionMethod::WebMercator
            || (near(self.axis_m, other.axis_m, AXIS_TOLERANCE_M)
                && near(self.inverse_flattening, other.inverse_flattening, FLATTENING_TOLERANCE));
        let has_parallels = self.projection != ProjectionMethod::LambertConformal
            || (angle(self.lat_1, other.lat_1) && angle(self.lat_2, other.lat_2))
            || (angle(self.lat_1, other.lat_2) && angle(self.lat_2, other.lat_1));
        let has_origin = match self.projection {
            ProjectionMethod::Degrees => true,
            // The meridian is given from Ferro by some.
            ProjectionMethod::KrovakEastNorth => near(self.lat_0, other.lat_0, 1e-6),
            _ => angle(self.lat_0, other.lat_0) && angle(self.lon_0, other.lon_0),
        };
        has_ellipsoid
            && has_parallels
            && has_origin
            && near(self.scale, other.scale, SCALE_TOLERANCE)
            && near(self.x_0, other.x_0, LENGTH_TOLERANCE_M)
            && near(self.y_0, other.y_0, LENGTH_TOLERANCE_M)
    }
}

/// Letters and digits, in small letters: `Transverse_Mercator` and `Transverse Mercator` are one; a plus is a word.
pub fn fold_name(name: &str) -> String {
    name.replace('+', "plus").chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn proj_method(name: &str) -> Option<ProjectionMethod> {
    use ProjectionMethod as M;
    Some(match name {
        "longlat" => M::Degrees,
        "tmerc" | "utm" => M::TransverseMercator,
        "lcc" => M::LambertConformal,
        "sterea" => M::ObliqueStereographic,
        "krovak" => M::KrovakEastNorth,
        "laea" => M::LambertEqualArea,
        "merc" => M::WebMercator,
        "somerc" => M::SwissOblique,
        _ => return None,
    })
}

fn wkt_method(name: &str, system: &WktNode) -> Option<ProjectionMethod> {
    use ProjectionMethod as M;
    let number = |wanted: &str| {
        let named = |c: &&WktNode| c.keyword == "PARAMETER" && fold_name(c.name()) == wanted;
        system.children.iter().find(named).and_then(|c| c.numbers.first().copied())
    };
    Some(match fold_name(name).as_str() {
        "transversemercator" | "gausskruger" => M::TransverseMercator,
        "lambertconformalconic"
        | "lambertconformalconic1sp"
        | "lambertconformalconic2sp"
        | "lambertconicconformal1sp"
        | "lambertconicconformal2sp" => M::LambertConformal,
        "obliquestereographic" | "doublestereographic" => M::ObliqueStereographic,
        "krovaknorthorientated" => M::KrovakEastNorth,
        "krovak" if number("xscale") == Some(-1.0) || is_eastward(system) => M::KrovakEastNorth,
        "lambertazimuthalequalarea" => M::LambertEqualArea,
        "mercatorauxiliarysphere" | "popularvisualisationpseudomercator" => M::WebMercator,
        "mercator1sp" if is_spherical(system) => M::WebMercator,
        "swissobliquecylindrical"
        | "hotineobliquemercatorazimuthcenter"
        | "swissobliquemercator"
        | "hotineobliquemercatorvariantb"
            if number("azimuth").is_none_or(|a| (a - 90.0).abs() < 1e-9) =>
        {
            M::SwissOblique
        }
        _ => return None,
    })
}

/// Whether its first axis points east, not south.
fn is_eastward(system: &WktNode) -> bool {
    let axis = system.children.iter().find(|c| c.keyword == "AXIS");
    axis.is_some_and(|axis| axis.children.iter().any(|c| c.keyword == "EAST"))
}

/// GDAL writes Web Mercator as a Mercator with a PROJ string for the sphere.
fn is_spherical(system: &WktNode) -> bool {
    let extension = system.child(&["EXTENSION"]);
    extension.is_some_and(|e| e.texts.iter().any(|t| t.contains("+b=6378137")))
}

fn unit_of(node: &WktNode, keywords: &[&str]) -> Option<f64> {
    node.child(keywords)?.numbers.first().copied()
}

/// The unit of the axes, which version 2 may state there only.
fn axis_unit(node: &WktNode) -> Option<f64> {
    let system = node.child(&["AXIS"])?;
    unit_of(system, &["UNIT", "ANGLEUNIT", "LENGTHUNIT"])
}

/// The prime meridian in degrees. ESRI writes degrees, others the unit of the system.
fn read_meridian(geographic: &WktNode, degrees_per_unit: f64) -> f64 {
    let meridian = geographic.child(&["PRIMEM", "PRIMEMERIDIAN"]);
    let Some(number) = meridian.and_then(|m| m.numbers.first().copied()) else { return 0.0 };
    if (number - PARIS_DEG).abs() < 1e-3 { number } else { number * degrees_per_unit }
}

/// The larger axis in metres and the inverse flattening of the ellipsoids that the registry names.
fn ellipsoid(name: &str) -> Option<(f64, f64)> {
    Some(match name {
        "WGS84" => (6_378_137.0, 298.257_223_563),
        "GRS80" => (6_378_137.0, 298.257_222_101),
        "bessel" => (6_377_397.155, 299.152_812_8),
        "intl" => (6_378_388.0, 297.0),
        "airy" => (6_377_563.396, 299.324_964_6),
        "clrk80ign" => (6_378_249.2, 293.466_021_293_627),
        "krass" => (6_378_245.0, 298.3),
        "GRS67" => (6_378_160.0, 298.247_167_427),
        _ => return None,
    })
}
