"""What edits.py puts in place of what, with the clause that the student reads."""

import ast

WORDS = {
    "sum": "the sum",
    "mean": "the mean",
    "softmax": "the softmax",
    "norm": "the length",
    "argmax": "the argmax",
    "quantile": "the quantile",
    "std": "the standard deviation",
    "pow": "the square",
    "flatten": "the flattening",
    "abs": "the absolute value",
    "sqrt": "the root",
    "float": "the turning into floats",
    "diff": "the differences",
}
REPLACED = {
    "sum": ("mean", "prod", "amax"),
    "mean": ("sum", "median"),
    "argmax": ("argmin",),
    "std": ("var", "mean"),
    "max": ("min",),
    "min": ("max",),
    "softmax": ("log_softmax",),
    "ones": ("zeros",),
    "zeros": ("ones",),
    "label_to_id": ("label_to_square",),
    "square_to_label": ("id_to_label",),
    "id_to_label": ("square_to_label",),
    "get_w_out": ("get_w_in",),
    "get_w_in": ("get_w_out",),
}
SAID = {
    "label_to_square": "when numbers of squares stand where tokens belong",
    "id_to_label": "when numbers of squares are read as tokens",
    "square_to_label": "when tokens are read as numbers of squares",
    "get_w_in": "with the input weights in place of the output weights",
    "get_w_out": "with the output weights in place of the input weights",
    "amax": "with the largest in place of the sum",
    "prod": "when values are multiplied, not added up",
    "sum": "with the sum in place of the mean",
    "mean": "with the mean in place of {what}",
    "var": "with the variance in place of the standard deviation",
}
#: What stands in for a weight of the model, and how to say it.
WEIGHTS = {
    "W_out": ("{}.W_in.T", "with the input weights in place of the output weights"),
    "W_in": ("{}.W_out.T", "with the output weights in place of the input weights"),
    "W_U": ("{}.W_E.T", "with the embedding W_E in place of the unembedding W_U"),
}
COMPARISONS: dict[type[ast.cmpop], list[tuple[type[ast.cmpop], str]]] = {
    ast.Gt: [
        (ast.GtE, "when a comparison lets equal values in"),
        (ast.Lt, "when a comparison is the other way round"),
        (ast.LtE, "when a comparison is the other way round, equal values included"),
    ],
    ast.GtE: [
        (ast.Gt, "when a comparison leaves equal values out"),
        (ast.Lt, "when a comparison is the other way round"),
    ],
    ast.Lt: [
        (ast.LtE, "when a comparison lets equal values in"),
        (ast.Gt, "when a comparison is the other way round"),
    ],
    ast.LtE: [
        (ast.Lt, "when a comparison leaves equal values out"),
        (ast.Gt, "when a comparison is the other way round"),
    ],
    ast.Eq: [
        (ast.NotEq, "when `!=` stands for `==`"),
    ],
}
OPERATORS: dict[type[ast.operator], list[tuple[type[ast.operator], str]]] = {
    ast.Add: [(ast.Sub, "when something is subtracted that should be added")],
    ast.Sub: [(ast.Add, "when something is added that should be subtracted")],
    ast.Mult: [(ast.Div, "when something is divided that should be multiplied")],
    ast.Div: [
        (ast.Mult, "when something is multiplied that should be divided"),
        (ast.FloorDiv, "when a division is cut down to whole numbers"),
    ],
    ast.BitAnd: [(ast.BitOr, "when conditions are joined by `|` (or) that should be joined by `&` (and)")],
    ast.BitOr: [(ast.BitAnd, "when conditions are joined by `&` (and) that should be joined by `|` (or)")],
}
SIGNS: dict[type[ast.unaryop], str] = {
    ast.Invert: "when a mask is not turned round",
    ast.USub: "when a sign is left out",
}
LEFT_OUT: dict[type[ast.operator], str] = {
    ast.Add: "when a term of a sum is left out",
    ast.Sub: "when something isn't subtracted",
    ast.Mult: "when a factor is left out",
    ast.Div: "when a division is left out",
    ast.MatMult: "when a matrix product is left out",
    ast.BitAnd: "when one of the conditions is left out",
    ast.Mod: "when the remainder is left out",
}
