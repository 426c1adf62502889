"""Exercise 6.4: Rank the readers by effect."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    found = []
    for games, moves, neurons, d_model in ((4, 5, 9, 7), (6, 13, 36, 20)):
        before, after = (torch.randn(games, moves, neurons, generator=generator) for _ in range(2))
        found.append(
            Case(
                f"{games} games of {moves} moves, {neurons} neurons, d_model {d_model}",
                {
                    "before": before,
                    "after": after,
                    "W_out": torch.randn(neurons, d_model, generator=generator),
                    "unembedding": 2 * torch.randn(d_model, generator=generator),
                    "scale": 1 + 3 * torch.rand(games, moves, generator=generator),
                    "where": torch.rand(games, moves, generator=generator) < 0.5,
                },
            )
        )
        found[-1].inputs["where"][0, :2] = True
    return found


def _effects(
    before: Tensor, after: Tensor, W_out: Tensor, unembedding: Tensor, scale: Tensor, where: Tensor
) -> Tensor:
    return ((after - before) / scale[..., None])[where].mean(0) * (W_out @ unembedding)


@mistake(
    "The sign is wrong: the effect is what the logit is afterwards, less what it was before.", credit=0.5
)
def before_less_after(**inputs: Tensor) -> Tensor:
    return -_effects(**inputs)


@mistake(
    "You forgot the scale. What a neuron writes is divided by the final LayerNorm's scale at that position "
    "before the unembedding reads it.",
    credit=0.5,
)
def no_scale(**inputs: Tensor) -> Tensor:
    return _effects(**inputs | {"scale": torch.ones_like(inputs["scale"])})


@mistake(
    "You divide by the mean scale. Divide each position's change by that position's scale, then average.",
    credit=0.5,
)
def mean_scale(**inputs: Tensor) -> Tensor:
    mean = inputs["scale"][inputs["where"]].mean()
    return _effects(**inputs | {"scale": mean.expand_as(inputs["scale"])})


@mistake("You average over all positions. Average over those where `where` is True.", credit=0.5)
def everywhere(**inputs: Tensor) -> Tensor:
    return _effects(**inputs | {"where": torch.ones_like(inputs["where"])})


@mistake("That is the sum over the positions. Return the mean.", credit=0.5)
def summed(**inputs: Tensor) -> Tensor:
    return _effects(**inputs) * inputs["where"].sum()


@mistake(
    "That is a cosine: it says how W_out lies to the unembedding, but not how much the activation has "
    "changed. This is ranking by weights alone."
)
def cosine(**inputs: Tensor) -> Tensor:
    return torch.cosine_similarity(inputs["W_out"], inputs["unembedding"][None], dim=-1)


@mistake(
    "You take the size of the effect. Keep the sign: some neurons work for the logit, some against.",
    credit=0.5,
)
def without_sign(**inputs: Tensor) -> Tensor:
    return _effects(**inputs).abs()


EXERCISE = Exercise(
    id="6.4",
    notebook="06_circuit",
    function="reader_effects",
    title="Rank the readers by effect",
    points=3,
    difficulty=3,
    importance=5,
    minutes=20,
    tests="Your function on random activations and weights.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "What one unit of each neuron's activation adds to the logit, before the scale: W_out @ unembedding, "
        "one number a neuron.",
        "The change of activation at each position is (after - before) / scale[..., None].",
        "Average it over the marked positions, change[where].mean(0), and multiply by the first.",
    ),
    explanation="A neuron that reads the source strongly may be silent here, and one that reads it weakly "
    "may have a large say over the logit. Only the product counts.",
)
