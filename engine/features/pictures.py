"""Pictures, one after the other, to rows of the FrameTable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.features.scratch import ScratchColumns
from engine.features.tables import (
    BLOCK_COLUMNS,
    BLOCK_ROWS,
    CONVERTED,
    CORRUPT,
    INTERLACED,
    KEY,
    RECHECKED_MOTION,
    SCALARS,
    WIDE,
)
from engine.kernels import codec, grids, luma, motion, phash
from engine.media.frames import Picture

NAN: Final = float("nan")


@dataclass(slots=True, eq=False)
class _Seen:
    """What the next two pictures need of this one."""

    picture: Picture
    means: NDArray[np.uint16]
    reduced: NDArray[np.uint16]


@dataclass(slots=True, eq=False)
class _Row:
    """A row whose `lasting` waits for the next picture."""

    pts: int
    packet: int
    size: int
    flags: int
    picture: int
    measures: NDArray[np.float64]
    residual_top: float
    gap_residual_top: float
    residual_mean: float
    motion: tuple[float, float, float]
    codec: tuple[float, float, float, float]
    grids: grids.Grids
    residual: NDArray[np.uint16]
    gap_residual: NDArray[np.uint16] | None
    hash: int
    lasting: NDArray[np.uint16] | None = None
    lasting_top: float = NAN


class PictureRows:
    """Measures presented pictures in their order, and writes their rows.

    Parameters
    ----------
    side_data
        Whether the codec exports motion vectors and quantisers.

    Notes
    -----
    The picture before is kept by reference, not copied. Where the size or the depth changes,
    what compares pictures is not measured across the change.
    """

    def __init__(self, side_data: bool) -> None:
        self._side_data = side_data
        self._plans: dict[tuple[int, int, int], luma.Plan] = {}
        self._seen: list[_Seen] = []
        self._waiting: _Row | None = None
        self.scalars = ScratchColumns({name: ((), dtype) for name, dtype in SCALARS.items()})
        self.wide = ScratchColumns(WIDE)
        self.converted = 0

    def add(self, picture: Picture, pts: int, size: int) -> None:
        """Measure a picture.

        Parameters
        ----------
        picture
            As decoded.
        pts
            Ticks on the presentation timeline.
        size
            Bytes of its packet.
        """
        plan = self._plan(picture)
        seen = [s for s in self._seen if _comparable(s.picture, picture)] if self._same_size(picture) else []
        before = seen[-1] if seen else None
        visit = luma.measure(picture.luma, before.picture.luma if before else None, plan)
        measured = grids.summarise(
            visit, plan, before.means if before else None, seen[-2].means if len(seen) == 2 else None
        )
        row = self._row(picture, pts, size, visit, measured, seen)
        self._complete(row.gap_residual)
        self._waiting = row
        self._seen = [*self._seen[-1:], _Seen(picture, measured.means, visit.reduced)]
        self.converted += picture.converted

    def finish(self) -> None:
        """Write the last row; call once after the last picture."""
        self._complete(None)
        self._seen = []

    def close(self) -> None:
        """Give up, for a pass that failed."""
        self.scalars.close()
        self.wide.close()

    def _plan(self, picture: Picture) -> luma.Plan:
        key = picture.width, picture.height, picture.depth
        if key not in self._plans:
            if len(self._plans) > 8:  # a stream that changes its size all the time
                self._plans.clear()
            self._plans[key] = luma.Plan(*key)
        return self._plans[key]

    def _same_size(self, picture: Picture) -> bool:
        return bool(self._seen) and _comparable(self._seen[-1].picture, picture)

    def _row(
        self, picture: Picture, pts: int, size: int, visit: luma.Luma, measured: grids.Grids, seen: list[_Seen]
    ) -> _Row:
        step = motion.search(visit.reduced, seen[-1].reduced) if seen else None
        gap = motion.search(visit.reduced, seen[-2].reduced) if len(seen) == 2 else None
        usable = step is not None and step.residual.size > 0
        flags = (
            KEY * picture.key | CORRUPT * picture.corrupt | INTERLACED * picture.interlaced
            | CONVERTED * picture.converted
        )  # fmt: skip
        matrices = phash.plan(*visit.reduced.shape)
        return _Row(
            pts=pts,
            packet=picture.packet,
            size=size,
            flags=flags,
            picture=picture.kind,
            measures=measured.measures,
            residual_top=motion.top_tenth(step.residual) if step else NAN,
            gap_residual_top=motion.top_tenth(gap.residual) if gap else NAN,
            residual_mean=motion.mean(step.residual) if step else NAN,
            motion=motion.median_motion(step, visit.reduced.shape[1]) if step and usable else (NAN, NAN, NAN),
            codec=_codec_measures(picture) if self._side_data else (NAN, NAN, NAN, NAN),
            grids=measured,
            residual=step.residual if step else np.zeros((0, 0), np.uint16),
            gap_residual=gap.residual if gap else None,
            hash=phash.perceptual_hash(visit.reduced, matrices),
            lasting=np.minimum(step.residual, gap.residual) if step and gap else None,
        )

    def _complete(self, next_gap: NDArray[np.uint16] | None) -> None:
        """Write the waiting row, now that the residual from before it to after it is known."""
        row = self._waiting
        self._waiting = None
        if row is None:
            return
        lasting = np.zeros((0, 0), np.uint16)
        if row.lasting is not None and next_gap is not None:
            lasting = np.minimum(row.lasting, next_gap)
            row.lasting_top = motion.top_tenth(lasting)
            row.flags |= RECHECKED_MOTION * (lasting.size > 0)
        m = row.measures
        self.scalars.append(
            (
                row.pts, row.packet, row.size, row.flags, row.picture,
                m[grids.MEAN], m[grids.DIFFERENCE], m[grids.SECOND_DIFFERENCE], m[grids.BLOCK_CHANGE],
                m[grids.HIGH_PASS], m[grids.DARK], m[grids.SATURATED],
                row.residual_top, row.gap_residual_top, row.lasting_top, row.residual_mean,
                *row.motion, *row.codec,
            )
        )  # fmt: skip
        g = row.grids
        self.wide.append(
            (g.means, g.differences, g.histogram, g.profile, _placed(row.residual), _placed(lasting), row.hash)
        )


def _comparable(a: Picture, b: Picture) -> bool:
    return a.width == b.width and a.depth == b.depth and a.height == b.height


def _placed(grid: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """In the top left corner of the largest grid."""
    out = np.zeros((BLOCK_ROWS, BLOCK_COLUMNS), np.uint16)
    out[: grid.shape[0], : grid.shape[1]] = grid
    return out


def _codec_measures(picture: Picture) -> tuple[float, float, float, float]:
    """Mean vector length, share without a vector, mean quantiser and its spread.

    MPEG decoders export nothing with the last picture: then nothing is measured.
    """
    exported = picture.kind == 1 or picture.quantiser_deltas is not None
    length, uncovered = NAN, 1.0 if exported else NAN
    if picture.vectors is not None:
        length, uncovered = codec.vectors(picture.vectors, picture.width, picture.height)
    mean, spread = NAN, NAN
    if picture.quantiser_deltas is not None:
        mean, spread = codec.quantisers(picture.quantiser, picture.quantiser_deltas)
    return length, uncovered, mean, spread
