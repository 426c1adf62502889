"""`--scheduler ADDRESS`: Dask is asked for only by those who have a cluster."""

from typing import TYPE_CHECKING

from othello_interp.errors import OthelloInterpError

if TYPE_CHECKING:
    from distributed import Client


def dask_client() -> "type[Client]":
    """Dask's `Client`. Raises OthelloInterpError where Dask is not installed."""
    try:
        from distributed import Client
    except ImportError:
        raise OthelloInterpError(
            "--scheduler needs Dask: pip install -c constraints.txt -e '.[dask]'"
        ) from None
    return Client
