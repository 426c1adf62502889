"""Right answers to exercise 7.6, found in other ways than the reference."""


def race_hypothesis__brackets():
    return "C0==BLANK & D1==THEIRS & (E2==MINE | E2==THEIRS & (F3==MINE | F3==THEIRS & G4==MINE))"


def race_hypothesis__three_comparisons():
    return "C0==LEGAL & D1==THEIRS & C1!=THEIRS"


def race_hypothesis__in_small_letters():
    return "c0==legal & d1==theirs & c1!=theirs"
