"""The small charts of a neuron's page, as SVG."""

from collections.abc import Sequence

from markupsafe import Markup

from othello_interp.atlas.describe import NeuronPage, level_names
from othello_interp.pages.render import render
from othello_interp.pages.svg import POSITIVE

_TOP, _BASE = 16, 82


def charts(page: NeuronPage) -> Markup:
    """The histogram, the spectrum by level of the first line, and the profile by move."""
    shares = [share**0.5 for share in page.histogram]
    there, everywhere = page.levels
    most = max(*there, *everywhere, 1e-9)
    low, high = min(0.0, *page.profile), max(0.0, *page.profile)
    spread = (high - low) or 1.0
    zero = _BASE - (_BASE - _TOP) * (0 - low) / spread
    return render(
        "atlas/charts.html.j2",
        positive=POSITIVE,
        histogram=bars([share / (max(shares) or 1.0) for share in shares], 5),
        low=f"{page.bin_low:.2f}",
        high=f"{page.bin_high:.2f}",
        there=bars([share / most for share in there], 38, 16, 18),
        everywhere=bars([share / most for share in everywhere], 38, 16, 0),
        levels=level_names(),
        profile=bars([value / spread for value in page.profile], 4, base=zero),
        zero=f"{zero:.0f}",
    )


def bars(
    heights: Sequence[float], step: int, width: int | None = None, left: int = 0, base: float = _BASE
) -> str:
    """The path of bars `step` apart, 1 being the whole height; below the base where negative.

    >>> bars([1.0, 0.5], 5)
    'M0 82V16h4V82zM5 82V49h4V82z'
    """
    width = step - 1 if width is None else width
    return "".join(
        f"M{left + step * i} {base:.0f}V{base - (_BASE - _TOP) * height:.0f}h{width}V{base:.0f}z"
        for i, height in enumerate(heights)
        if abs(height) * (_BASE - _TOP) >= 0.5
    )
