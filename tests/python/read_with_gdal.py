"""Reads files with GDAL: JSON with each layer's features as positions in longitude and latitude, and values."""

import datetime, json, sys, warnings
import numpy, pyogrio, pyproj, shapely

warnings.simplefilter("ignore")


def plain(value):
    if value is None or (isinstance(value, float) and numpy.isnan(value)):
        return None
    if isinstance(value, numpy.datetime64):
        return None if numpy.isnat(value) else str(value)
    if isinstance(value, numpy.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, numpy.generic):
        return plain(value.item())
    if isinstance(value, bytes):
        return None
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return value


def read_layer(path, layer):
    meta, _, geometries, columns = pyogrio.raw.read(path, layer=layer)
    to_lonlat = None
    if meta["crs"]:
        crs = pyproj.CRS(meta["crs"])
        to_lonlat = pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True, only_best=False)
    features = []
    for row in range(len(columns[0]) if len(columns) else len(geometries)):
        blob = None if geometries is None else geometries[row]
        shape = None if blob is None else shapely.from_wkb(blob)
        positions = None
        if shape is not None and not shape.is_empty:
            xy = shapely.get_coordinates(shape)
            positions = [list(p) for p in (zip(*to_lonlat.transform(xy[:, 0], xy[:, 1])) if to_lonlat else xy)]
        values = {str(n): plain(c[row]) for n, c in zip(meta["fields"], columns)}
        features.append({"positions": positions, "values": values})
    return {"path": path, "layer": layer, "features": features}


out = []
for path in json.load(sys.stdin):
    try:
        layers = [str(l[0]) for l in pyogrio.list_layers(path)]
    except Exception as e:
        out.append({"path": path, "layer": None, "error": str(e)})
        continue
    for layer in layers:
        try:
            out.append(read_layer(path, layer))
        except Exception as e:
            out.append({"path": path, "layer": layer, "error": str(e)})
print(json.dumps(out))
