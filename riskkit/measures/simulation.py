"""Random factor changes, block by block: normal and Student-t, the same for a seed whatever the number of threads.

Four blocks make a chunk. Chunk i always comes from its own stream, `SFC64(SeedSequence(seed, spawn_key=(i,)))`, and
the sizes depend on the number of factors only: any thread can make a chunk, or make it again, with the same numbers.
Under Sobol sampling a chunk is one of 16 sequences, each scrambled by the stream of its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtri

from riskkit.errors import InputError
from riskkit.measures.degrees_of_freedom import unit_scale

FloatArray = NDArray[np.float64]
Sampling = Literal["pseudo", "antithetic", "sobol"]
#: Arrays that a thread uses again for its next chunk.
Space = dict[str, FloatArray]

#: Numbers in a block: half a megabyte, so that random numbers and their product stay near the core.
BLOCK_NUMBERS = 1 << 16
#: Blocks from one stream: making a stream costs as much as some thousand numbers.
BLOCKS_PER_CHUNK = 4
#: Independently scrambled Sobol sequences: their spread is the standard error.
SOBOL_SEQUENCES = 16
#: Dimensions for which direction numbers exist (Joe and Kuo).
MOST_SOBOL_DIMENSIONS = 21_201


def block_rows(n_columns: int) -> int:
    """Paths in a block, for a number of independent normals a path.

    Parameters
    ----------
    n_columns : int

    Returns
    -------
    int
        64 or more.

    Examples
    --------
    >>> block_rows(100)
    655
    """
    return max(64, BLOCK_NUMBERS // max(n_columns, 1))


def generator(seed: int, chunk: int) -> np.random.Generator:
    """The random stream of one chunk.

    Parameters
    ----------
    seed : int
    chunk : int

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    ValueError
        From numpy for a number below zero.

    References
    ----------
    O'Neill (2014), SFC64 in PractRand; numpy's SeedSequence for independent streams.

    Examples
    --------
    >>> generator(1, 0).random() == generator(1, 0).random() != generator(1, 1).random()
    True
    """
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(chunk,))))


@dataclass(frozen=True, eq=False)
class Paths:
    """Correlated changes of F factors with mean 0, normal or Student-t, in chunks that any thread can make.

    Attributes
    ----------
    factor : array (F, R)
        L with L L' = covariance **of the result**, for a Student-t too.
    n_paths : int
    seed : int
    degrees_of_freedom : float or None
        nu above 2 of a multivariate Student-t: normals over the root of one chi-square a path; None is normal.
    sampling : {"pseudo", "antithetic", "sobol"}
        `antithetic`: path i and path i + ceil(n / 2) are each other's negative.

    Raises
    ------
    InputError
        An unknown sampling, degrees of freedom of 2 or less, too many factors for Sobol.

    References
    ----------
    McNeil, Frey, Embrechts, Quantitative Risk Management, section 6.2 (normal variance mixtures). Glasserman (2004),
    Monte Carlo Methods in Financial Engineering, sections 4.2 and 5.4. Joe and Kuo (2008), Sobol direction numbers.

    Examples
    --------
    >>> paths = Paths(np.array([[2.0]]), 3, seed=1, sampling="antithetic")
    >>> [(start, len(changes)) for start, changes in paths.chunk(0)]
    [(0, 2), (2, 1)]
    """

    factor: FloatArray
    n_paths: int
    seed: int
    degrees_of_freedom: float | None = None
    sampling: Sampling = "pseudo"

    def __post_init__(self) -> None:
        if self.sampling not in get_args(Sampling):
            raise InputError("sampling", self.sampling, f"one of {', '.join(get_args(Sampling))}")
        if self.degrees_of_freedom is not None:
            unit_scale(self.degrees_of_freedom)
        if self.sampling == "sobol" and self.factor.shape[1] >= MOST_SOBOL_DIMENSIONS:
            expected = f"pseudo or antithetic: Sobol sequences have {MOST_SOBOL_DIMENSIONS} dimensions"
            raise InputError("sampling", "sobol", expected)

    @property
    def n_chunks(self) -> int:
        """Streams that make all paths."""
        if self.sampling == "sobol":
            return min(SOBOL_SEQUENCES, self.n_paths)
        return -(-self._drawn // (BLOCKS_PER_CHUNK * self._rows))

    def chunk(self, index: int, space: Space | None = None) -> Iterator[tuple[int, FloatArray]]:
        """Blocks of one chunk: number of the first path, and changes (S, F). The next block overwrites it.

        A thread that makes many chunks hands the same empty dictionary to each, and the memory is used again. Under a
        Student-t its `scales` are what each path's normals were multiplied by.
        """
        if self.sampling == "sobol":
            yield from self._sobol(index, {} if space is None else space)
            return
        rng = generator(self.seed, index)
        rows = min(self._rows, self._drawn)
        space = {} if space is None else space
        normals = space.setdefault("normals", np.empty((rows, self.factor.shape[1])))
        changes = space.setdefault("changes", np.empty((rows, len(self.factor))))
        mirror = space.setdefault("mirror", np.empty_like(changes)) if self.sampling == "antithetic" else changes
        first = index * BLOCKS_PER_CHUNK * self._rows
        for start in range(first, min(first + BLOCKS_PER_CHUNK * self._rows, self._drawn), rows):
            here = min(rows, self._drawn - start)
            rng.standard_normal(out=normals[:here])
            squares = None if self.degrees_of_freedom is None else rng.chisquare(self.degrees_of_freedom, here)
            self._changes(normals[:here], squares, changes[:here], space)
            if self.sampling == "antithetic":
                np.negative(changes[:here], out=mirror[:here])
            yield start, changes[:here]
            if self.sampling == "antithetic" and self._drawn + start < self.n_paths:
                yield self._drawn + start, mirror[: min(here, self.n_paths - self._drawn - start)]

    def _sobol(self, index: int, space: Space) -> Iterator[tuple[int, FloatArray]]:
        # Imported here: scipy.stats takes 2 s to import, and only this sampling needs it.
        from scipy.stats import qmc

        bounds = np.linspace(0, self.n_paths, self.n_chunks + 1).astype(np.int64)
        start, stop = int(bounds[index]), int(bounds[index + 1])
        rank = self.factor.shape[1]
        sequence = qmc.Sobol(rank + (self.degrees_of_freedom is not None), rng=generator(self.seed, index))
        rows = 1 << (self._rows.bit_length() - 1)
        for row in range(start, stop, rows):
            # The first draw is a power of two, as the sequence wants; half of the last bit keeps points above zero.
            points = sequence.random(rows)[: stop - row] + 2.0**-31
            squares = None
            if self.degrees_of_freedom is not None:
                squares = np.asarray(2.0 * gammaincinv(self.degrees_of_freedom / 2.0, points[:, rank]), np.float64)
            changes = np.empty((len(points), len(self.factor)))
            self._changes(ndtri(points[:, :rank]), squares, changes, space)
            yield row, changes

    def _changes(self, normals: FloatArray, squares: FloatArray | None, out: FloatArray, space: Space) -> None:
        if len(self.factor) == 1 == self.factor.shape[1]:
            np.multiply(normals, self.factor[0, 0], out=out)
        else:
            np.matmul(normals, self._transposed, out=out)
        if squares is not None and self.degrees_of_freedom is not None:
            nu = self.degrees_of_freedom
            space["scales"] = unit_scale(nu) * np.sqrt(nu / squares)
            out *= space["scales"][:, None]

    @cached_property
    def _transposed(self) -> FloatArray:
        """Copied once: a product with a view that only looks transposed takes up to a fifth longer."""
        return np.ascontiguousarray(self.factor.T)

    @property
    def _drawn(self) -> int:
        return -(-self.n_paths // 2) if self.sampling == "antithetic" else self.n_paths

    @property
    def _rows(self) -> int:
        return block_rows(max(self.factor.shape))
