# Compares a file with the features that it was written from; prints what differs. Standard input: [path, kind, features].
import datetime, json, sys, warnings

warnings.simplefilter('ignore')
path, kind, wanted = json.load(sys.stdin)


def instant(text):
    moment = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)


def same(want, got):
    if kind == 'libreoffice' and got in ('=TRUE()', '=FALSE()'):
        # It keeps yes and no of XLSX as formulas.
        got = got == '=TRUE()'
    if hasattr(got, 'item'):
        got = got.item()
    if want is None or want == '':
        return got is None or got == '' or got != got
    if isinstance(got, datetime.datetime):
        utc = got if got.tzinfo else got.replace(tzinfo=datetime.timezone.utc)
        return abs(instant(want) - utc) < datetime.timedelta(milliseconds=1)
    if isinstance(got, datetime.date):
        return got.isoformat() == want
    if isinstance(want, bool):
        return got in (want, int(want), str(int(want)), str(want).lower())
    if isinstance(want, float) and isinstance(got, float) and kind == 'libreoffice':
        # It writes fifteen digits.
        return abs(got - want) <= 1e-14 * abs(want)
    if isinstance(want, (int, float)):
        return not isinstance(got, bool) and got is not None and (str(got) == str(want) or float(got) == float(want))
    if isinstance(want, (list, dict)):
        if isinstance(got, bytes):
            got = got.decode()
        return got == want or (isinstance(got, str) and json.loads(got) == want)
    if isinstance(got, str) and len(want) == 20 and want.endswith('Z') and got != want:
        return instant(got.replace('/', '-').replace(' ', 'T').replace('+00', '+00:00') if '/' in got else got) == instant(want)
    return got == want


def check(rows, names, geometry=None, tolerance=0):
    wrong = []
    if len(rows) != len(wanted):
        wrong.append(f'{len(rows)} rows instead of {len(wanted)}')
    for row, feature in zip(rows, wanted):
        for name, want in feature['properties'].items():
            got = row.get(names(name))
            if not same(want, got):
                wrong.append(f"{feature['id']} {name}: {got!r} instead of {want!r}")
        if geometry:
            import shapely
            want = shapely.from_wkt(feature['wkt']) if feature['wkt'] else None
            got = shapely.from_wkb(row[geometry]) if row[geometry] else None
            if (want is None) != (got is None) or want is not None and not same_shape(want, got, tolerance):
                wrong.append(f"{feature['id']}: {got} instead of {want}")
    return wrong


def same_shape(want, got, tolerance):
    return got.normalize().equals_exact(want.normalize(), tolerance)


def read_arrow(**how):
    import pyogrio
    meta, table = pyogrio.raw.read_arrow(path, **how)
    return meta, table.to_pylist()


if kind == 'gpkg':
    meta, rows = read_arrow()
    wrong = check(rows, lambda n: n, meta['geometry_name'] or 'wkb_geometry')
elif kind == 'shp':
    meta, rows = read_arrow()
    wrong = check(rows, lambda n: n[:10], meta['geometry_name'] or 'wkb_geometry', 1e-9)
    if meta['crs'] != 'EPSG:4326':
        wrong.append(meta['crs'])
elif kind == 'kml':
    meta, rows = read_arrow()
    wrong = check(rows, lambda n: n, meta['geometry_name'] or 'wkb_geometry', 1e-12)
elif kind == 'gpx':
    rows, wrong = [], []
    import pyogrio
    for layer in ('waypoints', 'tracks'):
        meta, table = pyogrio.raw.read_arrow(path, layer=layer)
        rows += table.to_pylist()
    by_id = {row['ogr_id']: row for row in rows}
    rows = [by_id[f['id']] for f in wanted]
    wrong = check(rows, lambda n: 'ogr_' + n)
elif kind == 'parquet':
    import pyarrow.parquet as parquet
    table = parquet.read_table(path)
    geo = json.loads(table.schema.metadata[b'geo'])
    column = geo['columns']['geometry']
    wrong = check(table.to_pylist(), lambda n: n, 'geometry')
    if (geo['version'], geo['primary_column'], column['encoding'], 'crs' in column) != ('1.1.0', 'geometry', 'WKB', False):
        wrong.append(str(geo)[:300])
elif kind == 'dxf':
    meta, rows = read_arrow()
    import shapely
    got = [shapely.from_wkb(row[meta['geometry_name'] or 'wkb_geometry']).geom_type for row in rows]
    wrong = [] if len(got) == len(wanted) and all(row['Layer'] == 'THINGS' for row in rows) else [str(got)]
elif kind == 'ods':
    meta, table = __import__('pyogrio').raw.read_arrow(path, layer='Things & more')
    rows = table.to_pylist()
    # GDAL takes the hidden names for the headings' row, or for a row of values.
    wrong = [] if len(rows) >= len(wanted) else [f'{len(rows)} rows']
    texts = {value for row in rows for value in row.values() if isinstance(value, str)}
    wrong += [f['id'] for f in wanted if f['id'] not in texts]
    labels = [f['properties']['label'] for f in wanted if f['properties']['label']]
    wrong += [label for label in labels if label not in texts]
elif kind in ('xlsx', 'libreoffice'):
    import openpyxl
    book = openpyxl.load_workbook(path)
    sheet = book['Things & more']
    names = [cell.value for cell in sheet[1]]
    rows = []
    for line in sheet.iter_rows(min_row=3, values_only=True):
        # openpyxl leaves the escape of an underscore, which Excel takes off.
        row = {name: value.replace('_x005F_', '_') if isinstance(value, str) else value for name, value in zip(names, line)}
        if row['_id'] is None:
            break
        tags = row['tags']
        if isinstance(tags, str) and not tags.startswith(('[', '{')):
            row['tags'] = tags.split('; ')
        rows.append(row)
    wrong = check(rows, lambda n: n)
    for row, feature in zip(rows, wanted):
        place = None if row['lon'] is None else f"POINT ({row['lon']!r} {row['lat']!r})"
        import shapely
        if (place and shapely.from_wkt(place)) != (feature['wkt'] and shapely.from_wkt(feature['wkt'])) or row['_id'] != feature['id'] or row['_revision'] != 7:
            wrong.append(f"{feature['id']}: {place} instead of {feature['wkt']}")
print(json.dumps(wrong))
