"""How fast files become a plan, beside GDAL: the same files by `cityheart import` and by `ogr2ogr` into a GeoPackage, in turns, in one run.

`python3 benches/import.py path/to/cityheart [ROWS]`. Needs GDAL's `ogr2ogr` (Debian: gdal-bin); says so and ends where it is missing.
Times are of whole processes. We also project to degrees, check every geometry against its rules, and read a new collection twice.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
TARGET = 0.5
STREETS = ["Kovačičeva ulica", "Prešernova cesta", "Šubičeva ulica", "Glavni trg", "Žalska cesta"]


def write_table(path, rows):
    """Points with a few fields, as a city's register of trees or lamps has them."""
    draw = random.Random(7)
    with open(path, "w", encoding="utf-8") as file:
        file.write("id,species,street,number,height,planted,checked,note,x,y\n")
        for row in range(rows):
            street = STREETS[row % len(STREETS)]
            x, y = 380_000 + draw.random() * 200_000, 40_000 + draw.random() * 120_000
            file.write(f"t-{row},Tilia cordata,{street},{row % 200},{row % 300 / 10},2019-03-{row % 28 + 1:02},true,v drevoredu,{x:.2f},{y:.2f}\n")


def write_areas(path, rows):
    """Footprints of five to nine corners, as a city's buildings have them."""
    draw = random.Random(11)
    with open(path, "w", encoding="utf-8") as file:
        file.write("code,use,storeys,wkt\n")
        for row in range(rows):
            x, y = 380_000 + draw.random() * 200_000, 40_000 + draw.random() * 120_000
            a, b = 8 + draw.random() * 12, 6 + draw.random() * 10
            ring = [(0, 0), (a, 0), (a, b)] + ([(a / 2, b), (a / 2, b + 4), (0, b + 4)] if row % 3 == 0 else [(0, b)])
            text = ", ".join(f"{x + dx:.2f} {y + dy:.2f}" for dx, dy in ring + ring[:1])
            file.write(f'B{row},dwelling,{row % 6 + 1},"POLYGON (({text}))"\n')


VRT = """<OGRVRTDataSource><OGRVRTLayer name="trees"><SrcDataSource>{source}</SrcDataSource><SrcLayer>trees</SrcLayer><GeometryType>wkbPoint</GeometryType>
<LayerSRS>EPSG:3794</LayerSRS><GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>"""


def make_files(folder, rows):
    """The files, each as ours and theirs read it: (title, our path, our arguments, their path, their arguments)."""
    trees, areas = folder / "trees.csv", folder / "areas.csv"
    write_table(trees, rows)
    write_areas(areas, rows)
    places = ["-oo", "X_POSSIBLE_NAMES=x", "-oo", "Y_POSSIBLE_NAMES=y", "-oo", "AUTODETECT_TYPE=YES", "-a_srs", "EPSG:3794"]
    geometry = ["-oo", "GEOM_POSSIBLE_NAMES=wkt", "-oo", "KEEP_GEOM_COLUMNS=NO", "-oo", "AUTODETECT_TYPE=YES", "-a_srs", "EPSG:3794"]
    for name, source, options in [("trees", trees, places), ("areas", areas, geometry)]:
        run(["ogr2ogr", "-f", "ESRI Shapefile", "-lco", "ENCODING=CP1250", folder / f"{name}.shp", source, *options])
        run(["ogr2ogr", "-f", "GPKG", folder / f"{name}.gpkg", source, *options])
    workbook, points = folder / "trees.xlsx", folder / "workbook.vrt"
    run(["ogr2ogr", "-f", "XLSX", "-nln", "trees", workbook, trees, "-oo", "AUTODETECT_TYPE=YES"])
    points.write_text(VRT.format(source=workbook))
    grid = ["--crs", "EPSG:3794"]
    same = [("Shapefile, points", "trees.shp"), ("Shapefile, areas", "areas.shp"), ("GeoPackage, points", "trees.gpkg"), ("GeoPackage, areas", "areas.gpkg")]
    return [(title, folder / file, [], folder / file, []) for title, file in same] + [
        ("CSV, points", trees, grid, trees, places),
        ("Workbook, points", workbook, grid, points, []),
    ]


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(part) for part in command)}\n{done.stderr[-2000:]}")


def seconds(command, made):
    """How long a command takes whose result is put at `made`."""
    for path in made.parent.glob(made.name + "*"):
        path.unlink()
    before = time.perf_counter()
    run(command)
    return time.perf_counter() - before


def main():
    binary, rows = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    if not shutil.which("ogr2ogr"):
        print("left out: ogr2ogr is not installed (Debian: gdal-bin)")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{rows:,} rows into a plan, and by ogr2ogr into a GeoPackage: the fastest of {ROUNDS} turns")
        print(f"{'file':20} {'ours':>8} {'ogr2ogr':>8} {'our speed':>10}")
        for title, path, our_options, their_path, their_options in make_files(folder, rows):
            plan, package = folder / "out-plan.gpkg", folder / "out-gdal.gpkg"
            ours = [binary, "import", path, "--into", "things", "--plan", plan, *our_options]
            theirs = ["ogr2ogr", "-f", "GPKG", package, their_path, *their_options]
            turns = [(seconds(ours, plan), seconds(theirs, package)) for _ in range(ROUNDS)]
            own, other = (min(times) for times in zip(*turns))
            verdict = "" if other / own >= TARGET else f"  below {TARGET}"
            print(f"{title:20} {own:7.2f}s {other:7.2f}s {other / own:9.2f}×{verdict}", flush=True)


if __name__ == "__main__":
    main()
