"""The Muon optimiser: momentum whose update is made orthogonal, matrix by matrix.

Keller Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. Each hidden weight matrix moves
by (nearly) the closest orthogonal matrix to its momentum, so every direction of the matrix learns at
the same rate. torch.optim.Muon works in bfloat16 and one matrix at a time; this one works in
float32 and stacks matrices of one shape.
"""

import torch
from jaxtyping import Float
from torch import Tensor

# A quintic whose repeated application sends singular values in (0, 1] to about 0.7–1.2 (same source).
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalise(matrices: Float[Tensor, "n rows cols"], steps: int = 5) -> Float[Tensor, "n rows cols"]:
    """Nearly U Vᵀ for each matrix U S Vᵀ, by Newton–Schulz steps.

    Every step multiplies X by the polynomial a + b A + c A² of A = X Xᵀ. These factors commute, so they
    are gathered on the small side and X itself is multiplied once: less than half of the work for the
    wide matrices of an MLP.
    """
    if matrices.shape[-2] > matrices.shape[-1]:
        return orthogonalise(matrices.mT, steps).mT
    x = matrices.float()
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    gram = x @ x.mT
    product = torch.eye(x.shape[1], device=x.device).expand_as(gram)
    for step in range(steps):
        factor = torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C)
        factor.diagonal(dim1=1, dim2=2).add_(_A)
        product = factor @ product
        if step < steps - 1:
            gram = factor @ gram @ factor
    return product @ x


class Muon(torch.optim.Optimizer):
    """Muon for weight matrices, with Nesterov momentum and decoupled weight decay.

    The update is scaled by sqrt(max(1, rows / columns)), so that one learning rate serves all shapes.
    """

    def __init__(self, params, lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.ndim != 2:
                    raise ValueError(f"Muon is for matrices, not for shape {tuple(parameter.shape)}")

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape.setdefault(parameter.shape, []).append(parameter)
            for (rows, columns), parameters in by_shape.items():
                updates = []
                for parameter in parameters:
                    state = self.state[parameter]
                    if not state:
                        state["momentum"] = torch.zeros_like(parameter)
                    state["momentum"].lerp_(parameter.grad, 1 - group["momentum"])
                    updates.append(parameter.grad.lerp(state["momentum"], group["momentum"]))
                scale = max(1.0, rows / columns) ** 0.5
                for parameter, update in zip(parameters, orthogonalise(torch.stack(updates)), strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(update, alpha=-group["lr"] * scale)
