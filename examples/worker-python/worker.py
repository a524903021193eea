import os
from typing import ClassVar

from joblib_host import JoblibHost
from zndraw_joblib import Category, Extension, JobManager


class Scale(Extension):
    category: ClassVar[Category] = Category.MODIFIER
    numbers: list[float]
    factor: float = 2

    def run(self, vis, **kwargs):
        return [number * self.factor for number in self.numbers]


with JoblibHost(os.environ.get("JOBLIB_URL", "http://127.0.0.1:8000"), os.environ["JOBLIB_TOKEN"]) as host:
    with JobManager(host, host.socket, execute=host.execute) as manager:
        manager.register(Scale, room="lab")
        manager.wait()
