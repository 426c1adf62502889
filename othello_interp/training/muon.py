"""The Muon optimiser: momentum whose update is made orthogonal, matrix by matrix.

Keller Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. Each hidden weight matrix moves
by (nearly) the closest orthogonal matrix to its momentum, so every direction of the matrix learns at
the same rate. torch.optim.Muon works in bfloat16 on every machine and on one matrix at a time; this one
works in the type that it is given and stacks matrices of one shape.
"""

import torch
from jaxtyping import Float
from torch import Tensor

# A quintic whose repeated application sends singular values in (0, 1] to about 0.7–1.2 (same source).
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalise(
    matrices: Float[Tensor, "n rows cols"], dtype: torch.dtype = torch.float32, steps: int = 5
) -> Float[Tensor, "n rows cols"]:
    """Nearly U Vᵀ for each matrix U S Vᵀ, by Newton–Schulz steps multiplied in `dtype`; returned in float32.

    Each step turns X into a X + (b A + c A²) X, where A = X Xᵀ.
    """
    if matrices.shape[-2] > matrices.shape[-1]:
        return orthogonalise(matrices.mT, dtype, steps).mT
    x = matrices.float()
    x = (x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)).to(dtype)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C), x, beta=_A)
    return x.float()


class Muon(torch.optim.Optimizer):
    """Muon for weight matrices, with Nesterov momentum and decoupled weight decay.

    The update is scaled by sqrt(max(1, rows / columns)), so that one learning rate serves all shapes. dtype:
    what the update is made orthogonal in; weights and momentum stay as they are.
    """

    def __init__(
        self,
        params,
        lr: float = 0.02,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.dtype = dtype
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.ndim != 2:
                    raise ValueError(f"Muon is for matrices, not for shape {tuple(parameter.shape)}")

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # nothing here needs a closure
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[tuple[Tensor, Tensor]]] = {}
            for parameter in group["params"]:
                gradient, state = parameter.grad, self.state[parameter]
                if gradient is None:
                    continue
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                state["momentum"].lerp_(gradient, 1 - group["momentum"])
                update = gradient.lerp(state["momentum"], group["momentum"])
                by_shape.setdefault(parameter.shape, []).append((parameter, update))
            for (rows, columns), pairs in by_shape.items():
                scale = max(1.0, rows / columns) ** 0.5
                updates = orthogonalise(torch.stack([update for _, update in pairs]), self.dtype)
                for (parameter, _), update in zip(pairs, updates, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update, alpha=-group["lr"] * scale)
