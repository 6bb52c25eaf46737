"""Samples of speech, cut at quiet moments into pieces that a service takes. Pure.

Samples are signed 16-bit numbers of one channel, as `array("h")`.
"""

from __future__ import annotations

import io
import wave
from array import array
from collections.abc import Iterator
from typing import Final

RATE: Final = 16_000
"""Samples a second."""
_WINDOW: Final = RATE // 20
"""50 ms: shorter than the pause between two words."""
_SEARCHED: Final = 3 * RATE
"""The last seconds of a piece in which a quiet moment is looked for."""


def cut_pieces(samples: array[int], longest: float) -> Iterator[array[int]]:
    """Yield pieces of at most `longest` seconds, which must be more than three, cut where the last three are quietest."""
    most, start = int(longest * RATE), 0
    while len(samples) - start > most:
        end = _find_quiet(samples, start + most - _SEARCHED, start + most)
        yield samples[start:end]
        start = end
    if start < len(samples):
        yield samples[start:]


def _find_quiet(samples: array[int], start: int, end: int) -> int:
    """Return the middle of the quietest window between two samples; of the same, the latest, as pieces are to be long."""
    starts = range(end - _WINDOW, start, -_WINDOW)
    quietest = min(starts, key=lambda at: sum(map(abs, samples[at : at + _WINDOW])))
    return quietest + _WINDOW // 2


def build_wav(samples: array[int]) -> bytes:
    """Return samples as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()
