"""What the consoles of the tests work with."""

import threading
from typing import Any, ClassVar

from joblib_host import JoblibHost
from zndraw_joblib import Category, ClaimedTask, Extension, JobManager, Provider

__all__ = [
    "Category",
    "ClassVar",
    "ClaimedTask",
    "Count",
    "Extension",
    "Frame",
    "Gated",
    "Image",
    "JobManager",
    "JoblibHost",
    "Provider",
    "Rotate",
    "Strict",
    "threading",
]


class Rotate(Extension):
    """Turns something, unless it breaks."""

    category: ClassVar[Category] = Category.MODIFIER
    angle: float = 90
    breaks: bool = False

    def run(self, vis: Any, **kwargs: Any) -> Any:
        if self.breaks:
            raise RuntimeError(f"broke at {self.angle}")
        return {"turned": self.angle}


class Count(Extension):
    """Says how far it is, and uses what it was registered with."""

    category: ClassVar[Category] = Category.ANALYSIS
    upto: int

    def run(self, vis: Any, *, step: int = 1, **kwargs: Any) -> Any:
        vis.progress(self.upto // 2, self.upto, "half")
        return self.upto * step


class Gated(Extension):
    """Says that it runs, and ends when its gate is open; sees then whether it was cancelled."""

    category: ClassVar[Category] = Category.MODIFIER

    def run(self, vis: Any, *, running: threading.Event, gate: threading.Event, ended: list[str], **kwargs: Any) -> Any:
        running.set()
        gate.wait()
        try:
            vis.progress(0.9)
        except ValueError:
            ended.append("cancelled")
            raise
        ended.append("done")


class Strict(Extension):
    """Has parameters that not everything is."""

    category: ClassVar[Category] = Category.SELECTION
    count: int

    def run(self, vis: Any, **kwargs: Any) -> Any:
        return self.count


class Frame(Provider):
    """One frame of a list of frames, as JSON."""

    category: ClassVar[str] = "frames"
    index: int

    def read(self, handler: Any) -> Any:
        return {"index": self.index, "atoms": handler[self.index]}


class Image(Provider):
    """Bytes of which no text is made."""

    category: ClassVar[str] = "images"
    content_type: ClassVar[str] = "image/png"
    name: str

    def read(self, handler: Any) -> Any:
        return handler[self.name]
