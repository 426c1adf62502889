"""Small pieces of HTML for the report's pages. All text from outside goes through `text` or `prose`.

The pages need no network and no script, and say so to the browser: whatever a student wrote stays text.
"""

import math
import re
import unicodedata
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5b6575; --line: #d9dee6; --page: #f6f7f9;
  --card: #fff; --good: #2e7d4f; --part: #b7791f; --bad: #b3363f; --none: #8a94a3; --link: #2456a6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ef; --soft: #a3adbb; --line: #3a4352;
  --page: #161b23;
  --card: #1f2630; --good: #6cc792; --part: #e0b25a; --bad: #ee8a90; --none: #7d8898; --link: #8fb4f5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 24px; margin: 0 0 2px; } h2 { font-size: 18px; margin: 34px 0 10px; }
p { margin: 6px 0; } a { color: var(--link); } .soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--none);
  border-radius: 6px; padding: 12px 16px; margin: 10px 0; overflow-wrap: anywhere; }
.good { border-left-color: var(--good); } .part { border-left-color: var(--part); }
.bad { border-left-color: var(--bad); }
.head { display: flex; gap: 12px; justify-content: space-between; align-items: baseline; font-weight: 600; }
.head .points { white-space: nowrap; font-variant-numeric: tabular-nums; }
.total { font-size: 34px; font-weight: 650; font-variant-numeric: tabular-nums; }
pre, code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px; }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 4px; padding: 8px 10px;
  overflow: auto; max-height: 260px; white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0; }
details { margin-top: 8px; } summary { cursor: pointer; color: var(--link); }
ul { margin: 6px 0; padding-left: 20px; } li { margin: 2px 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; background: var(--card); font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 4px 8px; text-align: left; vertical-align: top; }
th { font-weight: 600; } td.number, th.number { text-align: right; }
.scroll { overflow: auto; max-height: 80vh; border: 1px solid var(--line); border-radius: 6px; }
.scroll table { width: 100%; border: 0; } .scroll thead th { position: sticky; top: 0;
  background: var(--card); }
.picture td.mark { text-align: center; padding: 4px 2px; min-width: 30px; color: #10151c; }
.picture thead th { text-align: center; padding: 4px 2px; }
.picture thead th:first-child { padding-left: 8px; }
.picture th:first-child { font-weight: 400; text-align: left; position: sticky; left: 0; min-width: 170px;
  max-width: 260px; background: var(--card); overflow-wrap: break-word; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 16px 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  padding: 10px 16px; min-width: 120px; }
.figure b { display: block; font-size: 24px; font-variant-numeric: tabular-nums; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
@media print { .scroll { max-height: none; } }
"""


def page(title: str, body: str) -> str:
    """A whole page. `body` is HTML."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{STYLE}</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""


def text(value: object) -> str:
    """Text as HTML, without characters that are not to be seen or turn the direction of writing."""
    kept = "".join(c for c in str(value) if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    return escape(kept)


def prose(value: object) -> str:
    """Text as HTML, with `code` between backticks."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", text(value))


def bullets(lines: list[str]) -> str:
    """A list of lines, or nothing."""
    return "<ul>" + "".join(f"<li>{prose(line)}</li>" for line in lines) + "</ul>" if lines else ""


def number(value: float | None) -> str:
    """Points as they are written; a dash where there are none."""
    return "–" if value is None else f"{value:g}"


def histogram(values: list[float], top: int | float, width: int = 620, height: int = 170) -> str:
    """How many values lie in each bin of 0 to `top`, about ten bins of whole points, as an SVG picture."""
    points = max(1, math.ceil(top / 10))
    counts = [0] * math.ceil(top / points)
    for value in values:
        counts[min(len(counts) - 1, int(value // points))] += 1
    most = max([*counts, 1])
    step, base, room = width / len(counts), height - 36, height - 60
    bars = []
    for index, count in enumerate(counts):
        size = room * count / most
        x = index * step
        middle = x + step / 2
        label = f"{points * index}–{min(points * (index + 1), top):g}"
        bars.append(
            f'<rect x="{x + 3:.1f}" y="{base - size:.1f}" width="{step - 6:.1f}" height="{size:.1f}" rx="2" '
            f'fill="var(--link)"><title>{count} with {label} points</title></rect>'
            f'<text x="{middle:.1f}" y="{base - size - 5:.1f}" text-anchor="middle">{count or ""}</text>'
            f'<text x="{middle:.1f}" y="{base + 16}" text-anchor="middle">{label}</text>'
        )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" style="max-width:100%" role="img" '
        f'aria-label="Points distribution">'
        f'<line x1="0" x2="{width}" y1="{base}" y2="{base}" stroke="var(--line)"/>{"".join(bars)}'
        f'<text x="{width / 2}" y="{height - 4}" text-anchor="middle">points</text></svg>'
    )
