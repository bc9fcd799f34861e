"""Makes the fonts of this folder. See README.md for what it needs."""

import io
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

TEXT = "U+20-7E,U+A0-FF,U+2010-2015,U+2018-201A,U+201C-201E,U+2026,U+20AC,U+2192,U+2212,U+D7"
LATIN = f"{TEXT},U+100-17F,U+2020-2022,U+2030,U+2032,U+2033,U+2039,U+203A,U+2190-2193,U+2260,U+2264,U+2265,U+27E8,U+27E9"
BOXES = f"{LATIN},U+2500-257F,U+25CF,U+2713,U+2717"

FONTS = [
    ("serif", "source-serif/VAR/SourceSerif4Variable-Roman.ttf", {"wght": (400, 600), "opsz": 24}, TEXT),
    ("display", "source-serif/VAR/SourceSerif4Variable-Roman.ttf", {"wght": 400, "opsz": 60}, TEXT),
    ("sans", "source-sans/VF/SourceSans3VF-Upright.ttf", {"wght": (400, 600)}, LATIN),
    ("mono", "source-code-pro/VF/SourceCodeVF-Upright.ttf", {"wght": (400, 600)}, BOXES),
]


def make(packages: Path, name: str, source: str, axes: dict, unicodes: str) -> None:
    pinned = io.BytesIO()
    instancer.instantiateVariableFont(TTFont(packages / source), axes).save(pinned)
    font = TTFont(pinned)
    options = subset.Options(hinting=False, layout_features=["kern", "liga", "lnum", "tnum", "ccmp", "locl", "mark"])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(unicodes))
    subsetter.subset(font)
    family = f"Edgecert {name.capitalize()}"
    # The licence reserves the name of the original for the original.
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16, 25):
            record.string = family.replace(" ", "") if record.nameID in (3, 6, 25) else family
    font.flavor = "woff2"
    font.save(Path(__file__).parent / f"{name}.woff2")


for row in FONTS:
    make(Path(sys.argv[1]), *row)
