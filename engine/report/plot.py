"""A static plot of the evidence of one file: measures over time, findings shaded. SVG, no script."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from engine.archive.exhibits import Series
from engine.findings import FileReport, Severity
from engine.report.texts import Texts

WIDTH: Final = 900
HEIGHT: Final = 62
COLOURS: Final[Mapping[str, str]] = {"violation": "#c62828", "suspicion": "#e08a00", "notice": "#8a96a3"}
LINE: Final = "#2f5d8a"


def plot(report: FileReport, series: Sequence[Series], texts: Texts) -> str | None:
    """The plot as a ``data:`` URI for an ``img``; None where there is nothing to plot.

    An image of its own keeps the identifiers inside one SVG apart from those of another.
    """
    drawn = [s for s in series if len(s.seconds) > 1]
    if not drawn:
        return None
    import vl_convert

    svg = vl_convert.vegalite_to_svg(specification(report, drawn, texts))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8")).decode("ascii")


def specification(report: FileReport, series: Sequence[Series], texts: Texts) -> dict[str, Any]:
    """The plot as a Vega-Lite specification: one row a measure, a common time axis."""
    import altair as alt

    end = max(s.seconds[-1] for s in series)
    start = min(0.0, *(s.seconds[0] for s in series))
    x = alt.Scale(domain=[start, end], nice=False)
    marks = _marks(report, end - start)
    rows = [_row(s, marks, x, texts, last=s is series[-1]) for s in series]
    chart = alt.vconcat(*rows, spacing=6).configure_view(stroke="#d5dbe1")
    chart = chart.configure_axis(labelFontSize=10, titleFontSize=10, titleFontWeight="normal", gridColor="#eef1f4")
    specification: dict[str, Any] = chart.to_dict()
    return specification


def _row(series: Series, marks: list[dict[str, Any]], x: Any, texts: Texts, last: bool) -> Any:
    import altair as alt

    axis = alt.Axis(title=texts.ui("seconds_axis") if last else None, labels=last, ticks=last)
    line = (
        alt.Chart(alt.InlineData(_points(series)))
        .mark_line(strokeWidth=1, color=LINE)
        .encode(
            x=alt.X("t:Q", scale=x, axis=axis),
            y=alt.Y(
                "v:Q",
                title=texts.get("series", series.name).split("|"),
                axis=alt.Axis(tickCount=3, titleAngle=0, titleAlign="left", titleX=-130, titleY=20, minExtent=138),
            ),
        )
    )
    layers = [_shade(marks, severity, x) for severity in ("notice", "suspicion", "violation")]
    return alt.layer(*layers, line).properties(width=WIDTH - 160, height=HEIGHT)


def _points(series: Series) -> list[dict[str, float | None]]:
    """The points of a line, broken where nothing was measured: a hole must not look like a slope."""
    steps = sorted(b - a for a, b in pairwise(series.seconds))
    hole = max(4 * steps[len(steps) // 2], 0.5)
    points: list[dict[str, float | None]] = []
    last = series.seconds[0]
    for t, v in zip(series.seconds, series.values, strict=True):
        if t - last > hole:
            points.append({"t": (last + t) / 2, "v": None})
        points.append({"t": t, "v": v})
        last = t
    return points


def _shade(marks: list[dict[str, Any]], severity: str, x: Any) -> Any:
    import altair as alt

    data = [m for m in marks if m["severity"] == severity]
    rule = alt.Chart(alt.InlineData(data)).mark_rect(color=COLOURS[severity], opacity=0.35)
    return rule.encode(x=alt.X("a:Q", scale=x), x2="b:Q")


def _marks(report: FileReport, length: float) -> list[dict[str, Any]]:
    """Findings as intervals, widened to what the eye can see."""
    least = max(length, 1e-6) / 300
    found = []
    for finding in report.findings:
        if finding.start_s is None or finding.end_s is None:
            continue
        middle, half = (finding.start_s + finding.end_s) / 2, max(finding.end_s - finding.start_s, least) / 2
        found.append({"a": middle - half, "b": middle + half, "severity": Severity(finding.severity).label})
    return found
