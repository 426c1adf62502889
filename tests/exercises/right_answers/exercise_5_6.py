"""Right answers to exercise 5.6, written in other ways than the reference."""

DIAGONAL = (
    "c0==blank & d1==theirs & (e2==mine | e2==theirs & (f3==mine | f3==theirs & "
    "(g4==mine | g4==theirs & h5==mine)))"
)


def refined_hypothesis__nested_by_hand():
    def along(first: str, *others: str) -> str:
        """Theirs, and behind it mine, or theirs again, and so on."""
        behind = f"{others[0]}==mine" if len(others) == 1 else f"({others[0]}==mine | {along(*others)})"
        return f"{first}==theirs & {behind}"

    lines = ["b0 a0", "b1 a2", "c1 c2 c3 c4 c5 c6 c7", "d0 e0 f0 g0 h0"]
    return DIAGONAL + "".join(f" & ~({along(*line.split())})" for line in lines)


def refined_hypothesis__from_what_is_legal():
    """C0 is legal, and no other line makes it so."""
    other = []
    for line in ("B0 A0", "B1 A2", "C1 C2 C3 C4 C5 C6 C7", "D0 E0 F0 G0 H0"):
        squares = line.split()
        for end in range(1, len(squares)):
            theirs = [f"{square}==THEIRS" for square in squares[:end]]
            other.append(" & ".join([*theirs, f"{squares[end]}==MINE"]))
    return "C0==LEGAL & ~(" + " | ".join(f"({text})" for text in other) + ")"


def refined_hypothesis__three_exclusions():
    return (
        f"{DIAGONAL} & ~(B1==THEIRS & A2==MINE) & ~(D0==THEIRS & (E0==MINE | E0==THEIRS & F0==MINE)) & "
        "~(C1==THEIRS & (C2==MINE | C2==THEIRS & (C3==MINE | C3==THEIRS & C4==MINE)))"
    )
