"""The metrics log of a training run, a JSON object a line, and its picture."""

import json
from pathlib import Path

from othello_interp.storage.whole_file import whole_file, write_text

Record = dict[str, float | int]


def append_record(path: Path, record: Record) -> Record:
    """Add a line to the log; returns the record."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({key: round(value, 6) for key, value in record.items()}) + "\n")
    return record


def read_records(path: Path, up_to: int) -> list[Record]:
    """The records up to this number of games; later ones, of work lost in a kill, leave the file."""
    if not path.exists():
        return []
    records = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:  # a kill may cut the last line short
            continue
        if record["games"] <= up_to:
            records.append(record)
    write_text(path, "".join(json.dumps(record) + "\n" for record in records))
    return records


def write_loss_curve(records: list[Record], path: Path) -> None:
    """Excess cross-entropy and illegal rate by games seen, both axes logarithmic, as one HTML file."""
    import plotly.graph_objects as go

    seen = [record for record in records if record["games"]]
    figure = go.Figure()
    for key, name in (("excess", "excess cross-entropy (nats)"), ("illegal", "illegal top moves (share)")):
        y = [record[key] for record in seen]
        figure.add_scatter(x=[record["games"] for record in seen], y=y, name=name, mode="lines+markers")
    figure.update_layout(title="Held-out games", xaxis_title="games seen")
    figure.update_xaxes(type="log").update_yaxes(type="log")
    with whole_file(path) as temporary:
        figure.write_html(temporary, include_plotlyjs=True)
