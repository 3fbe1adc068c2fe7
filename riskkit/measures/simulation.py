"""Random factor changes, block by block: normal and Student-t, the same for a seed whatever the number of threads.

Four blocks make a chunk. Chunk i always comes from its own stream, `SFC64(SeedSequence(seed, spawn_key=(i,)))`, and
the sizes depend on the number of factors only: any thread can make a chunk, or make it again, with the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskkit.measures.degrees_of_freedom import unit_scale

FloatArray = NDArray[np.float64]

#: Numbers in a block: half a megabyte, so that random numbers and their product stay near the core.
BLOCK_NUMBERS = 1 << 16
#: Blocks from one stream: making a stream costs as much as some thousand numbers.
BLOCKS_PER_CHUNK = 4


def block_rows(n_columns: int) -> int:
    """Paths in a block, for a number of independent normals a path."""
    return max(64, BLOCK_NUMBERS // max(n_columns, 1))


def generator(seed: int, chunk: int) -> np.random.Generator:
    """The random stream of one chunk."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(chunk,))))


def normal_blocks(factor: FloatArray, n_paths: int, seed: int) -> Iterator[FloatArray]:
    """Correlated normal changes, block by block.

    Parameters
    ----------
    factor : array (F, R)
        L with L L' = covariance.
    n_paths : int
        Rows over all blocks.
    seed : int

    Yields
    ------
    array (S, F)
        Rows are independent, mean 0, covariance L L'. **The next block overwrites it.**

    Examples
    --------
    >>> blocks = normal_blocks(np.array([[2.0]]), 200_000, seed=1)
    >>> round(float(np.concatenate([block[:, 0].copy() for block in blocks]).std()), 1)
    2.0
    """
    for _, _, changes in _blocks(factor, n_paths, seed):
        yield changes


def student_t_blocks(factor: FloatArray, degrees_of_freedom: float, n_paths: int, seed: int) -> Iterator[FloatArray]:
    """Correlated Student-t changes, block by block: normals over the root of one chi-square a path.

    Parameters
    ----------
    factor : array (F, R)
        L with L L' = covariance **of the result**: the scale matrix is (nu - 2) / nu times that.
    degrees_of_freedom : float
        nu above 2.
    n_paths, seed : int

    Yields
    ------
    array (S, F)
        Mean 0, covariance L L', all factors with common tail events. **The next block overwrites it.**

    References
    ----------
    McNeil, Frey, Embrechts, Quantitative Risk Management, section 6.2 (normal variance mixtures).

    Examples
    --------
    >>> blocks = student_t_blocks(np.array([[2.0]]), 10.0, 200_000, seed=1)
    >>> round(float(np.concatenate([block[:, 0].copy() for block in blocks]).std()), 1)
    2.0
    """
    scaled = factor * unit_scale(degrees_of_freedom)
    for rng, rows, changes in _blocks(scaled, n_paths, seed):
        stretch = np.sqrt(degrees_of_freedom / rng.chisquare(degrees_of_freedom, rows))
        changes *= stretch[:, None]
        yield changes


def _blocks(factor: FloatArray, n_paths: int, seed: int) -> Iterator[tuple[np.random.Generator, int, FloatArray]]:
    n_factors, rank = factor.shape
    size = block_rows(max(rank, n_factors))
    transposed = np.ascontiguousarray(factor.T)
    normals, changes = np.empty((min(size, n_paths), rank)), np.empty((min(size, n_paths), n_factors))
    rng = generator(seed, 0)
    for block, start in enumerate(range(0, n_paths, size)):
        rows = min(size, n_paths - start)
        if block and block % BLOCKS_PER_CHUNK == 0:
            rng = generator(seed, block // BLOCKS_PER_CHUNK)
        rng.standard_normal(out=normals[:rows])
        np.matmul(normals[:rows], transposed, out=changes[:rows])
        yield rng, rows, changes[:rows]
