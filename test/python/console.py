"""
Runs Python that a test sends: one JSON text a line in, one JSON answer a line out.

Each code is run in the same namespace; the value of a last expression is the answer.
"""

import ast
import json
import sys
from typing import Any

answers, sys.stdout = sys.stdout, sys.stderr


def run(code: str, namespace: dict[str, Any]) -> Any:
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<test>", "exec"), namespace)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "<test>", "eval"), namespace)


def answer_to(code: str, namespace: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"value": run(code, namespace)}
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}


def main() -> None:
    namespace: dict[str, Any] = {"__name__": "__test__"}
    for line in sys.stdin:
        print(json.dumps(answer_to(json.loads(line), namespace), default=str), file=answers, flush=True)


main()
