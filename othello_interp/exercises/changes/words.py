"""What edits.py puts in place of what, and what is said of it.

Of a student's function is said what is wrong at a place; of the reference there is a clause, which goes on
from "what comes out".
"""

import ast

COMPARISON = "another comparison is needed"
COUNTED = "it says whether, where how much is wanted"
OPERATOR = "another operator is needed"
NUMBER = "the number is another"
AXIS = "it runs along the wrong axis"
ORDER = "the order is another"
SIDES = "the two sides are the wrong way round"
TOO_MUCH = "a part of this is too much"
CONDITION = "the condition isn't right"
JOINED = "the conditions are joined in the wrong way"
SIGN = "a sign or a negation is missing, or too much"
CALL = "a step is too much"
FUNCTION = "another function is needed"
MISSING = "a step is missing"
OPTION = "the options aren't right"
CUT = "it begins or ends elsewhere"
INDEX = "the index isn't right"
VARIABLE = "another variable belongs here"
STATEMENT = "this is too much"
MOVED = "this comes at the wrong place"

#: Functions, methods and weights that are taken for one another.
ALIKE = (
    ("sum", "mean", "max", "amax", "min", "amin", "median", "std", "norm", "prod", "cumsum"),
    ("argmax", "argmin"),
    ("any", "all"),
    ("softmax", "log_softmax", "sigmoid", "exp", "log"),
    ("abs", "square", "sqrt", "relu"),
    ("std", "var"),
    ("maximum", "minimum"),
    ("label_to_id", "label_to_square"),
    ("id_to_label", "square_to_label"),
    ("get_w_in", "get_w_out"),
    ("W_in", "W_out"),
)
#: How to say what a call gives.
RESULTS = {
    "sum": "the sum",
    "mean": "the mean",
    "softmax": "the softmax",
    "norm": "the length",
    "argmax": "the argmax",
    "quantile": "the quantile",
    "std": "the standard deviation",
    "var": "the variance",
    "median": "the median",
    "pow": "the square",
    "square": "the square",
    "abs": "the absolute value",
    "clamp": "setting negative values to 0",
    "cumsum": "adding up step by step",
    **dict.fromkeys(("max", "amax"), "the largest"),
    **dict.fromkeys(("min", "amin"), "the smallest"),
    "sqrt": "the root",
}
#: A clause for what is called, where it is not the result that says it.
IN_PLACE = {
    "get_w_in": "with the input weights in place of the output weights",
    "get_w_out": "with the output weights in place of the input weights",
}
#: What stands in for a weight of the model, transposed.
WEIGHTS = {
    "W_out": ("W_in", IN_PLACE["get_w_in"]),
    "W_in": ("W_out", IN_PLACE["get_w_out"]),
    "W_U": ("W_E", "with the embedding W_E in place of the unembedding W_U"),
}
#: Options that are forgotten.
FORGOTTEN = {
    "get_w_in": "normalize",
    "get_w_out": "normalize",
    "sort": "descending",
    "argsort": "descending",
    **dict.fromkeys(("sum", "mean", "norm", "amax", "std"), "keepdim"),
}
ALONG_AN_AXIS = ("sum", "mean", "max", "norm", "softmax", "argmax", "amax", "std", "cumsum")
#: Axes to run along, and how to say it.
AXES = {axis: f"along axis {axis}" for axis in (0, 1, -1, -2, 2)} | {
    (0, 1): "along axes 0 and 1",
    None: "over all axes at once",
}
STEPS = ("abs", "square", "sqrt", "exp", "log", "relu", "float", "long", "flatten", "argsort", "t")

COMPARISONS: list[ast.cmpop] = [ast.Gt(), ast.GtE(), ast.Lt(), ast.LtE(), ast.Eq(), ast.NotEq()]
ARITHMETIC: list[ast.operator] = [
    ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.FloorDiv(), ast.Mod(), ast.Pow(), ast.MatMult(),
]  # fmt: skip
BITS: list[ast.operator] = [ast.BitAnd(), ast.BitOr(), ast.BitXor()]
TOO_LARGE = "when {} is one too large"
TOO_SMALL = "when {} is one too small"
#: Clauses for an operator in place of another.
REVERSED = "when a comparison is the other way round"
EQUAL_IN = "when a comparison lets equal values in"
EQUAL_OUT = "when a comparison leaves equal values out"
IN_PLACE_OF: dict[tuple[type[ast.AST], type[ast.AST]], str] = {
    (ast.Gt, ast.GtE): EQUAL_IN,
    (ast.Lt, ast.LtE): EQUAL_IN,
    (ast.GtE, ast.Gt): EQUAL_OUT,
    (ast.LtE, ast.Lt): EQUAL_OUT,
    **dict.fromkeys([(ast.Gt, ast.Lt), (ast.GtE, ast.Lt), (ast.Lt, ast.Gt), (ast.LtE, ast.Gt)], REVERSED),
    (ast.Add, ast.Sub): "when something is subtracted that should be added",
    (ast.Sub, ast.Add): "when something is added that should be subtracted",
    (ast.Mult, ast.Div): "when something is divided that should be multiplied",
    (ast.Div, ast.Mult): "when something is multiplied that should be divided",
    (ast.BitAnd, ast.BitOr): "when conditions are joined by `|` (or) that should be joined by `&` (and)",
    (ast.BitOr, ast.BitAnd): "when conditions are joined by `&` (and) that should be joined by `|` (or)",
}
SIGNS: dict[type[ast.unaryop], str] = {
    ast.Invert: "when a mask is not turned round",
    ast.USub: "when a sign is left out",
}
SWAPPED: dict[type[ast.operator], str] = {
    ast.Sub: "when a difference is the other way round",
    ast.Div: "when a fraction is upside down",
}
#: What is left out with one side of an operation; a clause adds the arguments that stand there.
LEFT_OUT: dict[type[ast.AST], str] = {
    ast.Add: "a term",
    ast.Sub: "a subtraction",
    ast.Mult: "a factor",
    ast.Div: "a division",
    ast.MatMult: "a matrix product",
    ast.BitAnd: "a condition",
    ast.And: "a condition",
}
