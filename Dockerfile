# The course in JupyterLab, as a user without privileges. Binder and .devcontainer/ use this file as well.
#
#     docker build -t othello-interp . && docker run --rm -p 127.0.0.1:8888:8888 othello-interp
#
# PyTorch's CPU builds are much smaller: add --build-arg PIP_EXTRA_INDEX_URL=… with the index that pytorch.org names.
FROM python:3.12-slim-bookworm
ARG PIP_EXTRA_INDEX_URL=""
ARG NB_USER=student
ARG NB_UID=1000
RUN useradd --create-home --uid "${NB_UID}" "${NB_USER}"
ENV USER=${NB_USER} HOME=/home/${NB_USER}
COPY --chown=${NB_UID}:${NB_UID} . ${HOME}/course
WORKDIR ${HOME}/course
RUN pip install --no-cache-dir -c constraints.txt -e '.[lab]'
USER ${NB_USER}
EXPOSE 8888
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser"]
