"""The measured sentences of each notebook; measured.py beside this folder says what they are."""
