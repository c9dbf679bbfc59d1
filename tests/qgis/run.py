#!/usr/bin/python3
"""QGIS against the server at $CITYHEART_URL: opens every collection and the vector tiles, reads them whole, asks with a box and with an
expression, and, where this QGIS can edit over OGC API Features, adds, moves and deletes a feature. Fails at the first difference
from what the API says."""

import json
import os
import sys
import tempfile
import urllib.request

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
profile = tempfile.TemporaryDirectory()
os.environ["QGIS_CUSTOM_CONFIG_PATH"] = profile.name

from qgis.core import (Qgis, QgsApplication, QgsDataSourceUri, QgsFeature, QgsFeatureRequest, QgsGeometry, QgsMapRendererSequentialJob,
                       QgsMapSettings, QgsPointXY, QgsRectangle, QgsVectorDataProvider, QgsVectorLayer, QgsVectorTileLayer)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

SERVER = os.environ["CITYHEART_URL"]
API = SERVER + "/api"


def api(path):
    request = urllib.request.Request(API + path, headers={"Accept": "application/geo+json, application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def layer(name, **parameters):
    uri = QgsDataSourceUri()
    for key, value in {"url": API, "typename": name, "pagingEnabled": "true", **parameters}.items():
        uri.setParam(key, value)
    found = QgsVectorLayer(uri.uri(False), name, "OAPIF")
    expect(found.isValid(), f"QGIS opens '{name}': {found.error().message()}")
    return found


done = 0


def expect(holds, what):
    global done
    if not holds:
        sys.exit(f"FAILED: {what}")
    done += 1


def reads_everything(name):
    features = api(f"/collections/{name}/items?limit=10000")["features"]
    opened = layer(name)
    seen = {f["id"] for f in opened.getFeatures()} if opened.fields().indexOf("id") >= 0 else None
    count = len(list(opened.getFeatures()))
    expect(count == len(features), f"'{name}' has {len(features)} features, QGIS reads {count}")
    if seen is not None:
        expect(seen == {f["id"] for f in features}, f"the ids of '{name}' are those of the API")
    placed = [f for f in features if f["geometry"]]
    if placed:
        expect(opened.crs().isValid(), f"'{name}' has a reference system")
        read = sum(1 for f in opened.getFeatures() if f.hasGeometry())
        expect(read == len(placed), f"{len(placed)} features of '{name}' have a place, QGIS sees {read}")
    return f"{name}: {count} features in {opened.crs().authid() or 'no reference system'}"


def asks_with_a_box():
    box = (15.0, 46.0, 15.5, 46.5)
    wanted = api("/collections/interventions/items?limit=10000&bbox=" + ",".join(map(str, box)))["numberMatched"]
    opened = layer("interventions")
    request = QgsFeatureRequest().setFilterRect(QgsRectangle(*box)).setFlags(QgsFeatureRequest.ExactIntersect)
    if opened.crs().authid() not in ("OGC:CRS84", "EPSG:4326"):
        from qgis.core import QgsCoordinateReferenceSystem, QgsProject
        request.setDestinationCrs(QgsCoordinateReferenceSystem("OGC:CRS84"), QgsProject.instance().transformContext())
    found = len(list(opened.getFeatures(request)))
    expect(found == wanted > 0, f"{wanted} interventions are in the box, QGIS finds {found}")
    return f"interventions in a box: {found}"


def asks_with_an_expression():
    wanted = api("/collections/interventions/items?limit=10000&city=celje")["numberMatched"]
    found = len(list(layer("interventions").getFeatures("\"city\" = 'celje'")))
    expect(found == wanted > 0, f"{wanted} interventions are Celje's, QGIS finds {found}")
    return f"interventions of Celje: {found}"


def draws_tiles():
    template = f"{SERVER}/tiles/areas,interventions/{{z}}/{{x}}/{{y}}.mvt"
    opened = QgsVectorTileLayer(f"type=xyz&url={template}&zmin=0&zmax=14", "tiles")
    expect(opened.isValid(), "QGIS opens the vector tiles")
    settings = QgsMapSettings()
    settings.setLayers([opened])
    settings.setDestinationCrs(opened.crs())
    settings.setExtent(QgsRectangle(1698000, 5815600, 1701000, 5818600))  # Celje, in metres of Web Mercator
    settings.setOutputSize(QSize(256, 256))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    drawn = sum(picture.pixelColor(x, y) != QColor("white") for x in range(256) for y in range(256))
    expect(drawn > 2000, f"QGIS draws the tiles over Celje: {drawn} of 65536 pixels")
    return f"vector tiles: {drawn} of 65536 pixels drawn over Celje"


def edits():
    """Adds, moves and deletes a contribution, signed in by the token in CITYHEART_TOKEN where the server wants one."""
    headers = {"http-header:Authorization": f"Bearer {t}"} if (t := os.environ.get("CITYHEART_TOKEN")) else {}
    opened = layer("facilities", **headers)
    able = opened.dataProvider().capabilities()
    wanted = QgsVectorDataProvider.AddFeatures | QgsVectorDataProvider.ChangeGeometries | QgsVectorDataProvider.DeleteFeatures
    if able & wanted != wanted:
        return f"editing: QGIS {Qgis.QGIS_VERSION} does not offer it here (it came with 3.32, and needs a sign-in)"
    before = api("/collections/facilities/items?limit=1")["numberMatched"]
    feature = QgsFeature(opened.fields())
    for field, value in {"name": "QGIS", "class": "park"}.items():
        feature.setAttribute(field, value)
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(15.265, 46.23)))
    good, added = opened.dataProvider().addFeatures([feature])
    expect(good, f"QGIS adds a feature: {opened.dataProvider().errors()}")
    expect(api("/collections/facilities/items?limit=1")["numberMatched"] == before + 1, "the added feature is there")
    moved = QgsGeometry.fromPointXY(QgsPointXY(15.266, 46.231))
    expect(opened.dataProvider().changeGeometryValues({added[0].id(): moved}), "QGIS moves a feature")
    found = [f["geometry"]["coordinates"] for f in api("/collections/facilities/items?limit=10000&name=QGIS")["features"]]
    expect(found == [[15.266, 46.231]], f"the moved feature is where QGIS put it, not at {found}")
    expect(opened.dataProvider().deleteFeatures([added[0].id()]), "QGIS deletes a feature")
    expect(api("/collections/facilities/items?limit=1")["numberMatched"] == before, "the deleted feature is gone")
    return "editing: added, moved and deleted a feature"


def main():
    application = QgsApplication([], False)
    application.initQgis()
    print(f"QGIS {Qgis.QGIS_VERSION} against {API}")
    for collection in api("/collections")["collections"]:
        print(" ", reads_everything(collection["id"]))
    for check in (asks_with_a_box, asks_with_an_expression, draws_tiles, edits):
        print(" ", check())
    print(f"{done} passed, 0 failed")
    application.exitQgis()


main()
