"""Right answers to exercise 6.7, written in other ways than the reference."""

import numpy as np
import torch


def find_caps__by_square(acts, attribution, legal):
    found = []
    for square in range(legal.shape[-1]):
        best, lowest = -1, 0.0
        where = legal[..., square]
        for neuron in range(acts.shape[-1]):
            if attribution[neuron].abs().argmax() != square or attribution[neuron, square] >= 0:
                continue
            act = acts[..., neuron]
            if act[where].clamp(min=0).sum() < 0.8 * act.clamp(min=0).sum():
                continue
            lowering = (attribution[neuron, square] * act[where].mean()).item()
            if lowering < lowest:
                best, lowest = neuron, lowering
        found.append(best)
    return torch.tensor(found)


def find_caps__at_once(acts, attribution, legal):
    flat, on = acts.flatten(0, 1).double(), legal.flatten(0, 1).double()
    share = flat.relu().T @ on / flat.relu().sum(0)[:, None]
    own = torch.nn.functional.one_hot(attribution.abs().argmax(1), legal.shape[-1]).bool()
    lowering = (attribution * (flat.T @ on / on.sum(0))).where(own & (attribution < 0) & (share >= 0.8), 0)
    return torch.where(lowering.amin(0) < 0, lowering.argmin(0), -1)


def find_caps__numpy(acts, attribution, legal):
    flat, on = acts.numpy().reshape(-1, acts.shape[-1]), legal.numpy().reshape(-1, legal.shape[-1])
    weight = attribution.numpy()
    caps = np.full(on.shape[1], -1)
    positive = np.maximum(flat, 0)
    order = []
    for neuron in range(flat.shape[1]):
        square = np.abs(weight[neuron]).argmax()
        where = on[:, square]
        if weight[neuron, square] < 0 and positive[where, neuron].sum() >= 0.8 * positive[:, neuron].sum():
            order.append((weight[neuron, square] * flat[where, neuron].mean(), neuron, square))
    for _, neuron, square in sorted(order, reverse=True):  # the lowest last
        caps[square] = neuron
    return caps
