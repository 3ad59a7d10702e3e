"""The map of tiles: one a province federation, where it lies; no borders are drawn.

No openly licensed geometry of the 34 provinces was found; Hoàng Sa and Trường Sa are always shown.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple

from app.i18n import say
from app.render.looks import FAMILY, SYMBOL

PITCH, SIDE = 100, 94
LONGEST_NAME = 7  # letters in one tile
ISLANDS = {"HS": "hoang_sa", "TS": "truong_sa"}
DOTS = ((30, 26), (47, 16), (54, 34), (66, 22), (38, 38))


class Tile(NamedTuple):
    """`text` is a count ("5/8") or one unit's own figure; `word` says the same in words."""

    unit: str
    text: str
    verdict: str
    word: str
    href: str | None


class Layout(NamedTuple):
    """Column and row of each unit's code and of the islands."""

    units: dict[str, tuple[int, int]]
    islands: dict[str, tuple[int, int]]
    columns: int
    rows: int


@cache
def _data() -> dict[str, dict[str, str] | str]:
    return tomllib.loads((Path(__file__).parent / "tiles.toml").read_text("utf-8"))


@cache
def layout(generation: str) -> Layout:
    """Of the 34 (`P34`) or the 63 before them (`P63`)."""
    rows = [line.split() for line in str(_data()[generation]).strip().splitlines()]
    placed = {
        word: (column, row)
        for row, words in enumerate(rows)
        for column, word in enumerate(words)
        if word != "."
    }
    islands = {word: placed.pop(word) for word in ISLANDS}
    units = {f"{generation}-{word}": place for word, place in placed.items()}
    return Layout(units, islands, len(rows[0]), len(rows))


def short_name(unit: str, name: str) -> str:
    """ "L.Châu" for Lai Châu; as it is where it fits into a tile."""
    known = dict(_data()["short"])  # type: ignore[arg-type]
    if found := known.get(unit.partition("-")[2]):
        return found
    *first, last = name.split()
    if len(name) <= LONGEST_NAME or not first:
        return name
    return f"{''.join(f'{word[0]}.' for word in first if word[0].isalpha())}{last}"


def tile_map(tiles: Sequence[Tile], names: Mapping[str, str], language: str) -> str:
    """SVG of the 34 or of the 63, whichever most of the tiles are; "" when none lies on it.

    A tile that is not among `tiles` stays empty and dashed: nothing is known of it here.
    """
    given = {tile.unit: tile for tile in tiles}
    drawn = max(
        (layout(one) for one in ("P34", "P63")), key=lambda one: len(one.units & given.keys())
    )
    if not drawn.units & given.keys():
        return ""
    width, height = drawn.columns * PITCH, drawn.rows * PITCH
    shown = [
        _tile(given[unit], names.get(unit, unit), place) if unit in given else _empty(place)
        for unit, place in drawn.units.items()
    ]
    islands = [_island(word, place, language) for word, place in drawn.islands.items()]
    label = escape(say("chart.map", language, {"count": len(drawn.units)}))
    return (
        f'<svg class="tiles" viewBox="0 0 {width} {height}" role="group" aria-label="{label}">'
        f"{''.join(shown)}{''.join(islands)}</svg>"
    )


def _tile(tile: Tile, name: str, place: tuple[int, int]) -> str:
    x, y = place[0] * PITCH, place[1] * PITCH
    family, symbol = FAMILY.get(tile.verdict, "none"), SYMBOL.get(tile.verdict, "")  # type: ignore[call-overload]
    said = escape(f"{name}: {tile.word}")
    sign, text = (symbol, tile.text) if tile.text else ("", symbol or "–")
    short, middle = escape(short_name(tile.unit, name)), x + SIDE // 2
    drawn = (
        f'<rect class="tile" x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" rx="8"/>'
        f'<text class="name" x="{middle}" y="{y + 27}">{short}</text>'
        f'<text class="value" x="{middle}" y="{y + 58}">{escape(text)}</text>'
    )
    if sign:
        drawn += f'<text class="sign" x="{middle}" y="{y + 83}">{sign}</text>'
    if tile.href is None:
        return (
            f'<g class="{family}" role="img" aria-label="{said}"><title>{said}</title>{drawn}</g>'
        )
    return (
        f'<a class="{family}" href="{escape(tile.href)}" aria-label="{said}">'
        f"<title>{said}</title>{drawn}</a>"
    )


def _empty(place: tuple[int, int]) -> str:
    x, y = place[0] * PITCH, place[1] * PITCH
    return f'<rect class="tile empty" x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" rx="8"/>'


def _island(word: str, place: tuple[int, int], language: str) -> str:
    x, y = place[0] * PITCH, place[1] * PITCH
    name = say(f"chart.{ISLANDS[word]}", language)
    of = say(f"chart.{ISLANDS[word]}_of", language)
    dots = "".join(f'<circle cx="{x + dx}" cy="{y + dy}" r="4"/>' for dx, dy in DOTS)
    return (
        f'<g class="islands" role="img" aria-label="{escape(name)} ({escape(of)})">'
        f'<rect x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" rx="8"/>{dots}'
        f'<text x="{x + SIDE // 2}" y="{y + 62}">{escape(name)}</text>'
        f'<text x="{x + SIDE // 2}" y="{y + 82}">({escape(of)})</text></g>'
    )
