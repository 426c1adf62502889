"""Are the trees those of scikit-learn, neuron by neuron?"""

import numpy as np
import pytest
import torch
from sklearn.tree import DecisionTreeRegressor

from othello_interp.atlas import trees
from othello_interp.atlas.questions import Answers, texts
from othello_interp.atlas.trees import grow, rounded


def data(n_positions=700, n_questions=30, n_neurons=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    holds = torch.rand(n_questions, n_positions, generator=generator) < torch.rand(
        n_questions, 1, generator=generator
    )
    acts = torch.randn(n_positions, n_neurons, generator=generator) + holds[:n_neurons].T * 2.0
    acts += (holds[5] & holds[6]).float()[:, None]
    return holds, acts


def by_sklearn(holds, acts, depth, min_count=1):
    """A tree for each neuron, fitted to the rounded activations."""
    values = rounded(acts)[0].double().numpy()
    X = holds.T.numpy().astype(np.float32)
    return [
        DecisionTreeRegressor(max_depth=depth, min_samples_leaf=min_count, random_state=0).fit(X, column)
        for column in values.T
    ]


def assert_same(found, expected, neuron, node=0, theirs=0):
    """Walks down both trees; the number of their nodes."""
    tree = expected.tree_
    assert found.count[neuron, node] == tree.n_node_samples[theirs]
    inner = node < found.question.shape[1]
    question = int(found.question[neuron, node]) if inner else -1
    if tree.children_left[theirs] < 0:
        assert question < 0
        return 1
    assert question == tree.feature[theirs]
    children = [(2 * node + 1, tree.children_left[theirs]), (2 * node + 2, tree.children_right[theirs])]
    return 1 + sum(assert_same(found, expected, neuron, *pair) for pair in children)


@pytest.mark.parametrize(("depth", "min_count"), [(1, 1), (3, 1), (5, 8), (6, 30)])
def test_the_same_splits(monkeypatch, depth, min_count):
    monkeypatch.setattr(trees, "_COLUMNS", 64)
    holds, acts = data()
    found = grow(Answers.of_matrix(holds), acts, depth, min_count)
    assert found.depth == depth
    predicted = found.predict(Answers.of_matrix(holds))
    _, step, zero = rounded(acts)
    for neuron, expected in enumerate(by_sklearn(holds, acts, depth, min_count)):
        assert assert_same(found, expected, neuron) == expected.tree_.node_count
        means = expected.predict(holds.T.numpy()) * step[neuron].item() + zero[neuron].item()
        assert torch.allclose(predicted[:, neuron].double(), torch.from_numpy(means), atol=1e-5)


def test_of_equal_questions_the_first_is_taken():
    holds, acts = data()
    doubled = torch.cat([holds, ~holds, holds])  # scikit-learn takes any of them
    found = grow(Answers.of_matrix(doubled), acts, 4, 10)
    assert torch.equal(found.question, grow(Answers.of_matrix(holds), acts, 4, 10).question)
    for neuron, expected in enumerate(by_sklearn(doubled, acts, 4, 10)):
        predicted = expected.predict(doubled.T.numpy())
        ours = (found.predict(Answers.of_matrix(doubled)) - rounded(acts)[2])[:, neuron] / rounded(acts)[1][
            neuron
        ]
        assert np.allclose(ours.numpy(), predicted, atol=0.01)


def test_real_positions(tokens, embedded):
    from othello_interp.stream import stream

    batch = next(iter(stream(embedded, tokens[:20], [5], batch=20)))
    answers, acts = Answers.of(batch.boards, batch.legal), batch.acts[5].flatten(0, 1)[:, 1390:1394]
    found = grow(answers, acts, 4, 5)
    error = ((found.predict(answers) - acts) ** 2).sum(0).double()
    _, step, _ = rounded(acts)
    for neuron, expected in enumerate(by_sklearn(answers.holds, acts, 4, 5)):
        assert found.gain[neuron, 0].item() == pytest.approx(_first_gain(expected), rel=1e-9)
        # Below a tie the trees may part.
        theirs = expected.tree_.impurity * expected.tree_.n_node_samples * (expected.tree_.children_left < 0)
        assert (error[neuron] / step[neuron] ** 2).item() == pytest.approx(theirs.sum(), rel=0.03)
    assert len(texts()) > found.question.max()


def _first_gain(expected):
    tree = expected.tree_
    left, right = tree.children_left[0], tree.children_right[0]
    n, impurity = tree.weighted_n_node_samples, tree.impurity
    return 1 - (n[left] * impurity[left] + n[right] * impurity[right]) / (n[0] * impurity[0])


def test_a_neuron_that_never_changes_is_not_split():
    holds, acts = data(n_neurons=2)
    acts[:, 1] = 0.25
    found = grow(Answers.of_matrix(holds), acts, 3)
    assert (found.question[1] == -1).all()
    assert found.count[1].tolist() == [700] + 14 * [0]
    assert torch.allclose(found.predict(Answers.of_matrix(holds))[:, 1], torch.tensor(0.25))


def test_gains_add_up_to_the_share_explained():
    holds, acts = data()
    found = grow(Answers.of_matrix(holds), acts, 5)
    error = ((found.predict(Answers.of_matrix(holds)) - acts) ** 2).sum(0)
    share = 1 - error / ((acts - acts.mean(0)) ** 2).sum(0)
    assert torch.allclose(found.gain.sum(1).float(), share, atol=1e-4)
