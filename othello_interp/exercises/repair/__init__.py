"""What one change would make a wrong answer right: the student's own function, changed in one place after
the other, is run again in the student's own process.

It is automated program repair (Singh, Gulwani, Solar-Lezama 2013, "Automated feedback generation for
introductory programming assignments") with the cases of an exercise for tests.
"""
