"""Does the atlas say of each neuron what the activations and the weights say, in a notebook and as pages?"""

import base64
import json
import re
import shutil
import subprocess
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from markupsafe import escape

from othello_interp import cli
from othello_interp.atlas import condense as condensing
from othello_interp.atlas import examples, notebook_page, site, stored
from othello_interp.atlas.boards import example_boards
from othello_interp.atlas.describe import legal_text, roles
from othello_interp.atlas.every_ladder import every_ladder
from othello_interp.atlas.forward import plain_model
from othello_interp.atlas.grid import BANDS, QUANTILES, calibrate
from othello_interp.atlas.ladder import RUNGS, Explanation, Ladder, Rung
from othello_interp.atlas.scan import count_part, scan
from othello_interp.atlas.stored import Atlas, load_atlas, parse_name
from othello_interp.atlas.summary import Summary, band_levels
from othello_interp.atlas.switched_off import switched_off
from othello_interp.atlas.wiring import Wiring
from othello_interp.board import replay, theirs_vs_mine
from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.lines import line_aucs, line_labels, line_texts
from othello_interp.model import tiny_model
from othello_interp.neurons import get_w_in, get_w_out, logit_attribution, square_frequencies
from othello_interp.probe import Probe
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES

SEED, GAMES = 5, 90


@pytest.fixture(scope="module")
def summary(tiny):
    plain = plain_model(tiny)
    return count_part(plain, calibrate(plain, games=60), range(GAMES), SEED, torch.float32)


@pytest.fixture(scope="module")
def arrays(tiny, summary):
    plain = plain_model(tiny)
    found = condensing.condense(plain, summary, SEED)
    games, moves = (torch.from_numpy(found[f"top_{what}"]).long() for what in ("game", "move"))
    return found | switched_off(plain, games, moves, SEED)


@pytest.fixture(scope="module")
def found_ladders(tiny, tmp_path_factory):
    return every_ladder(tiny, random_games(25, 3).long(), tmp_path_factory.mktemp("ladders"))


@pytest.fixture(scope="module")
def atlas(arrays, found_ladders):
    return Atlas.read(condensing.packed(arrays | found_ladders), {"games": GAMES, "seed": SEED})


@pytest.fixture(scope="module")
def probe():
    return Probe(
        torch.randn(20, 8, 8, 3, generator=torch.Generator().manual_seed(1)), torch.zeros(8, 8, 3), 0
    )


@pytest.fixture(scope="module")
def seen(tiny):
    """Boards and activations of layer 1 in the games scanned, by TransformerLens and the rules engine."""
    tokens = random_games(GAMES, SEED)
    played = replay(tokens)
    _, cache = tiny.run_with_cache(tokens[:, :59].long())
    return theirs_vs_mine(played.states, played.to_move)[:, :59], cache["post", 1]


def test_the_lines_are_those_that_fit_best_of_all(arrays, seen):
    boards, acts = seen
    exact = line_aucs(acts, boards, min_matches=3)
    for neuron in (0, 9, 35):
        scores = exact[arrays["line"][1, neuron], neuron]
        np.testing.assert_allclose(arrays["line_auc"][1, neuron], scores, atol=0.08)  # the width of a level
        assert arrays["line_auc"][1, neuron, 0] > exact[:, neuron].nan_to_num(nan=0.0).max() - 0.08
        line = arrays["line"][1, neuron, 0]
        stands = line_labels(boards)[line]
        assert arrays["line_share"][1, neuron, 0] == pytest.approx(stands.float().mean().item(), rel=2e-3)
        assert arrays["line_mean"][1, neuron, 0] == pytest.approx(
            acts[stands][:, neuron].mean().item(), rel=2e-3
        )
        fires = (
            acts[..., neuron] >= float(arrays["edges"][1, neuron, arrays["line_edge"][1, neuron, 0]]) - 1e-3
        )
        both = (fires & stands).sum() / torch.stack([fires.sum(), stands.sum()])
        found = [arrays[f"line_{score}"][1, neuron, 0] for score in ("precision", "recall")]
        np.testing.assert_allclose(found, both, atol=0.05)


def test_bands_agree_with_the_library(summary, arrays, seen):
    boards, acts = seen
    level = (acts[..., None, :] >= summary.grid.edges[1]).sum(2)
    for band, (first, last) in enumerate(band_levels()):
        here = (first <= level) & (level < last)
        for neuron in (0, 20):
            if here[..., neuron].sum() > 20:
                expected = square_frequencies(boards, here[..., neuron])[1:].flatten(1)
                found = torch.from_numpy(arrays["bands"][1, neuron, band] / 51)
                torch.testing.assert_close(found.float(), expected, rtol=0, atol=0.05)


