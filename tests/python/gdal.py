# Edits GeoPackages with GDAL, as QGIS does: reads lines of JSON [path, steps] and answers each with a list of errors.
# The argument is the library to load, or "bundled" for that of pyogrio.
import ctypes, glob, json, os, sys
if sys.argv[1] == "bundled":
    import pyogrio
    name = glob.glob(os.path.dirname(pyogrio.__file__) + ".libs/libgdal*")[0]
else:
    name = sys.argv[1]
gdal, p, text = ctypes.CDLL(name), ctypes.c_void_p, lambda s: s.encode()
for f in ["GDALOpenEx", "GDALDatasetExecuteSQL", "GDALDatasetGetLayerByName", "GDALDatasetCopyLayer", "OGR_Fld_Create", "OGR_L_GetLayerDefn", "OGR_F_Create", "OGR_G_CreateGeometry"]:
    getattr(gdal, f).restype = p
errors = []
collect = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int, ctypes.c_char_p)(lambda kind, number, message: errors.append(message.decode()) if kind > 2 else None)
gdal.CPLPushErrorHandler(collect)
gdal.GDALAllRegister()
def layer_of(data, name): return p(gdal.GDALDatasetGetLayerByName(data, text(name)))
def index_of(layer, field): return gdal.OGR_FD_GetFieldIndex(p(gdal.OGR_L_GetLayerDefn(layer)), text(field))
def alter(layer, field, name, kind, flag):
    return gdal.OGR_L_AlterFieldDefn(layer, index_of(layer, field), p(gdal.OGR_Fld_Create(text(name), kind)), flag)
def run(data, do, table, *given):
    if do == "sql":
        result = gdal.GDALDatasetExecuteSQL(data, text(table), None, None)
        if result: gdal.GDALDatasetReleaseResultSet(data, p(result))
        return 0
    if do == "copy":
        source, options = p(gdal.GDALOpenEx(text(given[0]), 4, None, None, None)), (ctypes.c_char_p * 2)(b"OVERWRITE=YES", None)
        copied = gdal.GDALDatasetCopyLayer(data, layer_of(source, given[1]), text(table), options)
        gdal.GDALClose(source)
        return 0 if copied else 1
    layer = layer_of(data, table)
    if not layer.value: return errors.append("no layer " + table)
    if do == "add": return gdal.OGR_L_CreateField(layer, p(gdal.OGR_Fld_Create(text(given[0]), given[1])), 1)
    if do == "drop": return gdal.OGR_L_DeleteField(layer, index_of(layer, given[0]))
    if do == "rename": return alter(layer, given[0], given[1], 4, 1)
    if do == "retype": return alter(layer, given[0], given[0], given[1], 2)
    if do == "insert":
        feature, point = p(gdal.OGR_F_Create(p(gdal.OGR_L_GetLayerDefn(layer)))), p(gdal.OGR_G_CreateGeometry(1))
        gdal.OGR_G_SetPoint_2D(point, 0, ctypes.c_double(given[0]), ctypes.c_double(given[1]))
        gdal.OGR_F_SetGeometryDirectly(feature, point)
        done = gdal.OGR_L_CreateFeature(layer, feature)
        gdal.OGR_F_Destroy(feature)
        return done
    errors.append("what is " + do)
for line in sys.stdin:
    path, steps = json.loads(line)
    errors.clear()
    data = p(gdal.GDALOpenEx(text(path), 4 | 1, None, None, None))
    if data.value:
        for step in steps:
            if not errors and run(data, *step): errors.append("failed")
        gdal.GDALClose(data)
    print(json.dumps(errors), flush=True)
