"""What others build on: the names that notebooks and instructors' course files import, pinned where they are.

A name may be added here. To take one away, or to move it, breaks the notebooks of everybody who has begun.
"""

import ast
import importlib
import json

import pytest

PUBLIC = {
    "othello_interp": "FocusGames check hint load_games load_model load_probe progress solution",
    "othello_interp.ablation": "ablate ablate_each direct_path effect_by_path effects",
    "othello_interp.atlas.causes": "hurt neurons_of_line raising",
    "othello_interp.atlas.describe": "roles",
    "othello_interp.atlas.notebook_page": "neuron_page",
    "othello_interp.atlas.ladder": "Ladder Rung explain ladders",
    "othello_interp.atlas.questions": "Answers",
    "othello_interp.atlas.samples": "Parts Sample shuffled",
    "othello_interp.atlas.stored": "load_atlas",
    "othello_interp.board": "BLACK WHITE initial_board legal_moves perft play relative replay theirs_vs_mine",
    "othello_interp.caps": "caps own_squares",
    "othello_interp.circuit": "flip matched_donors patch resampled to_matched_mean to_mean",
    "othello_interp.edges": "edge_effects",
    "othello_interp.errors": "OthelloInterpError",
    "othello_interp.figures": "PUBLISHED PUBLISHED_GAME_5",
    "othello_interp.games": "ActivationCache FocusGames load_focus_games load_games",
    "othello_interp.hypotheses": "STATES firing_threshold label_aucs parse roc_auc spectrum turns_standing",
    "othello_interp.intervals": "Mean Means game_mean game_means permutation_test",
    "othello_interp.lines": "best_lines line_aucs line_labels line_texts",
    "othello_interp.many": "Moments Searched auc_from_counts design_effect discoveries search",
    "othello_interp.model": "load_model tiny_model",
    "othello_interp.neurons": "cosine_similarity get_w_in get_w_out logit_attribution mean_board "
    "neuron_stats on_board orthonormal_basis square_frequencies top_activations top_neurons "
    "variance_fraction weights_in_probe_basis",
    "othello_interp.nodes": "Direction mine_direction",
    "othello_interp.patterns": "as_hypothesis line_patterns",
    "othello_interp.play_board": "PlayBoard",
    "othello_interp.probe": "PROBE_MOVES Probe load_probe",
    "othello_interp.race": "comparisons explained points",
    "othello_interp.squares": "ALL_SQUARES CENTRE id_to_label label_to_id label_to_square square_to_label",
    "othello_interp.stream": "Batch activations stream",
    "othello_interp.utils": "id_to_label imshow label_to_id make_spectrum_plot plot_activations plot_board "
    "plot_board_values plot_graph plot_means to_numpy",
    "othello_interp.exercises": "EXERCISES check hint progress solution",
    # A course of one's own, and grading from Python: docs/instructors.md.
    "othello_interp.exercises.records": "Case Exercise Mistakes ModelRef",
    "othello_interp.grading.course": "Course",
    "othello_interp.grading.grade": "grade_class",
    "othello_interp.grading.grader": "grade_notebook",
}


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_where_they_were(module):
    found = importlib.import_module(module)
    missing = [name for name in PUBLIC[module].split() if not hasattr(found, name)]
    assert not missing, f"{module} has lost {missing}"


def test_the_notebooks_import_nothing_but_public_names(root):
    strange = []
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("othello_interp"):
                    known = {*PUBLIC.get(node.module, "").split(), "utils"}
                    strange += [
                        f"{path.stem}: {node.module}.{a.name}" for a in node.names if a.name not in known
                    ]
    assert not strange, "\n".join(strange)