def test_figures_agree_with_numpy(arrays, seen):
    acts = seen[1].flatten(0, 1).numpy()
    np.testing.assert_allclose(arrays["mean"][1], acts.mean(0), rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(arrays["std"][1], acts.std(0), rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(arrays["profile"][1], seen[1].mean(0).T, rtol=2e-3, atol=1e-3)
    np.testing.assert_allclose(arrays["levels"][1].sum(-1), 1, atol=2e-3)
    np.testing.assert_allclose(((arrays["histogram"][1] / 255.0) ** 2).sum(-1), 1, atol=0.1)


def test_examples_are_computed_again_in_float32(tiny, arrays, seen):
    """What a scan in bfloat16 chose is shown with the activations that the model really has."""
    plain = plain_model(tiny)
    rough = count_part(plain, calibrate(plain, torch.bfloat16, games=60), range(GAMES), SEED, torch.bfloat16)
    found = condensing.condense(plain, rough, SEED)
    for kind in ("top", "sample"):
        games, moves = found[f"{kind}_game"][1], found[f"{kind}_move"][1]
        expected = seen[1].numpy()[games, moves, np.arange(36)[:, None]]
        expected = np.where(games >= 0, expected, np.nan)
        np.testing.assert_allclose(found[f"{kind}_act"][1], expected, rtol=2e-3, atol=1e-3)
    games, _ = examples.unpack(rough.top[1])
    assert (examples.activation(rough.top[1])[:, :4] != torch.from_numpy(found["top_act"][1]).float()).any()
    assert arrays["top_act"].shape == (2, 36, condensing.LOUDEST)


def test_it_is_small_and_an_empty_scan_is_refused(tiny, summary, arrays):
    assert len(condensing.packed(arrays)) < 900 * 72 + 20_000
    with pytest.raises(InputError, match="needs a scan of one game at least"):
        condensing.condense(plain_model(tiny), Summary.empty(summary.grid), SEED)


def test_boards_of_examples_are_those_after_their_moves(atlas):
    boards = example_boards(atlas.examples, SEED, batch=7)
    for game, move in list(boards)[:20]:
        played = replay(random_games(1, SEED, first=game))
        expected = theirs_vs_mine(played.states, played.to_move)[0, move]
        assert boards[game, move].tolist() == expected.flatten().tolist()
    places = list(boards)[:5]
    again = example_boards(places, SEED)
    assert all((again[place] == boards[place]).all() for place in places)


def test_wiring_agrees_with_plain_products(tiny, probe):
    std = torch.rand(2, 36, generator=torch.Generator().manual_seed(0)) + 0.1
    wiring = Wiring(tiny, probe, std)
    (before,) = wiring.before(1, slice(7, 8), count=3)
    strengths = [float(std[0, n] * (get_w_out(tiny, 0, n) @ get_w_in(tiny, 1, 7))) for n in range(36)]
    best = sorted(range(36), key=lambda n: -abs(strengths[n]))[:3]
    assert [(link.layer, link.neuron) for link in before] == [(0, n) for n in best]
    assert [link.strength for link in before] == pytest.approx([strengths[n] for n in best], rel=1e-4)
    (after,) = wiring.after(0, slice(best[0], best[0] + 1), count=36)
    found = {link.neuron: link.strength for link in after}
    assert found[7] == pytest.approx(strengths[best[0]], rel=1e-4)
    assert wiring.before(0, slice(0, 2)) == [[], []]
    torch.testing.assert_close(wiring.writes[1, 3], logit_attribution(get_w_out(tiny, 1, 3), tiny.W_U))


def test_roles_follow_from_scores_and_what_is_written():
    def found(**changes):
        plain = {"line_auc": [0.6], "legal": [4, 0, 9, 0], "legal_auc": [0.6, 0.5, 0.4, 0.5]}
        plain |= {"loud_early": 0.3, "loud_late": 0.3}
        return {name: np.array(value) for name, value in (plain | changes).items()}

    writes = np.zeros(64)
    writes[ALL_SQUARES[4]] = -1
    assert roles(found(), writes) == []
    assert roles(found(line_auc=[0.86]), writes) == ["detector"]
    legal = found(legal_auc=[0.9, 0.5, 0.1, 0.2])
    assert roles(legal, writes) == ["cap", "is not legal"]
    assert roles(legal, -writes) == ["is not legal"]
    assert roles(found(loud_late=0.95), writes) == ["late game"]
    assert roles(found(loud_early=1.0), writes) == ["early game"]
    for r2, named in ((0.71, ["explained"]), (0.7, [])):
        rung = Rung("a line", "", 1, r2, r2, 0.5, 0.5, 0.0, *[(0.0, 1.0)] * 3)
        assert roles(found(), writes, Ladder((rung,), 1.0, 0)) == named


@pytest.fixture(scope="module")
def pages(atlas, tiny, probe, tmp_path_factory):
    out = tmp_path_factory.mktemp("atlas")
    site.build_site(atlas, tiny, probe, out, home="../docs/index.html")
    return out


def fragments(path) -> list[str]:
    layer, first, text = re.fullmatch(r'shard\((\d+),(\d+),"(.*)"\);\n', path.read_text()).groups()
    assert path.name == f"{layer}-{int(first) // site.SHARD}.js"
    return json.loads(zlib.decompress(base64.b64decode(text)))


def test_the_site_holds_every_neuron_and_asks_no_network(pages, atlas):
    assert sorted(path.name for path in pages.rglob("*.*")) == [
        "0-0.js",
        "1-0.js",
        "atlas.js",
        "hypotheses.js",
        "index.html",
        "table.js",
    ]
    found = [*fragments(pages / "neurons" / "0-0.js"), *fragments(pages / "neurons" / "1-0.js")]
    assert [re.search("<h2>(.*?)</h2>", page)[1] for page in found] == [
        f"L{layer}N{neuron}" for layer in range(2) for neuron in range(36)
    ]
    index = (pages / "index.html").read_text()
    assert "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' file:" in index
    for path in pages.rglob("*.*"):
        assert not re.search(r"https?:|fetch\(|XMLHttpRequest|@import", path.read_text()), path.name
    lines, table = (pages / "table.js").read_text().splitlines()
    assert json.loads(lines.removeprefix("const LINES=").rstrip(";")) == list(line_texts())
    rows = json.loads(table.removeprefix("const TABLE=").rstrip(";"))
    assert [row[:2] for row in rows] == [[layer, neuron] for layer in range(2) for neuron in range(36)]
    columns = re.search(r"const COLUMNS = \[(.*?)\]", (pages / "atlas.js").read_text(), re.DOTALL)[1]
    assert all(len(row) == columns.count('"') / 2 for row in rows)
    best = atlas.ladder(1, 7).best
    assert rows[43][-5:] == [best.r2, best.within_move, best.f1, best.auc, best.conditions]
    packed = (pages / "hypotheses.js").read_text().removeprefix('hypotheses("').removesuffix('");\n')
    texts = json.loads(zlib.decompress(base64.b64decode(packed)))
    assert texts == [atlas.ladder(layer, n).best.hypothesis for layer in range(2) for n in range(36)]


def test_a_page_shows_the_figures_and_the_python_that_gives_them(pages, atlas):
    page = fragments(pages / "neurons" / "1-0.js")[7]
    found = atlas.of(1, 7)
    assert f"<td>{found['line_auc'][0]:.3f}</td>" in page
    assert line_texts()[found["line"][0]].replace("&", "&amp;") in page
    assert "Your hypothesis" not in page
    ladder = atlas.ladder(1, 7)
    for rung in ladder.rungs:
        assert escape(rung.hypothesis or "never") in page
        low, high = rung.r2_interval
        assert f">{rung.r2:.2f} [{low:.2f}, {high:.2f}]</td><td>{rung.within_move:.2f}</td>" in page
    assert f"<b>{ladder.best.name}</b></td><td>{ladder.best.conditions}</td>" in page
    assert "load_atlas().ladder(1, 7)" in page
    off = f"the logit of {legal_text(int(found['off_square']))} by {found['off_logit']:+.2f} on average"
    assert off in page
    names = re.findall(r"\[&#34;(\w+)&#34;\]", page)
    assert len(names) > 6
    assert set(names) <= atlas.arrays.keys(), "a line of Python that gives nothing"
    assert re.search(r'Moved most by <a href="#L0N\d+">L0N\d+</a>&nbsp;[+-]\d', page)
    boards = re.findall(r'data-name="(.*?)" data-values="(.*?)" data-scale="(.*?)"', page)
    by_name = {name: (values, float(scale)) for name, values, scale in boards}
    values, scale = by_name["loudest"]
    shown = np.frombuffer(base64.b64decode(values), np.int8) / 127 * scale
    bands = found["bands"][list(BANDS).index("loudest")] / 51
    np.testing.assert_allclose(shown, bands[1] - bands[0], atol=0.01)
    game, move = int(found["top_game"][0]), int(found["top_move"][0])
    digits, _ = by_name[f"{found['top_act'][0]:.2f} · game {game}, move {move}"]
    assert [int(digit) for digit in digits] == example_boards(atlas.examples, SEED)[game, move].tolist()


@pytest.fixture
def in_notebook(monkeypatch, atlas, tiny, probe):
    for name, value in (("_model", tiny), ("load_atlas", atlas)):
        monkeypatch.setattr(notebook_page, name, lambda value=value: value)
    std = torch.from_numpy(atlas.arrays["std"]).float()
    monkeypatch.setattr(notebook_page, "_wiring", lambda: Wiring(tiny, probe, std))


def test_a_notebook_draws_the_same_page(in_notebook, atlas):
    shown = notebook_page.neuron_page("l1n7", Explanation("C0==BLANK", "AUC 0.7"))
    html = shown._repr_html_()
    assert "<h2>L1N7</h2>" in html
    assert "<h3><b>Your hypothesis</b></h3>\n<p><code>C0==BLANK</code> AUC 0.7" in html
    assert html.count('aria-label="Board: ') >= 4 + 3 + condensing.LOUDEST
    assert 'class="board"' not in html
    # A link to a part of the page would lead nowhere: a notebook shows one neuron at a time.
    assert "href" not in html
    other = shown.page.before[0]
    name = f"L{other.layer}N{other.neuron}"
    assert f'Moved most by <span class="neuron">{name}</span>&nbsp;{other.strength:+.2f}' in html
    assert f'<code>neuron_page("{name}")</code>' in html
    assert shown.page.ladder.best.hypothesis == atlas.ladder(1, 7).best.hypothesis


def test_what_is_no_neuron_is_refused(in_notebook):
    with pytest.raises(
        InputError, match=r"'1393' is not a neuron: expected layer and number, such as 'L5N1393'"
    ):
        parse_name("1393")
    with pytest.raises(InputError, match=r"neuron 99 doesn't exist: this model has neurons 0\.\.35"):
        notebook_page.neuron_page("L1N99")


def test_without_an_atlas_the_way_to_make_one_is_told(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    load_atlas.cache_clear()
    with pytest.raises(OthelloInterpError, match=r"no atlas of the embedded model yet.*build-atlas --scan"):
        load_atlas()


def test_the_commands_make_data_and_pages(tiny, probe, tmp_path, monkeypatch, capsys):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    monkeypatch.setattr(site, "load_probe", lambda name: probe)

    def embed(model):
        for place in ("othello_interp.model.load_model", "othello_interp.atlas.site.load_model"):
            monkeypatch.setattr(place, lambda name: model)

    embed(tiny)
    monkeypatch.setattr("othello_interp.games.load_games", lambda: random_games(25, 3).long())
    scan(tiny, tmp_path / "scan", 12, SEED)
    assert cli.main(["build-atlas", "--scan", str(tmp_path / "scan")]) == 0
    assert "12 games, 0." in capsys.readouterr().out
    load_atlas.cache_clear()
    assert (load_atlas().about["seed"], load_atlas().about["games"]) == (SEED, 12)
    assert load_atlas().ladder(1, 35).best.name in RUNGS
    assert len(list((tmp_path / "scan").glob("ladders-?.npz"))) == 2
    assert cli.main(["atlas", "--out", str(tmp_path / "site")]) == 0
    assert (tmp_path / "site" / "neurons" / "1-0.js").is_file()
    embed(tiny_model(seed=9))
    assert cli.main(["atlas", "--out", str(tmp_path / "site")]) == 2
    assert "The atlas in data/ is of other weights than the model's" in capsys.readouterr().err
    embed(tiny)
    manifest = json.loads((tmp_path / "scan" / "manifest.json").read_text())
    (tmp_path / "scan" / "manifest.json").write_text(json.dumps(manifest | {"model": "another"}))
    assert cli.main(["build-atlas", "--scan", str(tmp_path / "scan")]) == 2
    assert "is a scan of other weights than the embedded model's" in capsys.readouterr().err
    assert cli.main(["build-atlas", "--scan", str(tmp_path)]) == 2
    assert "no manifest.json in" in capsys.readouterr().err
    load_atlas.cache_clear()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 400])
def test_a_browser_shows_it_from_the_disk(pages, width):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", f"--window-size={width},900"]
    address = f"{(pages / 'index.html').as_uri()}#L1N7"
    result = subprocess.run(
        [*command, "--virtual-time-budget=4000", "--dump-dom", address],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "<h2>L1N7</h2>" in result.stdout
    assert result.stdout.count('aria-label="Board: ') >= 11
    assert 'class="board"' not in result.stdout.split("<article")[1].split("</article>")[0]
    assert "72 neurons" in result.stdout


def test_names_in_use():
    """The stand-ins above replace what is really called."""
    assert SimpleNamespace(**vars(notebook_page)).load_atlas is stored.load_atlas
    assert len(QUANTILES) == 8
