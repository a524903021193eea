"""What a `zndraw_joblib.JobManager` needs of the program that it runs in."""

from typing import Any

import httpx
import socketio
from socketio.exceptions import BadNamespaceError
from zndraw_joblib import ClaimedTask
from zndraw_socketio import SyncClientWrapper

ERRORS = {401: PermissionError, 403: PermissionError, 404: KeyError, 409: ValueError, 422: ValueError}


class JoblibHost:
    """A connection to the server: the `ApiManager` of a `JobManager`, its socket, and what runs its tasks."""

    def __init__(self, url: str, token: str) -> None:
        self.base_url = url.rstrip("/")
        self.token = token
        self.http = httpx.Client(timeout=30)
        self.socket = JoblibSocket(socketio.Client())

    def __enter__(self) -> "JoblibHost":
        # A function is asked again at each reconnection, so that a token may be renewed.
        self.socket.connect(self.base_url, auth=lambda: {"token": self.token}, wait_timeout=10)
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.socket.shutdown()
        self.http.close()

    def get_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def raise_for_status(self, response: httpx.Response) -> None:
        """Refusals as the exceptions that a `JobManager` knows, with the server's sentence. Others are an `httpx.HTTPStatusError`."""
        error = ERRORS.get(response.status_code)
        if error is None:
            response.raise_for_status()
        else:
            raise error(_detail_of(response))

    def execute(self, task: ClaimedTask) -> None:
        """Runs a claimed task. What `run` returns is the task's `result`; what it raises is its `error`."""
        running = RunningTask(self, task)
        result = task.extension.run(running, **task.run_kwargs)
        if result is not None:
            running.report(progress=1, result=result)


class JoblibSocket(SyncClientWrapper):
    """A socket that may be away: then nothing is emitted. A `JobManager` joins its rooms again when the socket is back."""

    def emit(self, event: Any, data: Any = None, **kwargs: Any) -> None:
        try:
            super().emit(event, data, **kwargs)
        except BadNamespaceError:
            pass


class RunningTask:
    """What an extension's `run` gets as `vis`."""

    def __init__(self, host: JoblibHost, task: ClaimedTask) -> None:
        self._host = host
        self.task = task

    def progress(self, current: float, total: float = 1, message: str | None = None) -> None:
        """
        Shows everybody in the room how far the task is.

        Raises
        ------
        ValueError
            The task was cancelled: leave `run`.
        """
        progress = {"current": current, "total": total}
        self.report(progress=progress if message is None else {**progress, "message": message})

    def report(self, **fields: Any) -> None:
        """Sends `progress`, with or without a `result`, of the task that goes on running."""
        url = f"{self._host.base_url}/v1/joblib/tasks/{self.task.task_id}"
        response = self._host.http.patch(url, headers=self._host.get_headers(), json={"status": "running", **fields})
        self._host.raise_for_status(response)


def _detail_of(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.reason_phrase}"
