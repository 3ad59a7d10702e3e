"""A picture on its own: with the colours that a page takes from its stylesheet."""

from functools import cache

TYPEFACE = "Be Vietnam Pro"
# Of each family: ground, words, bar; as the light pages have them.
COLOURS = {
    "good": ("#d9f0e2", "#0d4f31", "#1d7a4d"),
    "bad": ("#fbdfdd", "#8a1a1a", "#b32a23"),
    "warn": ("#fcedbd", "#654500", "#b58105"),
    "busy": ("#dfe9f6", "#1b436e", "#2f6aa8"),
    "none": ("#edf0f3", "#4b5663", "#7b8794"),
}
INK, SOFT, LINE, EDGE, TRACK = "#1a222d", "#525d6b", "#d9dee4", "#7b8794", "#e8ecf0"
BUSY, BAD = COLOURS["busy"][2], COLOURS["bad"][2]
RULES = f"""
text {{ font-family: "{TYPEFACE}"; fill: {SOFT}; }}
.tiles text {{ font-size: 20px; text-anchor: middle; }}
.tiles .value {{ font-size: 26px; font-weight: 600; }}
.tiles .sign {{ font-size: 26px; }}
.tiles .tile {{ stroke-width: 1.5; }}
.tiles .empty {{ fill: none; stroke: {EDGE}; stroke-dasharray: 5 4; }}
.tiles .islands rect {{ fill: none; stroke: {LINE}; stroke-width: 2; }}
.tiles .islands circle {{ fill: {SOFT}; }}
.tiles .islands text {{ font-size: 15px; }}
.trend text {{ font-size: 13px; }}
.trend .grid {{ stroke: {LINE}; }}
.trend .tick {{ stroke: {EDGE}; }}
.trend .merger {{ stroke: {EDGE}; stroke-dasharray: 2 5; }}
.trend line.asked {{ stroke: {BAD}; stroke-width: 2.5; }}
.trend text.asked {{ fill: {COLOURS["bad"][1]}; font-weight: 600; }}
.trend .path {{ fill: none; stroke: {SOFT}; stroke-width: 2; stroke-dasharray: 2 4; }}
.trend .cone {{ fill: {BUSY}; opacity: .2; }}
.trend .ahead {{ fill: none; stroke: {BUSY}; stroke-width: 2.5; stroke-dasharray: 9 6; }}
.trend .reached {{ fill: none; stroke: {BUSY}; stroke-width: 3; stroke-linejoin: round; }}
.trend .dot {{ fill: {BUSY}; }}
.trend text.now {{ fill: {INK}; font-weight: 600; font-size: 16px;
  paint-order: stroke; stroke: #fff; stroke-width: 5px; stroke-linejoin: round; }}
.bar .track {{ fill: {TRACK}; }}
.bar .band {{ opacity: .28; }}
.bar .asked, .bar .expected {{ fill: {INK}; }}
"""


@cache
def _style() -> str:
    families = "".join(
        f".{name} .tile {{ fill: {ground}; stroke: {bar}; }} .{name} text {{ fill: {word}; }} "
        f".bar.{name} .length, .bar.{name} .band {{ fill: {bar}; }}"
        for name, (ground, word, bar) in COLOURS.items()
    )
    return f"<style>{RULES}{families}</style>"


def standalone(svg: str) -> str:
    """A picture that needs no stylesheet; links, which lead nowhere on paper, become groups."""
    head, mark, rest = svg.partition(">")
    drawn = rest.replace("<a ", "<g ").replace("</a>", "</g>")
    return f'{head} xmlns="http://www.w3.org/2000/svg"{mark}{_style()}{drawn}'
