//! Where the tiles of one place come from. Bytes of vector tiles may be put behind each other: the layers add up.

/// The deepest zoom at which the world's land is asked for; it is too rough for more.
pub const LAND_ZOOM: u32 = 8;

/// The addresses of one tile below a server's address: the land, where it is of use, and the plan split by status.
/// `filter` is CQL2 text, percent-encoded, or empty.
pub fn addresses(server: &str, filter: &str, (z, x, y): (u32, u32, u32)) -> Vec<String> {
    let server = server.trim_end_matches('/');
    let filter = if filter.is_empty() { String::new() } else { format!("&filter={filter}") };
    let mut all = vec![
        format!("{server}/tiles/areas/{z}/{x}/{y}.mvt"),
        format!("{server}/tiles/interventions/{z}/{x}/{y}.mvt?split=status{filter}"),
    ];
    if z <= LAND_ZOOM {
        all.push(format!("{server}/tiles/world/{z}/{x}/{y}.mvt"));
    }
    all
}
