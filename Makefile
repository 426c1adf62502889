# `make run` is `python3 start.py run`, for those who have make.
run test lab setup:
	python3 start.py $@

.PHONY: run test lab setup
