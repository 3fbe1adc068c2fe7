"""Random factor changes in chunks: normal and Student-t, the same for a seed whatever the number of threads.

Chunk i always comes from its own stream, `SFC64(SeedSequence(seed, spawn_key=(i,)))`, and the size of a chunk depends
on the number of factors only. So a chunk can be made by any thread, or made again, and is the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskkit.measures.degrees_of_freedom import unit_scale

FloatArray = NDArray[np.float64]

#: Numbers in a chunk: 1 MB of normals, so that the two buffers stay in a core's second-level cache.
CHUNK_NUMBERS = 1 << 17


def chunk_rows(n_columns: int) -> int:
    """Paths in a chunk, for a number of independent normals a path."""
    return max(64, CHUNK_NUMBERS // max(n_columns, 1))


def generator(seed: int, chunk: int) -> np.random.Generator:
    """The random stream of one chunk."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(chunk,))))


def normal_chunks(factor: FloatArray, n_paths: int, seed: int) -> Iterator[FloatArray]:
    """Correlated normal changes, chunk by chunk.

    Parameters
    ----------
    factor : array (F, R)
        L with L L' = covariance.
    n_paths : int
        Rows over all chunks.
    seed : int

    Yields
    ------
    array (S, F)
        Rows are independent, mean 0, covariance L L'. **The next chunk overwrites it.**

    Examples
    --------
    >>> chunks = normal_chunks(np.array([[2.0]]), 200_000, seed=1)
    >>> round(float(np.concatenate([chunk[:, 0].copy() for chunk in chunks]).std()), 1)
    2.0
    """
    for _, _, changes in _chunks(factor, n_paths, seed):
        yield changes


def student_t_chunks(factor: FloatArray, degrees_of_freedom: float, n_paths: int, seed: int) -> Iterator[FloatArray]:
    """Correlated Student-t changes, chunk by chunk: normals over the root of one chi-square a path.

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
        Mean 0, covariance L L', all factors with common tail events. **The next chunk overwrites it.**

    References
    ----------
    McNeil, Frey, Embrechts, Quantitative Risk Management, section 6.2 (normal variance mixtures).

    Examples
    --------
    >>> chunks = student_t_chunks(np.array([[2.0]]), 10.0, 200_000, seed=1)
    >>> round(float(np.concatenate([chunk[:, 0].copy() for chunk in chunks]).std()), 1)
    2.0
    """
    scaled = factor * unit_scale(degrees_of_freedom)
    for rng, rows, changes in _chunks(scaled, n_paths, seed):
        mixing = rng.chisquare(degrees_of_freedom, rows)
        mixing /= degrees_of_freedom
        np.sqrt(mixing, out=mixing)
        changes /= mixing[:, None]
        yield changes


def _chunks(factor: FloatArray, n_paths: int, seed: int) -> Iterator[tuple[np.random.Generator, int, FloatArray]]:
    n_factors, rank = factor.shape
    size = min(chunk_rows(max(rank, n_factors)), n_paths)
    transposed = np.ascontiguousarray(factor.T)
    normals, changes = np.empty((size, rank)), np.empty((size, n_factors))
    for chunk, start in enumerate(range(0, n_paths, size)):
        rows = min(size, n_paths - start)
        rng = generator(seed, chunk)
        rng.standard_normal(out=normals[:rows])
        np.matmul(normals[:rows], transposed, out=changes[:rows])
        yield rng, rows, changes[:rows]
