# `make run` is `python3 start.py run`, for those who have make.
run test lab site setup:
	python3 start.py $@

.PHONY: run test lab site setup
