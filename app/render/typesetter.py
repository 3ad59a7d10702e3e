"""The process in which one paper is set: `python -I -m app.render.typesetter FORM INSTANT SECONDS`.

Its words as JSON come in, its bytes go out, and with it ends all that setting it took. It may cost
so much memory and processor time and no more: the kernel ends it, even when nobody waits for it.
It imports little, for it starts once for every paper.
"""

import signal
import sys
from pathlib import Path

import typst

if sys.platform == "linux":
    import resource

FOLDER = Path(__file__).parent
WIDTH_POINTS, WIDTH_PIXELS = 400, 1080  # of a picture; the width of its page stands in paper.typ
PIXELS_PER_INCH = 72 * WIDTH_PIXELS / WIDTH_POINTS
MEMORY_BYTES = 1 << 30  # as addresses; the longest papers take a fifth of it


def confine(seconds: int) -> None:
    """On Linux; elsewhere only the service's clock ends it."""
    if sys.platform == "linux":
        bounds = {
            resource.RLIMIT_AS: MEMORY_BYTES,
            resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_CORE: 0,
        }
        for bound, most in bounds.items():
            resource.setrlimit(bound, (most, most))


def typeset(paper: str, form: str, instant: int) -> bytes:
    """`instant` is the document's own, in seconds since 1970."""
    # Our typefaces, and for signs the one that comes with the typesetter; never the machine's.
    typefaces = typst.Fonts(include_system_fonts=False, font_paths=[str(FOLDER / "fonts")])
    layout = (FOLDER / "paper.typ").read_bytes()
    compiler = typst.Compiler(layout, font_paths=typefaces, ignore_system_fonts=True)
    made = compiler.compile(
        format="png" if form == "png" else "pdf",
        ppi=PIXELS_PER_INCH if form == "png" else None,
        sys_inputs={"paper": paper, "form": form},
        # Tagged: archives keep it (ISO 19005-2 level A), and it can be read aloud (ISO 14289-1).
        pdf_standards=["a-2a", "ua-1"] if form == "pdf" else [],
        timestamp=instant,
    )
    if not isinstance(made, bytes):
        raise TypeError("a picture of more than one page")
    return made


def main(form: str, instant: str, seconds: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service decides when it is over
    confine(int(seconds))
    paper = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(typeset(paper, form, int(instant)))


if __name__ == "__main__":
    main(*sys.argv[1:])
