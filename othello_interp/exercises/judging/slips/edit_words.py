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
    "square": "the square",
    "abs": "the absolute value",
    "clamp": "setting negative values to 0",
    "cumsum": "adding up step by step",
    "max": "the largest",
    "amax": "the largest",
    "sqrt": "the root",
}
#: Where a whole number stands, and what it is there.
PLACES: dict[type[ast.AST], str] = {
    ast.Slice: "the beginning or end of a cut",
    ast.Subscript: "an index",
    ast.Tuple: "an index",
    ast.Assign: "a number that is put in",
    ast.Compare: "a number that is compared with",
    ast.Call: "where a counter begins or ends",
}
ADDED: dict[type[ast.operator], str] = {
    ast.Add: "a number that is added",
    ast.Sub: "a number that is subtracted",
}
REPLACED = {
    "sum": ("mean", "amax"),
    "mean": ("sum", "amax", "std", "median"),
    "max": ("min", "mean", "median"),
    "amax": ("amin", "mean"),
    "square": ("abs",),
    "argmax": ("argmin",),
    "std": ("var", "mean", "amax"),
    "softmax": ("log_softmax",),
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
    "amax": "with the largest in place of {what}",
    "min": "with the smallest in place of {what}",
    "amin": "with the smallest in place of {what}",
    "std": "with the standard deviation in place of {what}",
    "median": "with the median in place of {what}",
    "abs": "with the absolute value in place of {what}",
    "sum": "with the sum in place of {what}",
    "mean": "with the mean in place of {what}",
    "var": "with the variance in place of {what}",
}
#: What stands in for a weight of the model, transposed, and how to say it.
WEIGHTS = {
    "W_out": ("W_in", "with the input weights in place of the output weights"),
    "W_in": ("W_out", "with the output weights in place of the input weights"),
    "W_U": ("W_E", "with the embedding W_E in place of the unembedding W_U"),
}
REVERSED = "when a comparison is the other way round"
COMPARISONS: dict[type[ast.cmpop], list[tuple[type[ast.cmpop], str]]] = {
    ast.Gt: [(ast.GtE, "when a comparison lets equal values in"), (ast.Lt, REVERSED)],
    ast.GtE: [(ast.Gt, "when a comparison leaves equal values out"), (ast.Lt, REVERSED)],
    ast.Lt: [(ast.LtE, "when a comparison lets equal values in"), (ast.Gt, REVERSED)],
    ast.LtE: [(ast.Lt, "when a comparison leaves equal values out"), (ast.Gt, REVERSED)],
}
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], str]] = {
    ast.Add: (ast.Sub, "when something is subtracted that should be added"),
    ast.Sub: (ast.Add, "when something is added that should be subtracted"),
    ast.Mult: (ast.Div, "when something is divided that should be multiplied"),
    ast.Div: (ast.Mult, "when something is multiplied that should be divided"),
    ast.BitAnd: (ast.BitOr, "when conditions are joined by `|` (or) that should be joined by `&` (and)"),
    ast.BitOr: (ast.BitAnd, "when conditions are joined by `&` (and) that should be joined by `|` (or)"),
}
SIGNS: dict[type[ast.unaryop], str] = {
    ast.Invert: "when a mask is not turned round",
    ast.USub: "when a sign is left out",
}
#: What is left out with one side of an operation; a clause adds the arguments that stand there.
LEFT_OUT: dict[type[ast.operator], str] = {
    ast.Add: "a term",
    ast.Sub: "a subtraction",
    ast.Mult: "a factor",
    ast.Div: "a division",
    ast.MatMult: "a matrix product",
    ast.BitAnd: "a condition",
}
