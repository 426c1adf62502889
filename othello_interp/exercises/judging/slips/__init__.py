"""What a wrong answer comes from, whatever the exercise: the reference on changed inputs, a changed result of
it, the reference with one thing in it changed, or two of these.

    alike     when two answers are the same, and when that is no coincidence
    results   changed values      inputs    the reference on changed inputs
    mutants   its text changed
    explain   which of them gives a student's answer on every case
"""
